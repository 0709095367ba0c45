"""What scanners, cameras and faxes do to a picture of text.

Each effect is a pure function `(pixels, rng, strength) -> pixels`: (H, W, 3) uint8 in, the same
shape and type out; `strength` from 0 (hardly anything) to 1 (hard to read where text is 32 pixels
high). Effects measured in pixels suit text of that height.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, radians, sin
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.train.synthesize.jitter import smooth_field

Pixels = NDArray[np.uint8]
Generator = np.random.Generator
Effect = Callable[[Pixels, Generator, float], Pixels]
Level = Literal["clean", "mild", "strong"]


def blur(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Out of focus: a Gaussian of up to 1.9 pixels."""
    sigma = 0.35 + 1.55 * strength
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def motion(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """A shaken camera: smeared along a line of up to 6 pixels in any direction."""
    length, angle = 1.5 + 4.5 * strength, rng.random() * np.pi
    size = 2 * int(length / 2 + 1) + 1
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    for place in np.linspace(-length / 2, length / 2, 24):
        row, column = middle + place * np.sin(angle), middle + place * np.cos(angle)
        kernel[round(row), round(column)] += 1
    return np.asarray(
        cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8
    )


def rescale(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Few dots an inch: made smaller, to 0.42 at the least, and enlarged again."""
    height, width = pixels.shape[:2]
    factor = 0.85 - 0.43 * strength
    small = (max(round(width * factor), 2), max(round(height * factor), 2))
    ways = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)
    lower = cv2.resize(pixels, small, interpolation=ways[int(rng.integers(0, 3))])
    return np.asarray(
        cv2.resize(lower, (width, height), interpolation=ways[int(rng.integers(0, 2))]), np.uint8
    )


def noise(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """A sensor in poor light: Gaussian noise of up to 26, grey or coloured."""
    height, width = pixels.shape[:2]
    planes = 3 if rng.random() < 0.4 else 1
    grain = rng.standard_normal((height, width, planes), dtype=np.float32)
    noisy = pixels + grain * np.float32(3 + 23 * strength)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def speckle(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Dust and toner: dark and bright dots on up to 1.5 % of the pixels."""
    spotted = pixels.copy()
    height, width = pixels.shape[:2]
    count = int(height * width * (0.001 + 0.014 * strength))
    rows, columns = rng.integers(0, height, count), rng.integers(0, width, count)
    spotted[rows, columns] = rng.choice(np.array([20, 60, 235], np.uint8), count)[:, None]
    return spotted


def jpeg(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Saved as JPEG, at a quality of 75 down to 18."""
    quality = int(75 - 57 * strength)
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def fade(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Pale print: contrast down to 0.3 of what it was, about a brightness of its own."""
    contrast = 0.9 - 0.6 * strength
    middle = float(rng.uniform(110, 200))
    return np.asarray(
        cv2.convertScaleAbs(pixels, alpha=contrast, beta=middle * (1 - contrast)), np.uint8
    )


def skew(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Not held straight: turned by up to 2 degrees and seen a little from the side.

    A wide line is turned less, so that its ends stay in the picture.
    """
    height, width = pixels.shape[:2]
    most = min(2.0, np.degrees(0.35 * height / width)) * strength
    angle = radians(float(rng.uniform(-most, most)))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    middle = corners.mean(axis=0)
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], np.float32)
    tilt = rng.uniform(-0.06, 0.06, (4, 2)).astype(np.float32) * np.float32(strength * height)
    goal = ((corners - middle) @ turn.T + middle + tilt).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, goal)
    return np.asarray(
        cv2.warpPerspective(
            pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def shade(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """A shadow or a lamp at one side: brightness falls along a direction, down to 0.4."""
    height, width = pixels.shape[:2]
    angle = rng.random() * 2 * np.pi
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(np.cos(angle))
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(np.sin(angle))
    place = (across[None] + down[:, None]) / np.float32(abs(np.cos(angle)) + abs(np.sin(angle)))
    sharpness, middle = float(rng.uniform(1, 8)), float(rng.uniform(-0.6, 0.6))
    light = 1 - np.float32(0.15 + 0.45 * strength) / (1 + np.exp(-sharpness * (place - middle)))
    return (pixels * light[..., None]).astype(np.uint8)


def fax(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Black and white only, by a threshold between ink and paper; ragged where it is strong."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low, high = np.percentile(grey, (2, 90))
    ragged = smooth_field(rng, grey.shape[0], grey.shape[1], 1.6)
    ragged *= np.float32(0.16 * strength * (high - low))
    threshold = low + (high - low) * float(rng.uniform(0.48, 0.62))
    black = np.where(grey + ragged > threshold, np.uint8(255), np.uint8(0))
    return np.repeat(black[..., None], 3, axis=2)


def stain(pixels: Pixels, rng: Generator, strength: float) -> Pixels:
    """Uneven paper: smooth blotches that take up to a quarter of the light."""
    height, width = pixels.shape[:2]
    field = smooth_field(rng, height, width, float(rng.uniform(10, 60)))
    light = 1 - np.clip(field, 0, 1.5) * np.float32(0.04 + 0.13 * strength)
    return (pixels * light[..., None]).astype(np.uint8)


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "skew": skew,
        "stain": stain,
        "shade": shade,
        "blur": blur,
        "motion": motion,
        "rescale": rescale,
        "fade": fade,
        "noise": noise,
        "speckle": speckle,
        "fax": fax,
        "jpeg": jpeg,
    }
)
"""In the order in which they happen to a page: paper, light, lens, sensor, transmission."""

CHANCES: Mapping[str, float] = MappingProxyType(
    {
        "skew": 0.45,
        "stain": 0.15,
        "shade": 0.25,
        "blur": 0.3,
        "motion": 0.1,
        "rescale": 0.3,
        "fade": 0.2,
        "noise": 0.3,
        "speckle": 0.06,
        "fax": 0.07,
        "jpeg": 0.35,
    }
)
"""How often each effect is among those of a degraded picture."""

STRENGTHS: Mapping[Level, tuple[float, float]] = MappingProxyType(
    {"clean": (0.0, 0.0), "mild": (0.05, 0.45), "strong": (0.45, 0.9)}
)


def degrade(
    pixels: Pixels, rng: Generator, level: Level, *, scale: float = 1.0
) -> tuple[Pixels, tuple[str, ...]]:
    """A few effects by chance, and their names.

    Args:
        pixels: (H, W, 3).
        rng: What is drawn from.
        level: Nothing, little or much.
        scale: Multiplies the strengths: less than 1 where the text is lower than 32 pixels.
    """
    if level == "clean":
        return pixels, ()
    low, high = STRENGTHS[level]
    names = [name for name in EFFECTS if rng.random() < CHANCES[name]]
    names = names or [tuple(EFFECTS)[int(rng.integers(0, len(EFFECTS)))]]
    # Each further effect is weaker: together they must not hide the text.
    strength = scale / (1 + 0.25 * (len(names) - 1))
    for name in names:
        pixels = EFFECTS[name](pixels, rng, float(rng.uniform(low, high)) * strength)
    return pixels, tuple(names)
