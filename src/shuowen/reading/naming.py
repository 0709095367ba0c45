"""Naming: every draft gets its kind; headers, footnotes and footers go to the page's ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line, RegionKind, union_of
from shuowen.reading.drafts import Draft, PageLines, make_row
from shuowen.reading.frame import Floats
from shuowen.reading.kinds import (
    CAPTION,
    TITLE_RATIO,
    is_page_number,
    starts_footnote,
    text_kind,
    title_level,
)
from shuowen.reading.mending import mended
from shuowen.reading.named import Named

MARGIN = 0.12
"""Share of the page, at its top and bottom, where running headers and footers stand."""
FAR = 1.0
"""White, in letter sizes, between a running header or footer and the body, at least."""
MAX_MARGIN_ROWS = 2
"""Rows of a running header or footer, at most."""
MAX_MARGIN_SIZE = 1.2
"""Size of a running header's letters, in the page's usual size, below which it is no title."""
MIN_BODY_ROWS = 5
"""Rows that a page needs before something on it is a header: a title page has none."""
SMALL = 0.93
"""Size of a footnote's letters, in the page's usual size, at most."""
VERY_SMALL = 0.88
PIECE_GAP = 2.0
"""White, in letter sizes, between a running title and the page number beside it."""


def name_drafts(drafts: Sequence[Draft], page: PageLines, size: tuple[int, int]) -> list[Named]:
    """Drafts with kinds, in final order: headers, body, footnotes, footers."""
    placed = [Named(draft=draft, kind="text", box=draft_box(draft, page.lines)) for draft in drafts]
    usual = usual_size(drafts)
    heads = _in_margin(placed, 0.0, MARGIN * size[1], usual)
    foots = _in_margin(placed, (1 - MARGIN) * size[1], float(size[1]), usual)
    margins = {*heads, *foots}
    body = [item for item in placed if item not in margins]
    notes = _footnotes(body, size[1], usual)
    low = set(notes)
    return [
        *_margin_named(heads, "header", page),
        *mended([_body_named(i, usual) for i in body if i not in low], usual, size[0]),
        *(replace(item, kind="footnote") for item in notes),
        *_margin_named(foots, "footer", page),
    ]


def draft_box(draft: Draft, lines: Sequence[Line]) -> Box:
    """The box in page pixels around a draft's lines and what the network saw of it."""
    boxes = [lines[index].box for index in draft.line_indices]
    return union_of([*boxes, draft.layout_box] if draft.layout_box else boxes)


def usual_size(drafts: Sequence[Draft]) -> float:
    """Size of the page's letters: the median over characters."""
    rows = sorted((row.size, len(row.text)) for draft in drafts for row in draft.rows)
    if not rows:
        return 1.0
    counts = np.cumsum([count for _, count in rows])
    return rows[int(np.searchsorted(counts, counts[-1] / 2))][0]


def _size(draft: Draft) -> float:
    return float(np.median([row.size for row in draft.rows])) if draft.rows else 0.0


def _text(draft: Draft) -> str:
    return " ".join(row.text for row in draft.rows)


def _in_margin(placed: Sequence[Named], top: float, bottom: float, usual: float) -> list[Named]:
    """What stands in a band at the page's end: few rows of ordinary letters, set apart."""
    inside = [
        item
        for item in placed
        if item.draft.kind is None
        and top <= item.box.center[1] <= bottom
        and len(item.draft.rows) <= MAX_MARGIN_ROWS
        and (_size(item.draft) < MAX_MARGIN_SIZE * usual or is_page_number(_text(item.draft)))
    ]
    candidates = set(inside)
    rest = [item for item in placed if item not in candidates]
    if sum(len(item.draft.rows) for item in rest) < MIN_BODY_ROWS:
        return []
    others = _edges([item.box for item in rest if item.draft.kind != "figure"])
    return [item for item in inside if _is_apart(item.box, others, FAR * usual)]


def _edges(boxes: Sequence[Box]) -> Floats:
    """Boxes as rows (left, top, right, bottom), (N, 4)."""
    return np.array([(b.left, b.top, b.right, b.bottom) for b in boxes]).reshape(-1, 4)


def _is_apart(box: Box, others: Floats, distance: float) -> bool:
    """Whether a box is clear of all others by a distance, above or below them."""
    below, above = others[:, 1] - box.bottom, box.top - others[:, 3]
    return bool((np.maximum(below, above) > distance).all())


def _margin_named(items: Sequence[Named], kind: RegionKind, page: PageLines) -> list[Named]:
    """Headers or footers, piece by piece, so that a page number stands alone."""
    return [
        Named(
            draft=draft,
            kind="page_number" if is_page_number(_text(draft)) else kind,
            box=draft_box(draft, page.lines),
        )
        for item in items
        for draft in _pieces(item.draft, page)
    ]


def _pieces(draft: Draft, page: PageLines) -> list[Draft]:
    if all(row.widest_gap <= PIECE_GAP * row.size for row in draft.rows):
        return [draft]
    return [Draft(paragraphs=([make_row([index], page)],)) for index in draft.line_indices]


def _footnotes(body: Sequence[Named], page_height: int, usual: float) -> list[Named]:
    """Small print at the feet of columns, from below upwards, where it begins with a mark."""
    edges = _edges([item.box for item in body])
    is_text = np.array([item.draft.kind != "figure" for item in body], bool)
    is_low = np.zeros(len(body), bool)
    for index in sorted(range(len(body)), key=lambda index: -body[index].box.bottom):
        item = body[index]
        is_small = _may_be_note(item.draft) and _size(item.draft) <= SMALL * usual
        if is_small and item.box.top > page_height / 2:
            is_low[index] = not (is_text & ~is_low & _are_under(edges, item.box)).any()
    last = max(np.flatnonzero(~is_low).tolist(), default=-1)
    low = np.flatnonzero(is_low).tolist()
    marked = [index for index in low if _is_marked(body[index].draft, usual, index < last)]
    follows = np.zeros(len(body), bool)
    follows[marked] = True
    for index in marked:
        follows |= _are_under(edges, body[index].box)
    return [body[index] for index in low if follows[index]]


def _may_be_note(draft: Draft) -> bool:
    return draft.kind in (None, "list") and not CAPTION.match(_text(draft))


def _is_marked(draft: Draft, usual: float, is_between: bool) -> bool:
    """Whether a footnote begins here.

    The mark is easily lost; very small print between two columns' texts is a footnote without it.
    """
    return starts_footnote(_text(draft)) or (is_between and _size(draft) <= VERY_SMALL * usual)


def _are_under(edges: Floats, upper: Box) -> NDArray[np.bool_]:
    """Which boxes, (N, 4), stand below another and in its column."""
    lefts, tops, rights, _ = edges.T
    beside = np.minimum(rights, upper.right) > np.maximum(lefts, upper.left)
    return np.asarray((tops > upper.center[1]) & beside)


def _body_named(item: Named, usual: float) -> Named:
    """A numbered heading looks like an item of a list; its size or the network tells it apart."""
    draft = item.draft
    text, ratio = _text(draft), _size(draft) / usual
    may_be_heading = draft.kind == "list" and len(draft.rows) == 1
    if draft.kind is not None and not may_be_heading:
        return replace(item, kind=draft.kind)
    kind = text_kind(text, len(draft.rows), ratio, _vote(draft))
    if kind == "title":
        level = title_level(text, ratio)
        return replace(item, kind=kind, level=level, is_large=ratio >= TITLE_RATIO)
    return replace(item, kind=draft.kind or kind)


def _vote(draft: Draft) -> RegionKind | None:
    """What the layout network took most of the rows for."""
    votes = [row.vote for row in draft.rows]
    return max(votes, key=votes.count) if votes else None
