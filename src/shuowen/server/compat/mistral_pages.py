"""A document that was read as the pages of Mistral's OCR answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from shuowen.document.model import Box, Document, Page, Region, RegionKind
from shuowen.server.compat.figures import Picture
from shuowen.server.compat.mistral_scores import block_scores, page_scores
from shuowen.server.compat.page_markdown import above_text, page_markdown
from shuowen.server.compat.region_kinds import with_running_text
from shuowen.writers.markdown import escape_markdown
from shuowen.writers.tables import html_table, shown_table

TableFormat = Literal["", "markdown", "html"]
Granularity = Literal["", "page", "word", "block"]

_BLOCKS: Mapping[RegionKind, str] = {
    "title": "title",
    "text": "text",
    "list": "list",
    "table": "table",
    "figure": "image",
    "caption": "caption",
    "formula": "equation",
    "header": "header",
    "footer": "footer",
    "page_number": "footer",
    "footnote": "aside_text",
    "reference": "references",
    "seal": "signature",
}


@dataclass(frozen=True, kw_only=True)
class PageWishes:
    """What the pages should hold.

    Attributes:
        with_pictures: Figures come as base64 too.
        max_pictures: Most figures of the whole document that are listed; None for all.
        min_picture_px: Least width and height of a figure that is listed.
        table_format: Whether tables stay in the text ("") or stand apart, and how.
        header_apart, footer_apart: Taken out of the text, into fields of their own.
        with_blocks: Whether every region is listed with its box.
        scores: How closely confidences are told.
    """

    with_pictures: bool = False
    max_pictures: int | None = None
    min_picture_px: int = 0
    table_format: TableFormat = ""
    header_apart: bool = False
    footer_apart: bool = False
    with_blocks: bool = False
    scores: Granularity = ""


def listed_figures(document: Document, wishes: PageWishes) -> dict[str, str]:
    """Names of the figures that are wanted, by region id, in reading order."""
    found = [
        region.id
        for page in document.pages
        for region in page.regions
        if region.kind == "figure"
        and min(region.box.width, region.box.height) >= wishes.min_picture_px
    ]
    return {region_id: f"img-{n}.jpeg" for n, region_id in enumerate(found[: wishes.max_pictures])}


def ocr_pages(
    document: Document, wishes: PageWishes, pictures: Mapping[str, Picture]
) -> list[dict[str, Any]]:
    """Every page as JSON values; `pictures` are the figures' by region id."""
    return list(_Writing(document, wishes, pictures).pages())


class _Writing:
    def __init__(
        self, document: Document, wishes: PageWishes, pictures: Mapping[str, Picture]
    ) -> None:
        self._document = document
        self._wishes = wishes
        self._pictures = pictures
        self._figures = listed_figures(document, wishes)
        self._tables = self._named_tables()

    def pages(self) -> Iterator[dict[str, Any]]:
        yield from map(self._page, self._document.pages)

    def _named_tables(self) -> dict[str, str]:
        if not self._wishes.table_format:
            return {}
        suffix = {"markdown": "md", "html": "html"}[self._wishes.table_format]
        regions = (region for page in self._document.pages for region in page.regions)
        found = [region.id for region in regions if shown_table(region)]
        return {region_id: f"tbl-{n}.{suffix}" for n, region_id in enumerate(found)}

    def _page(self, page: Page) -> dict[str, Any]:
        heads, feet = _running_regions(page)
        apart = {region.id for region in heads if self._wishes.header_apart}
        apart |= {region.id for region in feet if self._wishes.footer_apart}
        kept = tuple(region for region in page.regions if region.id not in apart)
        shown = with_running_text(msgspec.structs.replace(page, regions=kept))
        text = page_markdown(self._document, shown, self._instead(shown))
        written: dict[str, Any] = {
            "index": page.page_number - 1,
            "markdown": text,
            "images": [
                self._image(region) for region in page.regions if region.id in self._figures
            ],
            "tables": [self._table(region) for region in page.regions if region.id in self._tables],
            "hyperlinks": [],
            "header": _joined(heads) if self._wishes.header_apart else None,
            "footer": _joined(feet) if self._wishes.footer_apart else None,
            "dimensions": _dimensions(page),
        }
        if self._wishes.with_blocks:
            written["blocks"] = [self._block(page, region) for region in page.regions]
        if self._wishes.scores:
            is_by_word = self._wishes.scores == "word"
            written["confidence_scores"] = page_scores(shown, text if is_by_word else None)
        return written

    def _instead(self, page: Page) -> dict[str, str]:
        """Links in the place of what stands apart; a figure's own text stays below its link."""
        links = {}
        for region in page.regions:
            name = self._tables.get(region.id)
            if name:
                links[region.id] = f"[{name}]({name})"
            elif name := self._figures.get(region.id):
                links[region.id] = above_text(f"![{name}]({name})", region)
        return links

    def _image(self, region: Region) -> dict[str, Any]:
        picture = self._pictures.get(region.id)
        return {
            "id": self._figures[region.id],
            **_corners(region.box),
            "image_base64": picture.data_url() if picture else None,
            "image_annotation": None,
        }

    def _table(self, region: Region) -> dict[str, Any]:
        return {
            "id": self._tables[region.id],
            "content": self._content(region),
            "format": self._wishes.table_format,
        }

    def _block(self, page: Page, region: Region) -> dict[str, Any]:
        block: dict[str, Any] = {
            "type": _BLOCKS[region.kind],
            **_corners(region.box),
            "content": self._content(region),
        }
        if region.kind == "figure":
            block["image_id"] = self._figures.get(region.id, "")
        if region.id in self._tables:
            block["table_id"] = self._tables[region.id]
        if self._wishes.scores == "block":
            block["confidence_scores"] = block_scores(region)
        return block

    def _content(self, region: Region) -> str:
        table = shown_table(region)
        if table and self._wishes.table_format == "html":
            return html_table(table)
        if region.kind == "figure":
            return escape_markdown(region.text)
        alone = Page(page_number=1, status="ok", regions=(region,))
        return page_markdown(self._document, with_running_text(alone))


def _running_regions(page: Page) -> tuple[list[Region], list[Region]]:
    """Running heads and feet; a page number belongs to the nearer of the two."""
    heads, feet = [], []
    for region in page.regions:
        is_high = region.box.center[1] < page.height_px / 2
        if region.kind == "header" or (region.kind == "page_number" and is_high):
            heads.append(region)
        elif region.kind in ("footer", "page_number"):
            feet.append(region)
    return heads, feet


def _joined(regions: list[Region]) -> str | None:
    return "\n".join(region.text for region in regions) or None


def _corners(box: Box) -> dict[str, int]:
    return {
        "top_left_x": round(box.left),
        "top_left_y": round(box.top),
        "bottom_right_x": round(box.right),
        "bottom_right_y": round(box.bottom),
    }


def _dimensions(page: Page) -> dict[str, int] | None:
    if not page.width_px:
        return None
    return {"dpi": round(page.dpi or 72), "height": page.height_px, "width": page.width_px}
