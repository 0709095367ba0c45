"""A page is repaired where it needs it, and every box finds its way back."""

from __future__ import annotations

import numpy as np
import pytest

from shuowen.config import ReadOptions, RepairName
from shuowen.document.model import Box
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.image.frame import apply
from shuowen.image.page import Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.reading.restoration import Restored, restore
from shuowen.reading.timer import Timer
from tests.image.bent_pages import bent_page, printed_page


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(effort="normal", jobs=1)


def restored(
    pixels: Pixels, engine: EmbeddedEngine, options: ReadOptions | None = None
) -> Restored:
    return restore(pixels, engine, Allowed.by(options or ReadOptions()), Timer({}))


def names(page: Restored) -> list[RepairName]:
    return [step.name for step in page.steps]


def fail(pixels: Pixels) -> None:
    pytest.fail("the network was asked")


def original_boxes(page: Restored) -> list[Box]:
    corners = [page.frame.to_original(box.quad) for box in page.boxes]
    return sorted(
        (Box(*each.min(axis=0).tolist(), *each.max(axis=0).tolist()) for each in corners),
        key=lambda box: box.top,
    )


def test_a_flat_page_stays_the_very_picture_that_it_is(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuowen.reading.flattening.flattening_grid", fail)
    pixels = printed_page().pixels
    page = restored(pixels, engine)
    assert page.pixels is pixels
    assert page.steps == ()
    assert len(page.boxes) == len(printed_page().boxes)
    corners = np.array([[0.0, 0.0], [1000.0, 1200.0]])
    assert np.array_equal(page.frame.to_original(corners), corners)


@pytest.mark.parametrize("rotation", [0, 180])
def test_a_bent_page_is_flattened_and_its_lines_are_where_they_were_drawn(
    engine: EmbeddedEngine, rotation: int
) -> None:
    bent = bent_page(printed_page())
    pixels = np.ascontiguousarray(np.rot90(bent.pixels, rotation // 90))
    page = restored(pixels, engine)
    assert names(page)[-1] in ("dewarp", "perspective")
    assert ("orientation" in names(page)) == (rotation == 180)
    evidence = page.steps[-1].evidence
    assert evidence["characters_after"] > evidence["characters_before"]
    width, height = bent.pixels.shape[1], bent.pixels.shape[0]
    found = original_boxes(page)
    if rotation == 180:
        found = [
            Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
            for box in reversed(found)
        ]
    assert len(found) == len(bent.boxes)
    for box, drawn in zip(found, bent.boxes, strict=True):
        # Ends and middle; only the corners of the straight box are carried, so its height is that
        # of the ends.
        assert abs(box.left - drawn.left) < 25
        assert abs(box.right - drawn.right) < 25
        assert drawn.top - 25 < box.center[1] < drawn.bottom + 25


def test_forbidden_a_bent_page_stays_bent(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shuowen.reading.flattening.flattening_grid", fail)
    pixels = bent_page(printed_page()).pixels
    options = ReadOptions(forbid_repairs=("perspective", "dewarp"))
    assert restored(pixels, engine, options).pixels is pixels


@pytest.mark.parametrize("name", ["perspective", "dewarp"])
def test_forced_a_flat_page_is_flattened(engine: EmbeddedEngine, name: RepairName) -> None:
    pixels = bent_page(printed_page(), depth_px=0.0).pixels
    page = restored(pixels, engine, ReadOptions(force_repairs=(name,)))
    assert names(page) == [name]
    assert page.steps[0].is_forced
    assert page.pixels is not pixels


def test_orientation_can_be_forbidden_and_forced(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.ascontiguousarray(np.rot90(printed_page().pixels, 2))
    turned = restored(pixels, engine)
    assert names(turned) == ["orientation"]
    assert 0.5 < turned.steps[0].evidence["probability"] <= 1
    assert apply(turned.frame.matrix, np.array([[0.0, 0.0]])).tolist() == [[1000.0, 1200.0]]
    forced = restored(pixels, engine, ReadOptions(force_repairs=("orientation",)))
    assert names(forced) == ["orientation"]
    assert forced.steps[0].is_forced
    monkeypatch.setattr("shuowen.reading.restoration.find_upright", fail)
    kept = restored(pixels, engine, ReadOptions(forbid_repairs=("orientation",)))
    assert kept.pixels is pixels


def test_an_enlarged_page_is_found_on_the_original(engine: EmbeddedEngine) -> None:
    drawn = printed_page()
    options = ReadOptions(force_repairs=("enlarge", "dewarp"))
    page = restored(drawn.pixels, engine, options)
    assert names(page) == ["enlarge", "dewarp"]
    for box, line in zip(original_boxes(page), drawn.boxes, strict=True):
        assert abs(box.left - line.left) < 20
        assert abs(box.right - line.right) < 20
        assert line.contains((line.center[0], box.center[1]))


FORCE_ALL = ReadOptions(force_repairs=("orientation", "perspective", "dewarp"))


@pytest.mark.parametrize("options", [ReadOptions(), FORCE_ALL], ids=["as needed", "forced"])
@pytest.mark.parametrize("size", [(1, 1), (1, 60), (60, 1), (30, 1200), (1200, 30), (200, 200)])
@pytest.mark.parametrize("is_noise", [False, True])
def test_pages_without_text_are_restored_without_harm(
    engine: EmbeddedEngine, size: tuple[int, int], is_noise: bool, options: ReadOptions
) -> None:
    pixels = np.full((*size, 3), 255, np.uint8)
    if is_noise:
        pixels = np.random.default_rng(6).integers(0, 256, (*size, 3), np.uint8)
    page = restored(pixels, engine, options)
    assert page.pixels.shape[:2] == page.frame.size[::-1]
    if options is not FORCE_ALL and not is_noise:
        assert page.pixels is pixels
