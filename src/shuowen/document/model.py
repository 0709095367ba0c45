"""The nouns of a read document: Document > Page > Region > Line > Span, and Table > Cell.

All records are frozen. Boxes are in pixels of the original page picture (for a PDF: the page drawn
at `Page.dpi`), origin top-left, x to the right, y down. Confidences are 0 to 1. `page_number`
counts from 1; every `…_index` counts from 0.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Annotated, Literal

import msgspec

from shuowen.config import RepairName

SCHEMA_VERSION = "1.1"

RegionKind = Literal[
    "title",
    "text",
    "list",
    "table",
    "figure",
    "caption",
    "formula",
    "header",
    "footer",
    "page_number",
    "footnote",
    "reference",
    "seal",
]
Direction = Literal["horizontal", "vertical"]
TextSource = Literal["picture", "text_layer"]
Status = Literal["ok", "partial", "failed"]
Rotation = Literal[0, 90, 180, 270]

Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Number = Annotated[int, msgspec.Meta(ge=1)]
Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


class Box(msgspec.Struct, frozen=True, array_like=True):
    """An upright rectangle, written in JSON as [left, top, right, bottom]."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def center(self) -> Point:
        """The middle, (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def overlap(self, other: Box) -> float:
        """Area in square pixels that both boxes cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def share_inside(self, other: Box) -> float:
        """Share of this box, 0 to 1, that lies inside `other`."""
        return self.overlap(other) / self.area if self.area else 0.0

    def contains(self, point: Point) -> bool:
        """Whether `point` lies in the box, edges included."""
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def box_around(points: Quad | list[Point]) -> Box:
    """The smallest upright box around points."""
    xs = [point[0] for point in points]
    ys = [point[1] for point in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def union_of(boxes: list[Box]) -> Box:
    """The smallest box around all boxes; raises ValueError when there are none."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the records below: named fields, no surprises when loading."""


class Notice(_Record, frozen=True):
    """Something a reader of the result should know: a stable code and a sentence."""

    code: str
    message: str


class PageError(_Record, frozen=True):
    """Why a page failed: the error's code (`errors.py`), message and hint."""

    code: str
    message: str
    hint: str = ""


class Span(_Record, frozen=True, omit_defaults=True):
    """A word, or one Chinese character: the smallest piece of text that has a box.

    `confidences` holds one number for every character of `text`: how likely it is right.
    """

    text: str
    box: Box
    confidences: tuple[Confidence, ...]
    is_doubtful: bool = False
    """Whether a character is below the confidence that was asked for (`min_confidence`)."""


class CrossedOut(_Record, frozen=True):
    """Writing that somebody struck out; `text` is what may have stood there, empty if unknown."""

    box: Box
    text: str = ""


class Line(_Record, frozen=True):
    """One line of text (or one column, when vertical), in reading direction.

    `quad` goes clockwise from the corner where reading starts at its top left. `confidence` says
    how likely all of the line is right. Only a line that was crossed out whole has no text.
    """

    text: str
    confidence: Confidence
    box: Box
    quad: Quad
    direction: Direction = "horizontal"
    source: TextSource = "picture"
    spans: tuple[Span, ...] = ()
    crossed_out: tuple[CrossedOut, ...] = ()
    """What was struck out on this line; it is in no text."""


class Cell(_Record, frozen=True):
    """A table cell at (row_index, col_index), the top-left of the slots that it spans."""

    row_index: Count
    col_index: Count
    row_span: Number = 1
    col_span: Number = 1
    text: str = ""
    box: Box | None = None
    confidence: Confidence | None = None
    is_header: bool = False
    line_indices: tuple[Count, ...] = ()
    """Which of the region's lines the cell holds."""


class Table(_Record, frozen=True):
    """A grid of cells; every slot is covered by at most one cell."""

    num_rows: Count
    num_cols: Count
    cells: tuple[Cell, ...]


class Region(_Record, frozen=True):
    """A part of a page that belongs together. Regions stand in reading order in `Page.regions`."""

    id: str
    kind: RegionKind
    box: Box
    text: str
    confidence: Confidence | None = None
    level: Number | None = None
    """Heading level of a title, 1 the highest."""
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    notices: tuple[Notice, ...] = ()


class RepairStep(_Record, frozen=True):
    """One repair that was made, and the measurements on the page that spoke for it, by name."""

    name: RepairName
    is_forced: bool = False
    evidence: dict[str, float] = {}


class Repair(_Record, frozen=True):
    """How the page picture was mended before reading; boxes are already back on the original.

    The original turned by `rotation_degrees` counter-clockwise is upright; after that the text
    still slopes off the horizontal by `skew_degrees` (positive: lines go down to the right).
    """

    rotation_degrees: Rotation = 0
    skew_degrees: float = 0.0
    steps: tuple[RepairStep, ...] = ()
    """All repairs in the order in which they were made; none for a page that needed none."""


class Page(_Record, frozen=True):
    """One page: what it holds, how far to trust it, and what went wrong if anything did."""

    page_number: Number
    status: Status
    width_px: Count = 0
    height_px: Count = 0
    dpi: float | None = None
    """Resolution at which a PDF page was drawn; None for pictures."""
    confidence: Confidence | None = None
    """Mean over the page's characters; None when it has none."""
    repair: Repair = Repair()
    regions: tuple[Region, ...] = ()
    notices: tuple[Notice, ...] = ()
    error: PageError | None = None
    timings: dict[str, float] = {}
    """Seconds by step: load, text_layer, turn, repair, detect, recognise, layout, tables,
    assemble."""


class SourceInfo(_Record, frozen=True):
    """Where a document came from."""

    name: str
    media_type: str
    num_bytes: Count
    sha256: str


class Document(_Record, frozen=True):
    """A read document: `pages` are the pages asked for, `num_pages` how many the source has."""

    source: SourceInfo
    num_pages: Count
    status: Status
    pages: tuple[Page, ...]
    schema_version: str = SCHEMA_VERSION
    generator: str = ""
    options: str = ""
    notices: tuple[Notice, ...] = ()
    timings: dict[str, float] = {}


def region_id(page_number: int, box: Box, taken: set[str]) -> str:
    """A short id that stays the same while the region stays where it is.

    Made of the page number and the box on an 8-pixel grid; a clash with `taken` gets a suffix.
    """
    grid = ",".join(str(round(edge / 8)) for edge in (box.left, box.top, box.right, box.bottom))
    digest = hashlib.sha256(f"{page_number}:{grid}".encode()).hexdigest()[:8]
    base = f"p{page_number}-{digest}"
    suffixed = (f"{base}-{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([base], suffixed) if name not in taken)


def document_status(pages: tuple[Page, ...]) -> Status:
    """ok when every page is, failed when no page could be read, else partial."""
    statuses = {page.status for page in pages}
    if statuses <= {"ok"}:
        return "ok"
    return "failed" if statuses == {"failed"} else "partial"
