"""Picture files: one page of correct pixels at a time, and a clear refusal of what is damaged."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from shuowen.config import Limits
from shuowen.errors import CapacityError, InputError, MissingExtraError, ShuowenError
from shuowen.image.page import Pixels
from shuowen.image.pillow import own_settings
from shuowen.image.rgb import to_rgb
from shuowen.image.tiff import page_frames
from shuowen.source.model import Source

_FORMATS = MappingProxyType(
    {
        "image/png": "PNG",
        "image/jpeg": "JPEG",
        "image/webp": "WEBP",
        "image/bmp": "BMP",
        "image/gif": "GIF",
        "image/tiff": "TIFF",
        "image/avif": "AVIF",
    }
)
_HEIF = ("image/heic", "image/heif")
# EXIF orientation -> (transpose, flip up-down, flip left-right), in that order; Exif 2.32, tag 274.
_TURNS = MappingProxyType(
    {
        2: (False, False, True),
        3: (False, True, True),
        4: (False, True, False),
        5: (True, False, False),
        6: (True, False, True),
        7: (True, True, True),
        8: (True, True, False),
    }
)


class Frames:
    """An open picture file; every page of a TIFF, the first picture of any other format.

    Use as a context manager. `load` may be called from several threads; calls take turns.

    Raises:
        InputError: The header is damaged, or there is no page.
        MissingExtraError: The format needs a package that is not installed.
    """

    def __init__(self, source: Source, media_type: str, limits: Limits) -> None:
        self._name, self._media_type, self._limits = source.name, media_type, limits
        self._lock = threading.Lock()
        self._stream = source.open()
        try:
            with own_settings(), self._explained():
                self._picture = self._open()
                is_tiff = media_type == "image/tiff"
                self._frame_indices = page_frames(self._stream) if is_tiff else [0]
                if not self._frame_indices:
                    raise InputError(f"{self._name} is a picture file with no pages.")
        except BaseException:
            self._stream.close()
            raise
        self.num_pages = len(self._frame_indices)

    def load(self, page_index: int) -> Pixels:
        """Decode one page, upright and on white.

        Args:
            page_index: From 0, below `num_pages`.

        Returns:
            (height, width, 3) RGB, 0 to 255.

        Raises:
            InputError: This page is damaged, cut short or larger than the limit.
            CapacityError: There is too little memory for it.
        """
        with self._lock, own_settings(), self._explained(page_index):
            picture = self._seek(self._frame_indices[page_index])
            self._check_size(picture.size)
            picture.load()
            return _upright(to_rgb(picture), _orientation(picture))

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._stream.close()

    def __enter__(self) -> Frames:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> Image.Image:
        """Read the header alone."""
        self._stream.seek(0)
        if self._media_type in _HEIF:
            return _open_heif(self._stream, self._name)
        image_format = _FORMATS[self._media_type]
        Image.init()
        if image_format not in Image.OPEN:
            message = f"{self._name} is {image_format}, which this Pillow cannot decode."
            raise MissingExtraError(message, "Run: pip install --upgrade Pillow")
        return Image.open(self._stream, formats=(image_format,))

    def _seek(self, frame_index: int) -> Image.Image:
        if self.num_pages > 1:
            self._picture.seek(frame_index)
            return self._picture
        if self._media_type == "image/png":
            self._open().verify()  # checksums, which decoding skips
        picture = self._open()  # anew: Pillow keeps the pixels for as long as the picture lives
        if frame_index:
            picture.seek(frame_index)
        return picture

    def _check_size(self, size: tuple[int, int]) -> None:
        width, height = size
        if width * height > self._limits.max_pixels:
            megapixels, limit = width * height / 1e6, self._limits.max_pixels / 1e6
            raise InputError(
                f"{self._name} is {width} × {height} px ({megapixels:.0f} megapixels); "
                f"the limit is {limit:g}.",
                "If you trust the file, raise the limit (--max-pixels).",
            )

    @contextmanager
    def _explained(self, page_index: int | None = None) -> Iterator[None]:
        """Say which file and page is damaged, whatever the decoder raises."""
        what = self._name
        if page_index is not None and self.num_pages > 1:
            what = f"Page {page_index + 1} of {self._name}"
        try:
            yield
        except ShuowenError:
            raise
        except MemoryError as error:
            raise CapacityError(f"{what} does not fit in memory.") from error
        except Exception as error:  # decoders raise nearly anything on damaged files
            unknown = isinstance(error, UnidentifiedImageError) or not str(error)
            reason = "" if unknown else f" ({error})"
            hint = "Copy or download it again, or save it anew."
            raise InputError(f"{what} is damaged or cut short{reason}.", hint) from error


def open_frames(source: Source, media_type: str, limits: Limits) -> Frames:
    """Open a picture file of a type that `formats.sniff` told; pages are decoded by `load`.

    Raises:
        InputError: The header is damaged, or there is no page.
        MissingExtraError: The format needs a package that is not installed.
    """
    return Frames(source, media_type, limits)


def _open_heif(stream: BinaryIO, name: str) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        message = f"{name} is an HEIC picture, which needs an optional package."
        raise MissingExtraError(message, "Run: pip install 'shuowen[heic]'") from error
    opener: Callable[[BinaryIO], Image.Image] = HeifImageFile
    return opener(stream)


def _orientation(picture: Image.Image) -> int | None:
    """The EXIF orientation; None where broken metadata hide it, for the pixels are still good."""
    try:
        return picture.getexif().get(ExifTags.Base.Orientation)
    except (SyntaxError, ValueError, TypeError, LookupError, OSError, struct.error):
        return None


def _upright(pixels: Pixels, orientation: int | None) -> Pixels:
    """Undo the turn and mirroring that the camera noted: rows and columns as a person sees them."""
    transpose, flip_rows, flip_columns = _TURNS.get(orientation or 1, (False, False, False))
    turned = pixels.transpose(1, 0, 2) if transpose else pixels
    turned = turned[::-1] if flip_rows else turned
    return np.ascontiguousarray(turned[:, ::-1] if flip_columns else turned)
