"""A page is flattened where its lines fan out, and only if it reads better afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from shuowen.config import RepairName
from shuowen.engines.embedded.detector import TextBox
from shuowen.image.page import Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.image.warp import MAX_GROWTH, MAX_SIDE_PX, Grid
from shuowen.reading import flattening
from shuowen.reading.flattening import FAN_DEGREES, fan_of, flattened

FORCED = Allowed(forced=frozenset[RepairName]({"dewarp"}))


def sloping(degrees: float, length: float = 600.0, top: float = 100.0) -> TextBox:
    angle = np.radians(degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * length
    down = np.array([-np.sin(angle), np.cos(angle)]) * 24
    start = np.array([50.0, top])
    quad = np.array([start, start + along, start + along + down, start + down], np.float32)
    return TextBox(quad=quad, score=0.9)


def converging(top: float) -> TextBox:
    """A line whose edges, made longer, go through the point (-4000, 450)."""
    corners = [
        (x, 450 + (y - 450) * (x + 4000) / 4000)
        for x, y in ((50, top), (650, top), (650, top + 24), (50, top + 24))
    ]
    return TextBox(quad=np.array(corners, np.float32), score=0.9)


# As on a page seen from its right side.
CONVERGING = [converging(top) for top in range(100, 860, 60)]
FAN = [sloping(degrees, top=100 + 60 * row) for row, degrees in enumerate(np.linspace(-3, 3, 11))]
PARALLEL = [sloping(2.0, top=100 + 60 * row) for row in range(11)]


def nothing(pixels: Pixels) -> list[TextBox]:
    return []


@pytest.fixture
def picture() -> Pixels:
    return np.full((900, 700, 3), 255, np.uint8)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, float]], None]:
    """Replaces both networks: says how many characters are read, by what picture is looked at."""

    def settle(counts: dict[str, float]) -> None:
        def grid(pixels: Pixels) -> Grid:
            if "dewarp" not in counts:
                pytest.fail("the network was asked")
            height, width = pixels.shape[:2]
            xs, ys = np.meshgrid(np.linspace(0, width, 31), np.linspace(40, height - 40, 45))
            return np.stack([xs, ys], axis=2)

        def count(pixels: Pixels, boxes: Sequence[TextBox]) -> float:
            if pixels.shape == (900, 700, 3):
                return counts["before"]
            return counts["dewarp" if pixels.shape == (820, 700, 3) else "perspective"]

        monkeypatch.setattr(flattening, "flattening_grid", grid)
        monkeypatch.setattr(flattening, "readable_characters", count)

    return settle


def test_lines_that_are_parallel_do_not_fan_out_however_they_slope() -> None:
    assert fan_of(PARALLEL) == pytest.approx(0, abs=0.01)
    # From -3 to 3 degrees in eleven steps of one weight; the outer tenths are left out.
    assert fan_of(FAN) == pytest.approx(4.8, abs=0.01)
    assert fan_of([*PARALLEL * 2, sloping(20)]) == pytest.approx(0, abs=0.01)
    assert fan_of([]) == fan_of([sloping(5, length=60)]) == 0.0


def test_a_flat_page_is_not_even_tried(picture: Pixels, reads: Callable[..., None]) -> None:
    reads({"before": 100.0})
    assert flattened(picture, PARALLEL, pytest.fail, Allowed()) is None
    assert flattened(picture, [], pytest.fail, Allowed()) is None


def test_what_reads_better_is_kept_with_the_reason(
    picture: Pixels, reads: Callable[..., None]
) -> None:
    reads({"before": 100.0, "dewarp": 150.0, "perspective": 120.0})
    flat = flattened(picture, FAN, lambda pixels: PARALLEL, Allowed())
    assert flat is not None
    assert (flat.step.name, flat.step.is_forced) == ("dewarp", False)
    assert flat.step.evidence["characters_before"] == 100.0
    assert flat.step.evidence["characters_after"] == 150.0
    assert flat.step.evidence["fan_degrees"] > FAN_DEGREES
    assert flat.boxes is PARALLEL
    assert flat.pixels.shape == (820, 700, 3)
    assert flat.warp.to_source(np.array([[0.0, 0.0]])) == pytest.approx(np.array([[0.0, 40.0]]))


def test_what_reads_hardly_better_is_thrown_away(
    picture: Pixels, reads: Callable[..., None]
) -> None:
    reads({"before": 100.0, "dewarp": 101.0, "perspective": 100.0})
    assert flattened(picture, FAN, nothing, Allowed()) is None


def test_the_forced_repair_is_made_though_the_page_is_flat(
    picture: Pixels, reads: Callable[..., None]
) -> None:
    reads({"before": 100.0, "dewarp": 10.0, "perspective": 500.0})
    flat = flattened(picture, PARALLEL, nothing, FORCED)
    assert flat is not None
    assert (flat.step.name, flat.step.is_forced) == ("dewarp", True)


def test_forbidden_repairs_are_not_tried(picture: Pixels, reads: Callable[..., None]) -> None:
    reads({"before": 100.0, "perspective": 150.0})
    both = frozenset[RepairName]({"perspective", "dewarp"})
    assert flattened(picture, FAN, pytest.fail, Allowed(forbidden=both)) is None
    no_network = Allowed(forbidden=frozenset[RepairName]({"dewarp"}))
    flat = flattened(picture, CONVERGING, nothing, no_network)
    assert flat is not None
    assert (flat.step.name, flat.step.is_forced) == ("perspective", False)


def test_perspective_brings_the_lines_of_an_oblique_page_level(
    picture: Pixels, reads: Callable[..., None]
) -> None:
    reads({"before": 100.0, "perspective": 150.0})
    forced = Allowed(
        forced=frozenset[RepairName]({"perspective"}),
        forbidden=frozenset[RepairName]({"dewarp"}),
    )
    flat = flattened(picture, CONVERGING, nothing, forced)
    assert flat is not None
    width, height = flat.warp.size
    for share in (0.2, 0.5, 0.8):
        level = np.array([[0.2 * width, share * height], [0.8 * width, share * height]])
        (x0, y0), (x1, y1) = flat.warp.to_source(level)
        wanted = (y0 - 450) / (x0 + 4000)
        assert (y1 - y0) / (x1 - x0) == pytest.approx(wanted, abs=0.004)


@pytest.mark.parametrize("name", ["perspective", "dewarp"])
@pytest.mark.parametrize(
    "size", [(1, 1), (2, 3), (30, 1200), (1200, 30), (300, 300), (2, MAX_SIDE_PX + 1)]
)
def test_no_picture_is_too_odd(name: RepairName, size: tuple[int, int]) -> None:
    grain = np.random.default_rng(4).integers(0, 256, (*size, 3), np.uint8)
    flat = flattened(grain, [], nothing, Allowed(forced=frozenset[RepairName]({name})))
    if max(size) > MAX_SIDE_PX:
        assert flat is None
    if flat is not None:
        width, height = flat.warp.size
        assert flat.pixels.shape == (height, width, 3)
        assert width * height <= MAX_GROWTH * size[0] * size[1] + width + height
