"""A printed page of our own drawing, bent like a book's and photographed from the side."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from shuowen.document.model import Box
from shuowen.image.page import Pixels

TEXTS = (
    "The committee met on Monday to hear the report",
    "of the treasurer and to decide on the repairs to",
    "the roof of the school before the winter comes.",
    "All members agreed to the plan and thanked him",
    "for the good work that he has done this summer.",
    "A letter from the mayor was read and answered.",
    "The next meeting will be held on the first day",
    "of October at nine in the morning in the library",
    "where everyone who wishes to listen is welcome.",
    "Questions may be sent to the office in writing.",
    "It was then resolved that the old garden wall",
    "should be painted white and the gate in green.",
)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A flat page: its picture and the box of each line, (left, top, right, bottom)."""

    pixels: Pixels
    boxes: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True)
class Bent:
    """A bent page on a dark table: `boxes` are around the lines where they are on it now."""

    pixels: Pixels
    boxes: tuple[Box, ...]
    depth_px: float


def printed_page() -> Printed:
    """Twelve lines on white paper of 1000 × 1200 pixels."""
    page = Image.new("RGB", (1000, 1200), "white")
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=36)
    places = [(80, 110 + 82 * number) for number in range(len(TEXTS))]
    for place, text in zip(places, TEXTS, strict=True):
        pen.text(place, text, "black", font)
    boxes = (
        Box(*pen.textbbox(place, text, font)) for place, text in zip(places, TEXTS, strict=True)
    )
    return Printed(pixels=np.asarray(page), boxes=tuple(boxes))


def bent_page(page: Printed, depth_px: float = 45.0) -> Bent:
    """The page with its middle `depth_px` lower than its sides, its right side farther away."""
    height, width = page.pixels.shape[:2]
    margin = 110
    size = (width + 2 * margin, height + 2 * margin)
    xs, ys = np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1]))
    away = _tilt(size)
    straight = cv2.perspectiveTransform(
        np.stack([xs.ravel(), ys.ravel()], axis=1)[:, None], np.linalg.inv(away)
    ).reshape(size[1], size[0], 2)
    flat_x = straight[..., 0] - margin
    flat_y = straight[..., 1] - margin - _sag(flat_x, width, depth_px)
    pixels = cv2.remap(
        page.pixels,
        flat_x.astype(np.float32),
        flat_y.astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(70, 60, 55),
    )
    boxes = tuple(_moved(box, width, depth_px, margin, away) for box in page.boxes)
    return Bent(pixels=np.asarray(pixels, np.uint8), boxes=boxes, depth_px=depth_px)


def _sag(xs: NDArray[np.float64], width: int, depth_px: float) -> NDArray[np.float64]:
    return np.asarray(depth_px * np.sin(np.pi * np.clip(xs / width, 0, 1)))


def _tilt(size: tuple[int, int]) -> NDArray[np.float64]:
    width, height = size
    start = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    end = start + np.array([(10, 5), (-30, 45), (-30, -45), (10, -5)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(start, end), np.float64)


def _moved(box: Box, width: int, depth_px: float, margin: int, away: NDArray[np.float64]) -> Box:
    along = np.linspace(box.left, box.right, 40)
    edges = [np.stack([along, np.full(40, y)], axis=1) for y in (box.top, box.bottom)]
    points = np.concatenate(edges)
    points[:, 1] += _sag(points[:, 0], width, depth_px)
    moved = cv2.perspectiveTransform((points + margin)[:, None], away)[:, 0]
    return Box(*moved.min(axis=0).tolist(), *moved.max(axis=0).tolist())
