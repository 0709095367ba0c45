"""What a region is: told by its letters, its place and its neighbours; the network may vote."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from shuowen.document.model import Line, RegionKind
from shuowen.engines.embedded.records import LayoutBox

TITLE_RATIO = 1.25
"""Size of a title's letters, in the page's usual size, at least."""
LEVEL_RATIOS = (1.8, 1.4)
"""Sizes, in usual ones, from which a title is of level 1 and of level 2; below it is level 3."""
MAX_TITLE_ROWS = 3
SENTENCE_ENDS = ("。", "\uff0c", "、", "\uff1b", ",", ";")
"""What a title does not end with."""

ROMAN = r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
PAGE_NUMBER = re.compile(
    rf"^\W{{0,3}}(?:page|p\.|第)?\s*(?:\d{{1,4}}|{ROMAN}|[一二三四五六七八九十百]{{1,5}}"
    r"|\d{1,2}-\d{1,3})\s*(?:页|頁)?(?:\s*(?:/|of|共)\s*\d{1,4}\s*(?:页|頁)?)?\W{0,3}$",
    re.IGNORECASE,
)
CAPTION = re.compile(
    r"^\s*(?:(?:图|表|圖|图表)\s*[\d一二三四五六七八九十]"
    r"|(?:fig(?:ure|\.)?|table|exhibit|chart)\s*[A-Z]?\.?\d)",
    re.IGNORECASE,
)
FOOTNOTE = re.compile(r"^\s*(?:\d{1,3}\s?\D|[*†‡§]|[①-⑳]|注[:\uff1a\d])")
REFERENCE = re.compile(r"^\s*(?:\[\d{1,3}\]|\d{1,3}\.\s)")
NUMBERED = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s*[^\d\s.,%]")


def is_page_number(text: str) -> bool:
    """Whether a header's or footer's text is a page number and nothing else."""
    return bool(PAGE_NUMBER.match(text))


def network_votes(lines: Sequence[Line], layout: Sequence[LayoutBox]) -> list[RegionKind | None]:
    """For each line the kind of the layout box that covers most of it, if one covers over half."""
    if not lines or not layout:
        return [None] * len(lines)
    lines_N14 = np.array([msgspec.structs.astuple(line.box) for line in lines])[:, None]
    seen_M4 = np.array([msgspec.structs.astuple(seen.box) for seen in layout])
    sides_NM2 = np.minimum(lines_N14[..., 2:], seen_M4[:, 2:]) - np.maximum(
        lines_N14[..., :2], seen_M4[:, :2]
    )
    shared_NM = sides_NM2.clip(0).prod(axis=2)
    areas_N = (lines_N14[:, 0, 2:] - lines_N14[:, 0, :2]).prod(axis=1)
    best_N = shared_NM.argmax(axis=1)
    is_over_half_N = 2 * shared_NM.max(axis=1) > areas_N
    return [
        layout[best].kind if is_over_half else None
        for best, is_over_half in zip(best_N, is_over_half_N, strict=True)
    ]


def title_level(text: str, size_ratio: float) -> int:
    """Level of a title, 1 the highest: by its numbering (3.1.4 is level 3), else by its size."""
    numbered = NUMBERED.match(text)
    if numbered:
        return numbered.group(1).count(".") + 1
    return 1 + sum(size_ratio < ratio for ratio in LEVEL_RATIOS)


def starts_footnote(text: str) -> bool:
    """Whether a text begins with a footnote's mark: a number, a star, a dagger."""
    return bool(FOOTNOTE.match(text))


def text_kind(text: str, num_rows: int, size_ratio: float, vote: RegionKind | None) -> RegionKind:
    """The kind of a region in the body of the page.

    Args:
        text: Its text.
        num_rows: How many rows it has.
        size_ratio: Size of its letters over the page's usual one.
        vote: What the network took it for.
    """
    if CAPTION.match(text) and num_rows <= MAX_TITLE_ROWS:
        return "caption"
    ends = SENTENCE_ENDS if num_rows == 1 else (*SENTENCE_ENDS, ".")
    is_short = num_rows <= MAX_TITLE_ROWS and not text.rstrip().endswith(ends)
    if is_short and (vote == "title" or size_ratio >= TITLE_RATIO):
        return "title"
    if vote == "formula" and num_rows <= MAX_TITLE_ROWS:
        return "formula"
    return "reference" if vote == "reference" and REFERENCE.match(text) else "text"
