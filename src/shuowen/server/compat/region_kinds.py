"""Pages prepared for contracts: running heads put into the text or left out, tables taken apart."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from shuowen.document.model import Document, Page, Region, RegionKind

RUNNING_KINDS: frozenset[RegionKind] = frozenset(("header", "footer", "page_number"))
"""Kinds that our Markdown leaves out, as they would cut sentences that run over a page break."""


def with_running_text(page: Page, kinds: Collection[RegionKind] = RUNNING_KINDS) -> Page:
    """The page with regions of `kinds` as text, so that Markdown holds them in their place."""
    regions = tuple(
        msgspec.structs.replace(region, kind="text") if region.kind in kinds else region
        for region in page.regions
    )
    return msgspec.structs.replace(page, regions=regions)


def without_kinds(page: Page, kinds: Collection[RegionKind]) -> Page:
    """The page without regions of `kinds`."""
    kept = tuple(region for region in page.regions if region.kind not in kinds)
    return msgspec.structs.replace(page, regions=kept)


def without_tables(document: Document) -> Document:
    """The document with the lines of its tables as text."""
    pages = tuple(
        msgspec.structs.replace(page, regions=tuple(map(_as_text, page.regions)))
        for page in document.pages
    )
    return msgspec.structs.replace(document, pages=pages)


def _as_text(region: Region) -> Region:
    if region.kind != "table":
        return region
    return msgspec.structs.replace(region, kind="text", table=None)
