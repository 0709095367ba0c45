"""One page, from picture to regions: read this file first.

The page is turned upright; lines of text are found and read; their slope says how the picture
leans; layout, tables and reading order are worked out on the straightened picture; and everything
goes back to where it was on the page as it came.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from shuowen.config import ReadOptions
from shuowen.document.model import Line, Notice, Page, Region, Repair
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.engines.embedded.layout import find_layout
from shuowen.errors import as_shuowen_error
from shuowen.image.frame import Frame, straighten, turn, turned_frame
from shuowen.image.page import PageImage, Pixels
from shuowen.reading.place import between, to_original, to_upright
from shuowen.reading.regions import build_regions
from shuowen.reading.skew import skew_of
from shuowen.reading.table_areas import table_areas
from shuowen.reading.tables import fill_tables
from shuowen.reading.text_layer import TextLayerChoice, choose_text_layer
from shuowen.reading.unread_parts import merge_lines
from shuowen.reading.upright import upright_rotation

TABLES_FAILED = "tables_failed"
"""Notice of a page whose tables have their text but no cells."""


class Reader:
    """Reads pages with an engine that it is given; may be used from many threads."""

    def __init__(self, engine: EmbeddedEngine, options: ReadOptions) -> None:
        self.engine = engine
        self.options = options

    def read_page(self, image: PageImage, timings: Mapping[str, float] | None = None) -> Page:
        """Reads one page; `timings` are seconds of steps already taken.

        Returns:
            The page in reading order, all boxes in pixels of `image`.
        """
        timer = Timer(timings or {})
        with timer.step("text_layer"):
            layer = choose_text_layer(image, self.options.text_layer, self.engine.read_crops)
        with timer.step("turn"):
            frame, pixels = self._upright(image, layer)
        lines = self._lines(pixels, frame, layer, timer)
        frame, pixels, lines = _straightened(frame, pixels, lines)
        regions, notices = self._regions(lines, pixels, image.page_index + 1, timer)
        placing = to_original(frame, (image.pixels.shape[1], image.pixels.shape[0]))
        regions = [placing.region(region) for region in regions]
        return _page(image, frame, regions, [*layer.notices, *notices], timer)

    def _upright(self, image: PageImage, layer: TextLayerChoice) -> tuple[Frame, Pixels]:
        size = image.pixels.shape[1], image.pixels.shape[0]
        if layer.lines:
            return turned_frame(size, 0), image.pixels
        rotation = upright_rotation(image.pixels, self.engine)
        return turned_frame(size, rotation), turn(image.pixels, rotation)

    def _lines(
        self, pixels: Pixels, frame: Frame, layer: TextLayerChoice, timer: Timer
    ) -> list[Line]:
        if layer.is_complete:
            return list(layer.lines)
        with timer.step("detect"):
            boxes = self.engine.find_text(pixels)
        with timer.step("recognise"):
            lines = self.engine.read_lines(pixels, boxes)
        upright = to_upright(frame)
        return merge_lines([upright.line(line) for line in layer.lines], lines)

    def _regions(
        self, lines: Sequence[Line], pixels: Pixels, page_number: int, timer: Timer
    ) -> tuple[list[Region], list[Notice]]:
        size = pixels.shape[1], pixels.shape[0]
        with timer.step("layout"):
            layout = find_layout(pixels)
        with timer.step("tables"):
            layout = table_areas(layout, lines, size, pixels)
        with timer.step("assemble"):
            regions = build_regions(lines, layout, size, page_number)
        with timer.step("tables"):
            return self._with_tables(regions, pixels)

    def _with_tables(
        self, regions: list[Region], pixels: Pixels
    ) -> tuple[list[Region], list[Notice]]:
        try:
            return fill_tables(regions, pixels, self.engine.read_lines), []
        except Exception as error:  # lines that were read must not be lost with a table's grid
            reason = as_shuowen_error(error, "working out the page's tables")
            return regions, [Notice(code=TABLES_FAILED, message=reason.message)]


def _straightened(
    frame: Frame, pixels: Pixels, lines: list[Line]
) -> tuple[Frame, Pixels, list[Line]]:
    skew = skew_of(lines)
    if not skew:
        return frame, pixels, lines
    level = frame.straightened(skew)
    placing = between(frame, level)
    return level, straighten(pixels, skew), [placing.line(line) for line in lines]


def _page(
    image: PageImage,
    frame: Frame,
    regions: Sequence[Region],
    notices: Sequence[Notice],
    timer: Timer,
) -> Page:
    lines = [line for region in regions for line in region.lines]
    num_characters = sum(len(line.text) for line in lines)
    total = sum(line.confidence * len(line.text) for line in lines)
    return Page(
        page_number=image.page_index + 1,
        status="partial" if any(notice.code == TABLES_FAILED for notice in notices) else "ok",
        width_px=image.pixels.shape[1],
        height_px=image.pixels.shape[0],
        dpi=image.dpi,
        confidence=round(total / num_characters, 4) if num_characters else None,
        repair=Repair(rotation_degrees=frame.rotation_degrees, skew_degrees=frame.skew_degrees),
        regions=tuple(regions),
        notices=tuple(notices),
        timings=timer.seconds(),
    )


class Timer:
    """Seconds spent in each named step of a page."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self._seconds = dict(seconds)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Adds the time until the block ends to step `name`."""
        start = time.perf_counter()
        yield
        self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - start

    def seconds(self) -> dict[str, float]:
        """All steps so far, to a tenth of a millisecond."""
        return {name: round(value, 4) for name, value in self._seconds.items()}
