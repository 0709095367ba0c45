"""The fonts that synthetic text is drawn with, and which texts each of them can draw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from PIL import ImageFont

from shuowen.errors import InputError, MissingExtraError
from shuowen.train.synthesize.alphabet import alphabet
from shuowen.train.synthesize.lexicon import Split

CATALOGUE_PATH = Path(__file__).parent / "data" / "fonts" / "CATALOGUE.json"
FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".woff2")

Writing = Literal["printed", "handwriting"]
Script = Literal["zh", "latin"]


@dataclass(frozen=True, kw_only=True)
class Font:
    """A font file and what may be drawn with it.

    Attributes:
        path: The file.
        family: What its designer calls it.
        licence: SPDX identifier; empty for a font of the user's own.
        kind: Whether it looks printed or written by hand.
        script: "zh" has Chinese characters, "latin" has none.
        split: Whether it is drawn with in training or kept for tests.
        characters: All of the alphabet that it has a glyph for, and the space.
        source: The package and version that it is from.
    """

    path: Path
    family: str
    licence: str
    kind: Writing
    script: Script
    split: Split
    characters: frozenset[str]
    source: str

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    def covers(self, text: str) -> bool:
        """Whether it has a glyph for each character."""
        return self.characters.issuperset(text)


@cache
def shipped_fonts() -> tuple[Font, ...]:
    """The package's own, in the order of the catalogue."""
    rows = json.loads(CATALOGUE_PATH.read_text(encoding="utf-8"))
    return tuple(map(_shipped, rows))


def _shipped(row: dict[str, Any]) -> Font:
    return Font(
        path=CATALOGUE_PATH.parent / row["file"],
        family=row["family"],
        licence=row["licence"],
        kind=row["kind"],
        script=row["script"],
        split=row["split"],
        characters=frozenset(alphabet()) - frozenset(row["missing"]),
        source=row["source"],
    )


def fonts_in(folder: Path, *, kind: Writing = "printed", split: Split = "train") -> list[Font]:
    """Fonts of the user's own, by name; those without a character of the alphabet are left out.

    Raises:
        InputError: A font cannot be read.
        MissingExtraError: fontTools is not installed.
    """
    paths = (path for path in sorted(folder.iterdir()) if path.suffix.lower() in FONT_SUFFIXES)
    fonts = (_own(path, kind, split) for path in paths)
    return [font for font in fonts if len(font.characters) > 1]


def _own(path: Path, kind: Writing, split: Split) -> Font:
    characters = characters_in(path)
    return Font(
        path=path,
        family=path.stem,
        licence="",
        kind=kind,
        script="zh" if any("\u4e00" <= one <= "\u9fff" for one in characters) else "latin",
        split=split,
        characters=characters,
        source="",
    )


def characters_in(path: Path) -> frozenset[str]:
    """All of the alphabet that a font file can draw.

    That is what its table of characters has, but for glyphs without ink: some fonts map characters
    that they lack to an empty glyph.

    Raises:
        InputError: The font cannot be read.
        MissingExtraError: fontTools is not installed.
    """
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise MissingExtraError(
            "fontTools is not installed.", "Install it: pip install 'shuowen[train]'."
        ) from error
    try:
        codes = TTFont(BytesIO(path.read_bytes()), fontNumber=0, lazy=True).getBestCmap() or {}
    except (OSError, TTLibError) as error:
        raise InputError(f"{path} is no font.", "Take it out of the folder.") from error
    face = opened(path, 32)
    found = (one for one in alphabet() if ord(one) in codes)
    return frozenset(one for one in found if one == " " or face.getmask(one).getbbox()) | {" "}


def fonts_for(text: str, fonts: Sequence[Font], *, kind: Writing, split: Split) -> list[Font]:
    """Those of a part and a kind that have a glyph for each character of the text."""
    return [
        font for font in fonts if font.kind == kind and font.split == split and font.covers(text)
    ]


@lru_cache(maxsize=512)
def opened(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """A font at `size` pixels an em, kept open; simple layout, because no rule was kept."""
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
