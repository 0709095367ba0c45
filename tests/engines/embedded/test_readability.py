"""More is readable on a better picture of the same text, and nothing on no text."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.readability import readable_characters
from shuowen.image.page import Pixels

TEXT = "A quick look at one line"


def box(left: float, top: float, right: float, bottom: float) -> TextBox:
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return TextBox(quad=quad, score=1.0)


def drawn() -> Pixels:
    page = Image.new("RGB", (520, 200), "white")
    for top in (20, 110):
        ImageDraw.Draw(page).text((20, top), TEXT, "black", ImageFont.load_default(size=40))
    return np.asarray(page)


UPPER, LOWER = box(10, 15, 510, 70), box(10, 105, 510, 160)


def test_each_character_that_reads_well_counts_nearly_one() -> None:
    assert 0.9 * len(TEXT) < readable_characters(drawn(), [UPPER]) <= len(TEXT)


def test_lines_add_up() -> None:
    page = drawn()
    both = readable_characters(page, [UPPER, LOWER])
    alone = readable_characters(page, [UPPER]) + readable_characters(page, [LOWER])
    assert both == pytest.approx(alone)


def test_text_lost_at_the_edge_and_blurred_text_lower_the_sum() -> None:
    page = drawn()
    whole = readable_characters(page, [UPPER])
    cut = np.ascontiguousarray(page[:, :300])
    assert readable_characters(cut, [box(10, 15, 300, 70)]) < 0.7 * whole
    blurred = np.asarray(cv2.GaussianBlur(page, (0, 0), 5), np.uint8)
    assert readable_characters(blurred, [UPPER]) < 0.95 * whole


def test_a_column_is_read_from_its_side() -> None:
    page = np.ascontiguousarray(np.rot90(drawn(), -1))
    height = page.shape[0]
    column = box(page.shape[1] - 70, 10, page.shape[1] - 15, height - 10)
    assert readable_characters(page, [column]) > 0.9 * len(TEXT)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (60, 60)])
def test_what_is_no_text_counts_nothing(size: tuple[int, int]) -> None:
    paper = np.full((*size, 3), 255, np.uint8)
    assert readable_characters(paper, [box(0, 0, size[1], size[0])]) == 0.0
    assert readable_characters(paper, []) == 0.0
