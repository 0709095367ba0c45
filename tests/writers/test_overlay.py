from __future__ import annotations

from io import BytesIO
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from PIL import Image

from shuowen.document.model import Box, CrossedOut, Line, Page, PageError
from shuowen.writers.overlay import write_page
from shuowen.writers.overlay_style import KIND_COLORS, STRUCK_COLOR, confidence_color
from tests.document.strategies import pages
from tests.writers.doubtful import crossed_out_region, doubtful_region, without_doubt
from tests.writers.sample import HEIGHT, SAMPLE, WIDTH, line, page_of, region

GOLDEN = Path(__file__).parent / "golden" / "sample.overlay-0001.png"
WHITE = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)


def drawn(page: Page, pixels: NDArray[np.uint8] = WHITE) -> NDArray[np.int_]:
    with Image.open(BytesIO(write_page(page, pixels))) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        return np.asarray(image).astype(int)


def num_near(picture: NDArray[np.int_], color: tuple[int, int, int]) -> int:
    """How many pixels are about of `color`, which a translucent stroke shifts a little."""
    return int((abs(picture - color).max(axis=-1) < 30).sum())


def test_the_sample_is_drawn_as_reviewed(request: pytest.FixtureRequest) -> None:
    """Compared with tolerance: each release of the font library smooths edges its own way."""
    data = write_page(SAMPLE.pages[0], WHITE)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_bytes(data)
    with Image.open(GOLDEN) as wanted, Image.open(BytesIO(data)) as found:
        assert found.size == wanted.size
        difference = abs(np.asarray(found).astype(int) - np.asarray(wanted).astype(int))
    assert (difference.max(axis=-1) > 60).mean() < 0.01


@given(pages())
@settings(deadline=None, max_examples=15)
def test_whatever_was_found_can_be_drawn(page: Page) -> None:
    assert drawn(page, np.zeros((30, 50, 3), np.uint8)).size


@pytest.mark.parametrize(
    ("height", "width", "longest"),
    [(200, 300, 1000), (3000, 2000, 3000), (40, 9000, 4000), (1, 1, 1000)],
)
def test_small_pictures_grow_and_large_ones_shrink(height: int, width: int, longest: int) -> None:
    color = np.array([250, 250, 110], np.uint8)
    picture = drawn(page_of(), np.broadcast_to(color, (height, width, 3)))
    rows, cols = np.nonzero((picture == color).all(axis=-1))
    assert max(np.ptp(rows), np.ptp(cols)) + 1 == longest


def test_a_region_has_the_colour_of_its_kind_and_a_number() -> None:
    empty = drawn(page_of())
    for kind, color in KIND_COLORS.items():
        one = drawn(page_of(region(kind, "x", 200)))
        assert num_near(one, color) > num_near(empty, color) + 1000


@pytest.mark.parametrize("confidence", [1.0, 0.9, 0.8, 0.1])
def test_a_line_has_the_colour_of_its_confidence(confidence: float) -> None:
    def page_with(*lines: Line) -> Page:
        return page_of(region("text", "x", 100, lines=lines))

    color = confidence_color(confidence)
    fewer, more = drawn(page_with()), drawn(page_with(line("x", 102, confidence, slope=6)))
    assert num_near(more, color) > num_near(fewer, color) + 500


def test_boxes_follow_the_picture_to_any_size() -> None:
    page = page_of(region("seal", "x", 250))
    half = np.full((HEIGHT // 2, WIDTH // 2, 3), 255, np.uint8)
    assert (drawn(page, WHITE) == drawn(page, half)).all()


def test_a_page_that_failed_after_its_picture_was_drawn_is_still_shown() -> None:
    error = PageError(code="engine", message="It broke.")
    failed = Page(page_number=1, status="failed", error=error)
    fine = msgspec.structs.replace(failed, error=None)
    assert (drawn(failed) != drawn(fine)).any()


def test_doubtful_words_are_yellow_and_the_legend_says_so() -> None:
    region = doubtful_region("two", {"two": 0.43})
    sure, doubtful = drawn(page_of(without_doubt(region))), drawn(page_of(region))
    # Yellow over the green of a sure line: much less blue.
    changed = (sure - doubtful)[..., 2] > 60
    assert changed.sum() > 1000


@pytest.mark.parametrize("upright", [False, True])
def test_crossed_out_writing_is_struck_through(upright: bool) -> None:
    region = crossed_out_region("kept", "old")
    if upright:
        box = Box(100, 60, 110, 200)
        held = msgspec.structs.replace(region.lines[0], crossed_out=(CrossedOut(box=box),))
        region = msgspec.structs.replace(region, lines=(held,))
    plain = drawn(page_of(crossed_out_region("kept")))
    picture = drawn(page_of(region))
    struck = (abs(picture - STRUCK_COLOR).max(axis=-1) < 5) & (picture[: len(plain)] != plain).any(
        -1
    )
    rows, cols = np.nonzero(struck[: int(HEIGHT * 1.5)])
    height, width = np.ptp(rows) + 1, np.ptp(cols) + 1
    assert (height > 5 * width) if upright else (width > 5 * height)
