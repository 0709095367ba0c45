"""Drafts: regions in the making, still without a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Literal

from shuowen.document.model import Box, Line, RegionKind
from shuowen.reading.frame import Floats
from shuowen.reading.kinds import CAPTION
from shuowen.reading.paragraphs import Paragraph, Row, find_paragraphs, is_item, split_rows
from shuowen.reading.parts import Part
from shuowen.reading.rows import find_rows, row_box

HEADS: tuple[RegionKind, ...] = ("title", "caption", "formula")
"""Single rows that do not stand in one region with other short lines."""


@dataclass(frozen=True, kw_only=True)
class PageLines:
    """A page's lines with what was worked out about each, index by index."""

    lines: Sequence[Line]
    boxes: Floats
    """(N, 4) in the reading frame."""
    sizes: Floats
    """(N,) sizes of the letters in pixels."""
    votes: Sequence[RegionKind | None]
    """What the layout network took each line for."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Paragraphs that make one region; `kind` is set where a part had one, or a list was seen."""

    paragraphs: tuple[Paragraph, ...]
    kind: RegionKind | None = None
    layout_box: Box | None = None

    @property
    def rows(self) -> list[Row]:
        """All rows, top to bottom."""
        return [row for paragraph in self.paragraphs for row in paragraph]

    @property
    def line_indices(self) -> list[int]:
        """Its lines, as indices into the page's lines, in reading order."""
        return [index for row in self.rows for index in row.line_indices]


def drafts_of_block(block: Iterable[Sequence[Part]], page: PageLines) -> list[Draft]:
    """Takes a block's rows apart: tables and figures stand alone, text makes paragraphs."""
    drafts: list[Draft] = []
    rows: list[Row] = []
    for parts in block:
        solid = [part for part in parts if not part.is_line]
        if solid:
            drafts += _text_drafts(rows) + [_solid_draft(part, page) for part in solid]
            rows = []
        free = [part.line_indices[0] for part in parts if part.is_line]
        rows += [make_row(free, page)] if free else []
    return drafts + _text_drafts(rows)


def make_row(indices: Sequence[int], page: PageLines) -> Row:
    """The row of some lines, given left to right."""
    own = page.boxes[list(indices)].tolist()
    widths = [box[2] - box[0] for box in own]
    widest = indices[widths.index(max(widths))]
    return Row(
        line_indices=tuple(indices),
        box=row_box(page.boxes, list(indices)),
        height=median(box[3] - box[1] for box in own),
        size=float(page.sizes[widest]),
        vote=page.votes[widest],
        widest_gap=max((right[0] - left[2] for left, right in pairwise(own)), default=0.0),
        text=" ".join(page.lines[index].text for index in indices),
    )


def _solid_draft(part: Part, page: PageLines) -> Draft:
    """A table or figure: every row a paragraph; other text that stays together: one paragraph."""
    indices = list(part.line_indices)
    if part.kind is None:
        rows = [make_row([index], page) for index in indices]
        return Draft(paragraphs=tuple([row] for row in rows) if part.is_stack else (rows,))
    grouped = find_rows(page.boxes[indices])
    rows = [make_row([indices[index] for index in row], page) for row in grouped]
    paragraphs = tuple([row] for row in rows)
    return Draft(paragraphs=paragraphs, kind=part.kind, layout_box=part.layout_box)


def _text_drafts(rows: Sequence[Row]) -> list[Draft]:
    """One draft for each paragraph; short lines that follow each other, and lists, share one."""
    drafts = []
    right = max((float(row.box[2]) for row in rows), default=0.0)
    for stretch in split_rows(rows):
        for shape, group in groupby(find_paragraphs(stretch, right), key=_shape):
            paragraphs = list(group)
            if shape == "prose":
                drafts += [Draft(paragraphs=(paragraph,)) for paragraph in paragraphs]
            else:
                kind: RegionKind | None = "list" if shape == "list" else None
                drafts.append(Draft(paragraphs=tuple(paragraphs), kind=kind))
    return drafts


def _shape(paragraph: Paragraph) -> RegionKind | Literal["prose", "lines"] | None:
    """What a paragraph looks like; the network may set a single row apart, not cut a paragraph."""
    if is_item(paragraph[0]):
        return "list"
    if len(paragraph) > 1:
        return "prose"
    if CAPTION.match(paragraph[0].text):
        return "caption"
    return paragraph[0].vote if paragraph[0].vote in HEADS else "lines"
