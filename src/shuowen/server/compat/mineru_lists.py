"""A document that was read as MinerU's content list: one flat entry for every region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shuowen.document.model import Document, Page, Region
from shuowen.writers.plain import clean
from shuowen.writers.tables import html_table, shown_table

BOX_UNITS = 1000
"""MinerU's boxes count in thousandths of the page's width and height."""

_RUNNING = {"header": "header", "footer": "footer", "page_number": "page_number"}


def content_list(document: Document, pictures: Mapping[str, str]) -> list[dict[str, Any]]:
    """Entries in reading order; `pictures` are paths of the figures' files by region id."""
    return [
        {
            **_content(region, pictures.get(region.id, "")),
            "bbox": _box(page, region),
            "page_idx": page.page_number - 1,
        }
        for page in document.pages
        for region in page.regions
    ]


def _content(region: Region, picture: str) -> dict[str, Any]:
    text = clean(region.text).strip()
    if table := shown_table(region):
        return {
            "type": "table",
            "img_path": "",
            "table_caption": [],
            "table_footnote": [],
            "table_body": html_table(table),
        }
    if region.kind == "figure":
        inside = {"content": text} if text else {}
        return {
            "type": "image",
            "img_path": picture,
            "image_caption": [],
            "image_footnote": [],
            **inside,
        }
    if region.kind == "title":
        return {"type": "text", "text": text, "text_level": region.level or 2}
    if region.kind == "footnote":
        return {"type": "page_footnote", "text": text}
    return {"type": _RUNNING.get(region.kind, "text"), "text": text}


def _box(page: Page, region: Region) -> list[int]:
    box = region.box
    return [
        _share(box.left, page.width_px),
        _share(box.top, page.height_px),
        _share(box.right, page.width_px),
        _share(box.bottom, page.height_px),
    ]


def _share(edge: float, whole: int) -> int:
    return min(max(round(BOX_UNITS * edge / max(whole, 1)), 0), BOX_UNITS)
