"""What a made document is: pixels, and the whole truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import UsageError
from shuowen.image.page import Pixels
from shuowen.train.synthesize.fonts import Font

DocumentKind = Literal["page", "table", "form", "receipt", "line", "cell"]
KINDS: tuple[DocumentKind, ...] = ("page", "table", "form", "receipt", "line", "cell")
Language = Literal["zh", "en"]
MarkKind = Literal["line", "word", "cell", "stamp"]
Polygon = NDArray[np.float64]
"""Corners (4, 2), x and y in pixels: top left, top right, bottom right, bottom left as written."""

MIN_DPI, MAX_DPI = 60, 400


@dataclass(frozen=True, kw_only=True)
class DocumentOptions:
    """What kind of document is made, and how hard it is to read.

    Attributes:
        kind: What is drawn. "line" and "cell" are crops of one line, as a reader of lines sees.
        language: Of the words; "both" leaves it to the seed.
        degradation: 0 for a clean print, 1 for the worst that people can still read.
        handwriting_share: Share, 0 to 1, of documents (of forms: of values) written by hand.
        dpi: Pixels an inch of paper, 60 to 400; a page of A4 at 110 is 910 x 1286.
        fonts: To draw with; the shipped ones that training may use when None.

    Raises:
        UsageError: A value is out of its range.
    """

    kind: DocumentKind = "page"
    language: Literal["zh", "en", "both"] = "both"
    degradation: float = 0.5
    handwriting_share: float = 0.3
    dpi: int = 110
    fonts: tuple[Font, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(
                f"There is no kind {self.kind!r}.", f"Choose from: {', '.join(KINDS)}."
            )
        if self.language not in ("zh", "en", "both"):
            raise UsageError(f"language is {self.language!r}.", "Choose zh, en or both.")
        for name in ("degradation", "handwriting_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(
                    f"{name} is {getattr(self, name)}.", "Choose a number from 0 to 1."
                )
        if not MIN_DPI <= self.dpi <= MAX_DPI:
            raise UsageError(f"dpi is {self.dpi}.", f"Choose from {MIN_DPI} to {MAX_DPI}.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Mark:
    """A place on the picture and what is written there; an empty cell has no text."""

    kind: MarkKind
    text: str
    polygon: Polygon


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """An entry of a form or receipt: a label, what is filled in, and where that stands."""

    key: str
    value: str
    polygon: Polygon


@dataclass(frozen=True, kw_only=True, eq=False)
class MadeDocument:
    """A picture and its truth.

    Attributes:
        pixels: (height, width, 3) RGB.
        kind: As in the options.
        language: Of its words.
        text: What is written, line by line in reading order; stamps lie over it and are no part.
        html: The tables as HTML with thead, th, rowspan and colspan; None for other kinds.
        plain_html: The same with table, tr and td alone, as it is scored and taught.
        marks: Lines, words, cells and stamps, in pixels of the picture as it is now.
        fields: Entries of forms and receipts, in reading order; keys are unique.
        fonts: Names of the fonts used.
        degradations: What was done to the picture, in order, by name.
    """

    pixels: Pixels
    kind: DocumentKind
    language: Language
    text: str
    html: str | None = None
    plain_html: str | None = None
    marks: tuple[Mark, ...] = ()
    fields: tuple[Field, ...] = ()
    fonts: tuple[str, ...] = ()
    degradations: tuple[str, ...] = ()


def rectangle(left: float, top: float, right: float, bottom: float) -> Polygon:
    """The corners of an upright rectangle, in pixels."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
