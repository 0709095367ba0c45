"""Naming: every draft gets its kind; headers and footers are moved to the page's ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shuowen.document.model import Box, Line, RegionKind, union_of
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.drafts import Draft
from shuowen.reading.kinds import is_page_number, network_vote, text_kind, title_level

MARGIN = 0.12
"""Share of the page, at its top and bottom, where running headers and footers stand."""
FAR = 1.0
"""White, in line heights, between a running header or footer and the body, at least."""
MAX_MARGIN_ROWS = 2
"""Rows of a running header or footer, at most."""
MIN_BODY_ROWS = 5
"""Rows that a page needs before something on it is a header: a title page has none."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """A draft with its kind, its box in page pixels and, for a title, its level."""

    draft: Draft
    kind: RegionKind
    box: Box
    level: int | None = None


def name_drafts(
    drafts: Sequence[Draft],
    lines: Sequence[Line],
    layout: Sequence[LayoutBox],
    size: tuple[int, int],
) -> list[Named]:
    """Drafts with kinds, in final order: headers, body, footers; page numbers among them."""
    boxes = [draft_box(draft, lines) for draft in drafts]
    usual = _usual_height(drafts)
    is_head = _in_margin(drafts, boxes, 0.0, MARGIN * size[1], usual)
    is_foot = _in_margin(drafts, boxes, (1 - MARGIN) * size[1], float(size[1]), usual)
    heads = [_margin_named(drafts[i], boxes[i], lines, "header") for i in is_head]
    foots = [_margin_named(drafts[i], boxes[i], lines, "footer") for i in is_foot]
    body = [i for i in range(len(drafts)) if i not in is_head and i not in is_foot]
    named = [_body_named(drafts[i], boxes[i], lines, layout, usual, size) for i in body]
    return heads + named + foots


def draft_box(draft: Draft, lines: Sequence[Line]) -> Box:
    """The box in page pixels around a draft's lines and what the network saw of it."""
    boxes = [lines[index].box for index in draft.line_indices]
    return union_of([*boxes, draft.layout_box] if draft.layout_box else boxes)


def _text(draft: Draft) -> str:
    return " ".join(row.text for row in draft.rows)


def _height(draft: Draft) -> float:
    return float(np.median([row.height for row in draft.rows])) if draft.rows else 0.0


def _usual_height(drafts: Sequence[Draft]) -> float:
    """Height of the page's letters: the median over characters."""
    rows = sorted((row.height, len(row.text)) for draft in drafts for row in draft.rows)
    if not rows:
        return 1.0
    counts = np.cumsum([count for _, count in rows])
    return rows[int(np.searchsorted(counts, counts[-1] / 2))][0]


def _in_margin(
    drafts: Sequence[Draft], boxes: Sequence[Box], top: float, bottom: float, usual: float
) -> list[int]:
    """Drafts that stand in a band at the page's end, few rows, small letters, apart from the rest."""
    inside = [
        index
        for index, (draft, box) in enumerate(zip(drafts, boxes, strict=True))
        if draft.kind is None
        and top <= box.center[1] <= bottom
        and len(draft.rows) <= MAX_MARGIN_ROWS
        and _height(draft) < 1.2 * usual
    ]
    others = [box for index, box in enumerate(boxes) if index not in inside]
    num_rows = sum(len(draft.rows) for draft in drafts)
    if num_rows - len(inside) < MIN_BODY_ROWS:
        return []
    return [index for index in inside if _is_apart(boxes[index], others, FAR * usual)]


def _is_apart(box: Box, others: Sequence[Box], distance: float) -> bool:
    """Whether a box is clear of all others by a distance, above or below them."""
    return all(
        other.top - box.bottom > distance or box.top - other.bottom > distance for other in others
    )


def _margin_named(draft: Draft, box: Box, lines: Sequence[Line], kind: RegionKind) -> Named:
    return Named(draft=draft, kind="page_number" if is_page_number(_text(draft)) else kind, box=box)


def _body_named(
    draft: Draft,
    box: Box,
    lines: Sequence[Line],
    layout: Sequence[LayoutBox],
    usual: float,
    size: tuple[int, int],
) -> Named:
    if draft.kind is not None:
        return Named(draft=draft, kind=draft.kind, box=box)
    ratio = _height(draft) / usual
    kind = text_kind(
        _text(draft),
        num_rows=len(draft.rows),
        height_ratio=ratio,
        is_low=box.top > 0.6 * size[1],
        vote=network_vote(box, layout),
    )
    level = title_level(_text(draft), ratio) if kind == "title" else None
    return Named(draft=draft, kind=kind, box=box, level=level)
