"""One page, from picture to regions: read this file first.

The picture is mended where it needs it and lines of text are found (`restoration.py`); their slope
says how the picture leans.
While the lines are read, layout, tables and reading order are worked out on the straightened
picture, and each region that is final goes back to where it was on the page as it came
(`region_stream.py`). A page is the end of that stream.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing

import numpy as np

from shuowen.config import ReadOptions
from shuowen.document.model import Notice, Page, Region, Repair, RepairStep
from shuowen.engines.embedded.background import Background
from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.engines.embedded.layout import find_layout
from shuowen.engines.embedded.lines import as_quad
from shuowen.engines.embedded.looks import Look
from shuowen.image.frame import Frame, straighten
from shuowen.image.page import PageImage, Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.reading.doubt import mean_confidence
from shuowen.reading.growing_text import GrowingText
from shuowen.reading.place import Placing, between, to_original
from shuowen.reading.region_stream import TABLES_FAILED, RegionStream
from shuowen.reading.restoration import Restored, restore, untouched
from shuowen.reading.skew import LEVEL_DEGREES, skew_of
from shuowen.reading.text_layer import TextLayerChoice, choose_text_layer
from shuowen.reading.timer import Timer
from shuowen.reading.unread_parts import merge_lines


class Reader:
    """Reads pages with an engine that it is given; may be used from many threads."""

    def __init__(self, engine: EmbeddedEngine, options: ReadOptions) -> None:
        self.engine = engine
        self.options = options
        self._allowed = Allowed.by(options)

    def read_page(self, image: PageImage, timings: Mapping[str, float] | None = None) -> Page:
        """Reads one page; `timings` are seconds of steps already taken.

        Returns:
            The page in reading order, all boxes in pixels of `image`.
        """
        *_, page = self.stream_page(image, timings)
        assert isinstance(page, Page)
        return page

    def stream_page(
        self, image: PageImage, timings: Mapping[str, float] | None = None
    ) -> Generator[Region | Page, None, None]:
        """Reads one page and gives each region as soon as it is final.

        Closing the iterator stops the work on the page.

        Args:
            image: The page.
            timings: Seconds of steps already taken.

        Yields:
            The regions in reading order, then the page that holds just these; all boxes in pixels
            of `image`.
        """
        timer = Timer(timings or {})
        with timer.step("text_layer"):
            layer = choose_text_layer(image, self.options.text_layer, self.engine.read_crops)
        mended = self._mended(image, layer, timer)
        with self.engine.first_looks(mended.pixels, mended.boxes) as first:
            # Threads begin to read lines while this one looks at the page as a whole.
            with timer.step("layout"):
                level, picture = self._straightened(mended, layer)
                layout = find_layout(picture)
            placing = between(mended.frame, level)
            text = self._text(layer, mended.boxes, first, placing, timer)
            stream = RegionStream(
                self.engine,
                text,
                picture,
                image.page_index + 1,
                timer,
                self.options.min_confidence,
            )
            back = to_original(level, (image.pixels.shape[1], image.pixels.shape[0]))
            regions: list[Region] = []
            with closing(stream.regions(layout)) as found:
                for region in found:
                    regions.append(back.region(region))
                    yield regions[-1]
        repair = self._repair(mended, level)
        yield _page(image, repair, regions, [*layer.notices, *stream.notices], timer)

    def _mended(self, image: PageImage, layer: TextLayerChoice, timer: Timer) -> Restored:
        """The page and where its text is; one with text of its own is read as it came."""
        if not layer.lines:
            return restore(image.pixels, self.engine, self._allowed, timer)
        with timer.step("detect"):
            boxes = [] if layer.is_complete else self.engine.find_text(image.pixels)
        return untouched(image.pixels, boxes)

    def _straightened(self, mended: Restored, layer: TextLayerChoice) -> tuple[Frame, Pixels]:
        """The picture with its lines made level, for layout, tables and reading order."""
        if not self._allowed.may("deskew"):
            return mended.frame, mended.pixels
        quads = [*(as_quad(box.quad) for box in mended.boxes), *(line.quad for line in layer.lines)]
        least = 0.0 if self._allowed.must("deskew") else LEVEL_DEGREES
        skew = skew_of(np.array(quads, np.float64).reshape(-1, 4, 2), least)
        if not skew:
            return mended.frame, mended.pixels
        return mended.frame.straightened(skew), straighten(mended.pixels, skew)

    def _repair(self, mended: Restored, level: Frame) -> Repair:
        steps = mended.steps
        if level is not mended.frame:
            evidence = {"skew_degrees": level.skew_degrees}
            is_forced = self._allowed.must("deskew")
            steps += (RepairStep(name="deskew", is_forced=is_forced, evidence=evidence),)
        return Repair(
            rotation_degrees=level.rotation_degrees, skew_degrees=level.skew_degrees, steps=steps
        )

    def _text(
        self,
        layer: TextLayerChoice,
        boxes: Sequence[TextBox],
        first: Background[Look | None],
        placing: Placing | None,
        timer: Timer,
    ) -> GrowingText:
        """The text on the level picture; where a PDF has its own, the rest must be read first."""
        if not layer.lines:
            return GrowingText([box.quad for box in boxes], first, placing)
        with timer.step("recognise"):
            looks = [look for look in first.all_values() if look]
            with self.engine.second_looks(looks) as second:
                lines = merge_lines(layer.lines, second.all_values())
        return GrowingText.finished([placing.line(line) for line in lines] if placing else lines)


def _page(
    image: PageImage,
    repair: Repair,
    regions: Sequence[Region],
    notices: Sequence[Notice],
    timer: Timer,
) -> Page:
    lines = [line for region in regions for line in region.lines]
    return Page(
        page_number=image.page_index + 1,
        status="partial" if any(notice.code == TABLES_FAILED for notice in notices) else "ok",
        width_px=image.pixels.shape[1],
        height_px=image.pixels.shape[0],
        dpi=image.dpi,
        confidence=mean_confidence(lines),
        repair=repair,
        regions=tuple(regions),
        notices=tuple(notices),
        timings=timer.seconds(),
    )
