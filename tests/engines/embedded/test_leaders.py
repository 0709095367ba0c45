from __future__ import annotations

import numpy as np
import pytest

from shuowen.engines.embedded.leaders import find_leaders
from shuowen.image.page import Pixels


def page_with_dots(count: int, pitch: int, *, slope: float = 0.0, size: int = 3) -> Pixels:
    pixels = np.full((60, 500, 3), 255, np.uint8)
    for number in range(count):
        x, y = 40 + number * pitch, round(30 + number * pitch * slope)
        pixels[y : y + size, x : x + size] = 20
    return pixels


@pytest.mark.parametrize("pitch", [7, 10, 13, 20])
@pytest.mark.parametrize("count", [4, 7, 20])
def test_all_dots_of_an_even_row_are_found(count: int, pitch: int) -> None:
    (leader,) = find_leaders(page_with_dots(count, pitch), 8)
    assert len(leader.dots) == count
    assert leader.pitch == pytest.approx(pitch)
    assert leader.dots[0, 0] == pytest.approx(41)


def test_a_row_may_slope_a_little() -> None:
    (leader,) = find_leaders(page_with_dots(12, 12, slope=0.03), 8)
    assert len(leader.dots) == 12


def test_three_dots_are_an_ellipsis() -> None:
    assert find_leaders(page_with_dots(3, 10), 8) == []


def test_dots_at_uneven_distances_are_no_leader() -> None:
    pixels = np.full((60, 300, 3), 255, np.uint8)
    for x in (40, 50, 68, 76, 99, 108, 130):
        pixels[30:33, x : x + 3] = 0
    assert find_leaders(pixels, 8) == []


def test_two_rows_of_different_distances_are_two_leaders() -> None:
    pixels = page_with_dots(6, 8)
    pixels[:, 130:] = page_with_dots(6, 14)[:, 30:-100]
    assert sorted(len(leader.dots) for leader in find_leaders(pixels, 8)) == [6, 6]


def test_dots_under_other_ink_are_letters() -> None:
    pixels = page_with_dots(10, 12)
    assert find_leaders(pixels, 8)
    for number in range(10):
        pixels[21:28, 40 + number * 12 : 43 + number * 12] = 20  # the dot of a "!"
    assert find_leaders(pixels, 4) == []


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_has_none(value: int) -> None:
    assert find_leaders(np.full((20, 30, 3), value, np.uint8), 6) == []
    assert find_leaders(np.full((1, 1, 3), value, np.uint8), 6) == []


def test_noise_has_none() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (80, 300, 3)).astype(np.uint8)
    assert find_leaders(noise, 8) == []


@pytest.mark.parametrize(("num_rows", "num_found"), [(9, 9), (10, 0)])
def test_more_dots_than_a_line_has_are_a_screen(num_rows: int, num_found: int) -> None:
    pixels = np.full((40 * num_rows, 960, 3), 255, np.uint8)
    pixels[20::40, ::6] = pixels[21::40, ::6] = pixels[20::40, 1::6] = pixels[21::40, 1::6] = 0
    assert len(find_leaders(pixels, 8)) == num_found
