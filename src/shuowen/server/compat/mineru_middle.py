"""A document that was read as MinerU's middle JSON, in the form of its pipeline backend.

Pages hold blocks, blocks hold lines, lines hold spans. Lengths are points for a PDF and pixels for
a picture; running heads and page numbers stand apart, among the discarded blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shuowen.document.model import Document, Line, Page, Region
from shuowen.server.compat.measures import Measure
from shuowen.server.compat.region_kinds import RUNNING_KINDS
from shuowen.version import __version__
from shuowen.writers.plain import clean
from shuowen.writers.tables import html_table, shown_table

_TYPES = {
    "title": "title",
    "list": "list",
    "formula": "interline_equation",
    "header": "header",
    "footer": "footer",
    "page_number": "page_number",
    "footnote": "page_footnote",
}


def middle_json(document: Document, pictures: Mapping[str, str]) -> dict[str, Any]:
    """The document as JSON values; `pictures` are names of the figures' files by region id."""
    return {
        "pdf_info": [_page(page, pictures) for page in document.pages],
        "_backend": "pipeline",
        "_version_name": __version__,
    }


def _page(page: Page, pictures: Mapping[str, str]) -> dict[str, Any]:
    measure = Measure.of(page)
    blocks = [(region, _block(region, measure, pictures)) for region in page.regions]
    written: dict[str, Any] = {
        "page_idx": page.page_number - 1,
        "page_size": [measure.length(page.width_px), measure.length(page.height_px)],
        "para_blocks": [block for region, block in blocks if region.kind not in RUNNING_KINDS],
        "discarded_blocks": [block for region, block in blocks if region.kind in RUNNING_KINDS],
    }
    if page.error is not None:
        written["error"] = page.error.message
    return written


def _block(region: Region, measure: Measure, pictures: Mapping[str, str]) -> dict[str, Any]:
    box = measure.edges(region.box)
    if table := shown_table(region):
        span = {"bbox": box, "type": "table", "html": html_table(table)}
        return _with_body("table", box, span)
    if region.kind == "figure":
        name = pictures.get(region.id, "")
        content = clean(region.text).strip()
        span = {"bbox": box, "type": "image", "image_path": name, "content": content}
        return _with_body("image", box, span)
    kind = _TYPES.get(region.kind, "text")
    lines = [_line(line, measure, kind) for line in region.lines]
    block = {"type": kind, "bbox": box, "lines": lines}
    return {**block, "level": region.level or 2} if kind == "title" else block


def _with_body(kind: str, box: list[float], span: dict[str, Any]) -> dict[str, Any]:
    lines = [{"bbox": box, "spans": [span]}]
    return {
        "type": kind,
        "bbox": box,
        "blocks": [{"type": f"{kind}_body", "bbox": box, "lines": lines}],
    }


def _line(line: Line, measure: Measure, kind: str) -> dict[str, Any]:
    box = measure.edges(line.box)
    span = {
        "bbox": box,
        "type": "interline_equation" if kind == "interline_equation" else "text",
        "content": clean(line.text),
        "score": line.confidence,
    }
    return {"bbox": box, "spans": [span]}
