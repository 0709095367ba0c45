"""From any of Pillow's pixel modes to 8-bit RGB on white, without losing what is written there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from shuowen.image.page import Pixels

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0


def to_rgb(picture: Image.Image) -> Pixels:
    """Convert a decoded picture to (height, width, 3) RGB; what is transparent becomes white.

    Raises:
        ValueError: Pillow knows no way from this mode to RGB.
    """
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return _grey_to_rgb(_deep_grey(picture))
    if picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
        return np.array(ImageCms.applyTransform(picture, transform))
    if picture.has_transparency_data:
        return _on_white(picture)
    if picture.mode in ("1", "L"):  # without Pillow's RGB, which takes four bytes for a pixel
        return _grey_to_rgb(np.asarray(picture.convert("L")))
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _grey_to_rgb(grey: NDArray[np.uint8]) -> Pixels:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _on_white(picture: Image.Image) -> Pixels:
    straight = picture.convert("LA") if picture.mode == "La" else picture
    cover = straight.convert("RGBA")
    page = Image.new("RGB", cover.size, "white")
    page.paste(cover, mask=cover)
    return np.array(page)


def _deep_grey(picture: Image.Image) -> NDArray[np.uint8]:
    """Grey of more than 8 bits as (height, width) of 0 to 255."""
    tags: Any = getattr(picture, "tag_v2", {})
    values = np.asarray(picture)
    if picture.mode.startswith("I;"):
        (num_bits,) = tags.get(_BITS_PER_SAMPLE, (16,))
        grey: NDArray[np.uint8] = _scale_table(2**num_bits - 1)[values]
    else:
        grey = _scale_unknown(values)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:  # which Pillow heeds up to 8 bits only
        grey = 255 - grey
    if isinstance(key := picture.info.get("transparency"), int):
        grey[values == key] = 255
    return grey


def _scale_table(full: int) -> NDArray[np.uint8]:
    """255 · value / full, rounded, for every 16-bit value."""
    values = np.arange(1 << 16, dtype=np.uint32)
    return np.minimum((values * 255 + full // 2) // full, 255).astype(np.uint8)


def _scale_unknown(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale numbers whose full scale the file does not tell.

    White is the smallest customary full scale that holds them all: 1 (fractions), 255, 65535. Where
    there is none, or some are negative, the darkest becomes 0 and the brightest 255.
    """
    finite = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    low, high = float(finite.min()), float(finite.max())
    scales = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    full = next((full for full in scales if low >= 0 and high <= full), None)
    if full is None:
        finite -= low
        full = max(high - low, 1e-12)
    finite *= 255 / full
    return finite.round(out=finite).astype(np.uint8)
