"""One page from picture to regions, whichever way up it comes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.config import ReadOptions
from shuowen.document.model import Box, Page, Repair
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.image.frame import PAPER, straighten
from shuowen.image.page import PageImage, Pixels
from shuowen.reading.reader import Reader
from tests.image.bent_pages import TEXTS, bent_page, printed_page

PARAGRAPH = (
    "The committee met on Monday to hear the",
    "report of the treasurer and to decide on",
    "the repair of the roof before the winter",
    "comes. All members agreed to the plan and",
    "thanked the treasurer for the good work.",
)
PLACES = [(120, 160 + 70 * number) for number in range(len(PARAGRAPH))]


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(effort="normal", jobs=2)


@pytest.fixture(scope="module")
def reader(engine: EmbeddedEngine) -> Reader:
    return Reader(engine, ReadOptions())


@pytest.fixture(scope="module")
def page_picture() -> Pixels:
    page = Image.new("RGB", (1100, 1400), "white")
    pen = ImageDraw.Draw(page)
    for place, text in zip(PLACES, PARAGRAPH, strict=True):
        pen.text(place, text, "black", ImageFont.load_default(size=40))
    for number in range(10):
        pen.text(
            (120, 620 + 70 * number),
            "More of the same follows here.",
            "black",
            ImageFont.load_default(size=40),
        )
    return np.asarray(page)


def read(reader: Reader, pixels: Pixels) -> Page:
    return reader.read_page(PageImage(page_index=0, pixels=pixels))


def dark_box(pixels: Pixels, page: Page) -> Box:
    """The box around all ink of the picture, which the lines together must cover closely."""
    ys, xs = np.nonzero(pixels.min(axis=2) < 100)
    return Box(float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_page_is_read_and_its_boxes_lie_on_the_original(
    reader: Reader, page_picture: Pixels, rotation: int
) -> None:
    turned = np.ascontiguousarray(np.rot90(page_picture, -rotation // 90))
    page = read(reader, turned)
    assert page.repair.rotation_degrees == rotation
    assert (page.height_px, page.width_px) == turned.shape[:2]
    assert page.regions[0].text.startswith(" ".join(PARAGRAPH[:2]))
    found = page.regions[0].lines[0].box
    for region in page.regions:
        for line in region.lines:
            found = found.union(line.box)
    ink = dark_box(turned, page)
    assert ink.share_inside(found) > 0.98
    assert found.area < 1.15 * ink.area


@pytest.mark.parametrize("skew", [-6.0, 3.0])
def test_a_crooked_page_is_straightened_and_its_boxes_go_back(
    reader: Reader, page_picture: Pixels, skew: float
) -> None:
    crooked = straighten(page_picture, -skew)
    page = read(reader, crooked)
    assert page.repair.skew_degrees == pytest.approx(skew, abs=0.4)
    text = " ".join(region.text for region in page.regions)
    assert " ".join(PARAGRAPH) in text
    first = page.regions[0].lines[0]
    (left, top), (right, right_top) = first.quad[:2]
    slope = np.degrees(np.arctan2(right_top - top, right - left))
    assert slope == pytest.approx(skew, abs=0.5)
    inside = crooked[int(first.box.top) : int(first.box.bottom), int(first.box.left) :]
    assert inside.min() < 100


def test_confidences_timings_and_ids_are_given(reader: Reader, page_picture: Pixels) -> None:
    page = read(reader, page_picture)
    assert page.confidence is not None
    assert 0.9 < page.confidence <= 1
    assert {"detect", "recognise", "layout", "assemble"} <= page.timings.keys()
    ids = [region.id for region in page.regions]
    assert len(set(ids)) == len(ids)
    assert ids == [region.id for region in read(reader, page_picture).regions]


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (40, 40)])
def test_pages_with_nothing_on_them_are_read_as_empty(
    reader: Reader, size: tuple[int, int]
) -> None:
    page = read(reader, np.full((*size, 3), PAPER, np.uint8))
    assert (page.status, page.regions, page.confidence) == ("ok", (), None)


def test_boxes_stay_on_the_page(reader: Reader, page_picture: Pixels) -> None:
    crooked = straighten(page_picture, -5.0)[40:-40, 60:-60]
    page = read(reader, np.ascontiguousarray(crooked))
    boxes = [region.box for region in page.regions]
    boxes += [line.box for region in page.regions for line in region.lines]
    whole = Box(0, 0, page.width_px, page.height_px)
    assert boxes
    assert all(box.share_inside(whole) == 1 for box in boxes if box.area)


def test_a_page_that_needs_nothing_has_no_repairs_in_its_record(
    reader: Reader, page_picture: Pixels
) -> None:
    page = read(reader, page_picture)
    assert page.repair == Repair()
    assert {"turn", "repair"} <= page.timings.keys()


def test_a_bent_page_is_read_flat_and_its_boxes_lie_on_the_bent_picture(reader: Reader) -> None:
    bent = bent_page(printed_page())
    page = read(reader, bent.pixels)
    assert [step.name for step in page.repair.steps][:1] == ["dewarp"]
    assert (page.height_px, page.width_px) == bent.pixels.shape[:2]
    lines = [line for region in page.regions for line in region.lines]
    assert " ".join(line.text for line in lines) == " ".join(TEXTS)
    for line, drawn in zip(lines, bent.boxes, strict=True):
        assert drawn.share_inside(line.box) > 0.85
        assert line.box.area < 1.5 * drawn.area
        middle = line.spans[len(line.spans) // 2].box
        # The middle of the line hangs lower than its ends, and so do its words.
        assert middle.center[1] > (line.quad[0][1] + line.quad[3][1]) / 2 + 15
        assert middle.share_inside(line.box) > 0.9


def test_repairs_are_recorded_in_the_order_in_which_they_were_made(
    engine: EmbeddedEngine, page_picture: Pixels
) -> None:
    turned = np.ascontiguousarray(np.rot90(straighten(page_picture, -3.0), 2))
    repair = read(Reader(engine, ReadOptions()), turned).repair
    assert [step.name for step in repair.steps] == ["orientation", "deskew"]
    assert not any(step.is_forced for step in repair.steps)
    assert repair.steps[1].evidence == {"skew_degrees": repair.skew_degrees}
    assert repair.rotation_degrees == 180


def test_deskew_can_be_forbidden_and_forced(engine: EmbeddedEngine, page_picture: Pixels) -> None:
    crooked = straighten(page_picture, -3.0)
    kept = read(Reader(engine, ReadOptions(forbid_repairs=("deskew",))), crooked)
    assert kept.repair == Repair()
    nearly_level = straighten(printed_page().pixels, -0.15)
    assert read(Reader(engine, ReadOptions()), nearly_level).repair == Repair()
    forced = read(Reader(engine, ReadOptions(force_repairs=("deskew",))), nearly_level).repair
    assert [(step.name, step.is_forced) for step in forced.steps] == [("deskew", True)]
    assert forced.skew_degrees == pytest.approx(0.15, abs=0.1)


@pytest.mark.parametrize("size", [(1, 1), (30, 1200), (1200, 30), (160, 160)])
def test_noise_is_read_without_harm(reader: Reader, size: tuple[int, int]) -> None:
    grain = np.random.default_rng(8).integers(0, 256, (*size, 3), np.uint8)
    page = read(reader, grain)
    assert page.status == "ok"
    whole = Box(0, 0, page.width_px, page.height_px)
    assert all(region.box.share_inside(whole) == 1 for region in page.regions if region.box.area)
