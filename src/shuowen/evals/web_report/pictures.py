"""Small pictures of the files beside the page, which the browser loads as they come into view."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from shuowen.errors import OutputError
from shuowen.evals.peers.pictures import page_pixels
from shuowen.source.model import Source
from shuowen.writers.save import save

FOLDER = "pictures"
_LONGEST_EDGE = 1200
_QUALITY = 75
_log = logging.getLogger("shuowen")


@dataclass(frozen=True, kw_only=True)
class SmallPicture:
    """A picture's place relative to the page, and its size in pixels."""

    place: str
    width: int
    height: int


def small_picture(path: Path, folder: Path) -> SmallPicture | None:
    """Puts a JPEG of the file's first page under `folder`, unless it is there from before.

    None when the file cannot be opened.

    Raises:
        OutputError: The picture cannot be written.
    """
    try:
        digest = Source(name=path.name, path=path).sha256()[:16]
        target = folder / FOLDER / f"{digest}.jpg"
        if not target.exists():
            save(target, _jpeg(path))
        with Image.open(target) as picture:
            width, height = picture.size
    except OutputError:
        raise
    except Exception as error:  # of a broken file there is no picture, and the page says so
        _log.debug("No picture of %s:", path, exc_info=error)
        return None
    return SmallPicture(place=f"{FOLDER}/{target.name}", width=width, height=height)


def _jpeg(path: Path) -> bytes:
    pages = page_pixels(path)
    try:
        picture = Image.fromarray(next(pages))
    finally:
        pages.close()
    picture.thumbnail((_LONGEST_EDGE, _LONGEST_EDGE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
