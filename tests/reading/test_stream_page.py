"""A page region by region: the same page, its beginning before its end is read."""

from __future__ import annotations

import threading
import time
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import shuowen.engines.embedded.engine as engine_module
from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page, Region
from shuowen.engines.embedded.engine import QUICK, EmbeddedEngine
from shuowen.image.open import open_pages
from shuowen.image.page import PageImage, Pixels
from shuowen.reading.reader import Reader
from shuowen.reading.tables import ReadLines, fill_table
from shuowen.source.expand import expand

SAMPLES = Path(__file__).parents[2] / "samples"
ROWS = ("Name", "Pieces", "Price"), ("Bolts", "40", "1.20"), ("Nuts", "60", "0.90")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(EmbeddedEngine(effort="fast", jobs=2), ReadOptions(text_layer="never"))


@pytest.fixture(scope="module")
def page_image() -> PageImage:
    """A heading, two tables with rules and paragraphs between them."""
    page = Image.new("RGB", (1100, 1400), "white")
    pen = ImageDraw.Draw(page)
    pen.text((120, 80), "Of Bolts and Nuts", "black", ImageFont.load_default(size=64))
    for top in (200, 900):
        for number in range(6):
            text = f"Row {number} of prose that runs over the page."
            pen.text((120, top + 44 * number), text, "black", ImageFont.load_default(size=34))
    for top in (540, 1200):
        _draw_table(pen, top)
    return PageImage(page_index=0, pixels=np.asarray(page))


def _draw_table(pen: ImageDraw.ImageDraw, top: int) -> None:
    for row, texts in enumerate(ROWS):
        for col, text in enumerate(texts):
            left = 120 + 260 * col
            pen.rectangle((left, top + 56 * row, left + 260, top + 56 * row + 56), outline="black")
            font = ImageFont.load_default(size=32)
            pen.text((left + 16, top + 56 * row + 8), text, "black", font)


def scan() -> PageImage:
    (source,) = expand([SAMPLES / "scan-zh.pdf"], Limits())
    with open_pages(source, ReadOptions(text_layer="never"), Limits()) as pages:
        return pages.load(0)


def without_timings(page: Page) -> dict[str, object]:
    return {name: getattr(page, name) for name in Page.__struct_fields__ if name != "timings"}


def test_the_stream_is_the_page_and_does_not_depend_on_threads() -> None:
    image, pages = scan(), []
    for jobs in (1, 3):
        reader = Reader(EmbeddedEngine(effort="fast", jobs=jobs), ReadOptions())
        *regions, page = reader.stream_page(image, {"load": 0.5})
        assert isinstance(page, Page)
        assert tuple(regions) == page.regions
        assert page.timings["load"] == 0.5
        pages.append(without_timings(page))
    assert pages[0] == pages[1]


def test_reading_a_page_is_the_end_of_its_stream(reader: Reader, page_image: PageImage) -> None:
    *_, last = reader.stream_page(page_image)
    assert isinstance(last, Page)
    assert without_timings(reader.read_page(page_image)) == without_timings(last)


class Count:
    """Counts the pixels of width that the quick recogniser reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.num_read = 0
        self._lock = threading.Lock()
        monkeypatch.setattr(engine_module, "QUICK", self)

    def read(self, line: Pixels) -> object:
        with self._lock:
            self.num_read += line.shape[1]
        return QUICK.read(line)


def test_the_first_region_comes_before_the_last_line_is_read(
    page_image: PageImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One thread alone, so that nothing is read ahead.
    reader = Reader(EmbeddedEngine(effort="fast", jobs=1), ReadOptions())
    count = Count(monkeypatch)
    widths = [count.num_read for _ in reader.stream_page(page_image)]
    assert len(widths) > 4
    assert 0 < widths[0] < 0.6 * widths[-1]
    assert widths[0] < widths[2] < widths[-1]


def test_closing_the_stream_stops_the_work(
    reader: Reader, page_image: PageImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Count(monkeypatch)
    stream = reader.stream_page(page_image)
    assert isinstance(next(stream), Region)
    stream.close()
    time.sleep(0.1)  # what had begun may end
    num_read = count.num_read
    time.sleep(0.2)
    assert count.num_read == num_read
    assert reader.read_page(page_image).status == "ok"


def test_a_line_that_fails_ends_the_stream_and_the_work(
    reader: Reader, page_image: PageImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("in a line")

    monkeypatch.setattr(engine_module, "make_line", broken)
    with pytest.raises(ZeroDivisionError):
        list(reader.stream_page(page_image))


def test_a_table_that_fails_keeps_its_lines_and_costs_no_other(
    reader: Reader, page_image: PageImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reader.read_page(page_image)
    kinds = [region.kind for region in whole.regions]
    assert kinds == ["title", "text", "table", "text", "table"]

    def broken_above(region: Region, pixels: Pixels, read_lines: ReadLines) -> Region:
        if region.kind == "table" and region.box.top < 700:
            raise ZeroDivisionError("in a table")
        return fill_table(region, pixels, read_lines)

    monkeypatch.setattr("shuowen.reading.region_stream.fill_table", broken_above)
    page = reader.read_page(page_image)
    assert page.status == "partial"
    assert [notice.code for notice in page.notices] == ["tables_failed"]
    assert [region.kind for region in page.regions] == kinds
    assert [region.table is None for region in page.regions if region.kind == "table"] == [
        True,
        False,
    ]
    lines = sorted(line.text for line in page.regions[2].lines)
    assert lines == sorted(text for row in ROWS for text in row)


def test_pages_streamed_by_turns_do_not_mix(reader: Reader, page_image: PageImage) -> None:
    upper = PageImage(page_index=1, pixels=np.ascontiguousarray(page_image.pixels[:760]))
    images = [page_image, upper]
    alone = [[*reader.stream_page(image)][:-1] for image in images]
    streams = [reader.stream_page(image) for image in images]
    by_turns: list[list[Region | Page]] = [[], []]
    for items in zip_longest(*streams):
        for number, item in enumerate(items):
            by_turns[number] += [item] if isinstance(item, Region) else []
    assert by_turns == alone
