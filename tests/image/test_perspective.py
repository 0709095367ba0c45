from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.document.model import Box
from shuowen.image.perspective import flatten

NO_TEXT = np.zeros((0, 4))


def ruled(rows: int = 6, cols: int = 4) -> np.ndarray:
    picture = np.full((400, 600, 3), 255, np.uint8)
    for row in range(rows + 1):
        cv2.line(picture, (60, 50 + row * 50), (540, 50 + row * 50), (0, 0, 0), 2)
    for col in range(cols + 1):
        cv2.line(picture, (60 + col * 120, 50), (60 + col * 120, 350), (0, 0, 0), 2)
    return picture


def test_what_is_straight_stays_untouched() -> None:
    picture = ruled()
    assert flatten(picture, NO_TEXT).pixels is picture


@pytest.mark.parametrize(
    "corners",
    [
        [(30, 40), (590, 10), (570, 390), (10, 360)],
        [(20, 20), (560, 50), (590, 380), (0, 350)],
    ],
)
def test_an_oblique_photograph_becomes_level_again(corners: list[tuple[int, int]]) -> None:
    start = np.array([(0, 0), (600, 0), (600, 400), (0, 400)], np.float32)
    tilt = cv2.getPerspectiveTransform(start, np.array(corners, np.float32))
    photo = cv2.warpPerspective(ruled(), tilt, (600, 400), borderValue=(255, 255, 255))
    flattening = flatten(np.asarray(photo, np.uint8), NO_TEXT)
    ends = np.array([[(60, 50), (540, 50), (540, 350), (60, 350)]], np.float32)
    on_photo = cv2.perspectiveTransform(ends, tilt)[0]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = flattening.points([(x, y) for x, y in on_photo])
    assert abs(ay - by) < 3
    assert abs(cy - dy) < 3
    assert abs(ax - dx) < 3
    assert abs(bx - cx) < 3


def test_the_way_back_leads_to_where_points_came_from() -> None:
    turned = cv2.warpAffine(
        ruled(), cv2.getRotationMatrix2D((300, 200), 4, 1), (600, 400), borderValue=(255,) * 3
    )
    flattening = flatten(np.asarray(turned, np.uint8), NO_TEXT)
    points = [(100.0, 90.0), (410.0, 300.0)]
    there = flattening.points(points)
    assert np.allclose(flattening.original_points(there), points, atol=1e-6)
    box = flattening.original_box(Box(*there[0], *there[1]))
    assert box.contains((200, 200))


def test_text_lines_alone_level_a_picture() -> None:
    picture = np.full((400, 600, 3), 255, np.uint8)
    edges = np.array([[50, y, 500, y + 30] for y in range(40, 360, 40)], np.float64)
    (_, left), (_, right) = flatten(picture, edges).points([(50, 200), (500, 230)])
    assert abs(left - right) < 1
