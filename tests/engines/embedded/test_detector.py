"""Probability maps become one quadrilateral a line."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.engines.embedded.detector import UNCLIP_RATIO, Detector, boxes_on_map, clockwise


def test_a_bar_grows_by_area_times_ratio_over_perimeter() -> None:
    probability = np.zeros((100, 300), np.float32)
    probability[40:60, 50:250] = 0.9
    (box,) = boxes_on_map(probability)
    # The mask is widened by one pixel to the right and below; sides are between pixel centres.
    width, height = 200, 20
    grown = width * height * UNCLIP_RATIO / (2 * (width + height))
    assert box.score > 0.8
    assert np.ptp(box.quad[:, 0]) == pytest.approx(width + 2 * grown, abs=2)
    assert np.ptp(box.quad[:, 1]) == pytest.approx(height + 2 * grown, abs=2)


def test_faint_thin_and_empty_places_are_no_lines() -> None:
    probability = np.zeros((100, 300), np.float32)
    probability[10:30, 10:100] = 0.34  # above the pixel threshold, below the box threshold
    probability[60:61, 10:200] = 0.9  # too thin
    assert boxes_on_map(probability) == []


@pytest.mark.parametrize("degrees", [-20, 0, 10])
def test_a_turned_bar_is_found_turned(degrees: float) -> None:
    probability = np.zeros((300, 400), np.float32)
    points = cv2.boxPoints(((200, 150), (200, 24), degrees))
    cv2.fillPoly(probability, [points.astype(np.int32)], 0.9)
    (box,) = boxes_on_map(probability)
    along = box.quad[1] - box.quad[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(degrees, abs=1.5)


def test_corners_come_clockwise_from_the_top_left() -> None:
    corners = np.array([[90, 10], [10, 12], [11, 40], [91, 38]], np.float32)
    expected = [[10, 12], [90, 10], [91, 38], [11, 40]]
    for shift in range(4):
        assert clockwise(np.roll(corners, shift, axis=0)).tolist() == expected


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (31, 33), (700, 500)])
def test_any_size_of_blank_picture_has_no_text(size: tuple[int, int]) -> None:
    assert Detector(max_side=640).detect(np.full((*size, 3), 255, np.uint8)) == []


def test_drawn_lines_are_found_in_page_pixels() -> None:
    page = Image.new("RGB", (1500, 900), "white")
    pen = ImageDraw.Draw(page)
    for top in (100, 400, 700):
        pen.text((200, top), "A line of text to find", "black", ImageFont.load_default(size=60))
    boxes = Detector(max_side=960).detect(np.asarray(page))
    tops = sorted(box.quad[:, 1].min() for box in boxes)
    assert len(boxes) == 3
    assert tops == pytest.approx([100, 400, 700], abs=25)


def test_speckle_does_not_push_out_a_line() -> None:
    probability = np.zeros((600, 800), np.float32)
    probability[20:40, 100:700] = 0.9
    probability[100:598:3, 2:798:3] = 0.9
    (box,) = boxes_on_map(probability)
    assert box.quad[:, 1].max() < 60
