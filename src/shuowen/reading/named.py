"""A region in the making that has its kind."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.document.model import Box, RegionKind
from shuowen.reading.drafts import Draft


@dataclass(frozen=True, kw_only=True, eq=False)
class Named:
    """A draft with its kind, its box in page pixels and, for a title, its level.

    `is_large` says that its letters alone, larger than the page's usual ones, make it a title. Two
    are equal only if they are the same one: their text need not be compared.
    """

    draft: Draft
    kind: RegionKind
    box: Box
    level: int | None = None
    is_large: bool = False
