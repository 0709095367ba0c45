"""A document that was read as the results of PaddleOCR-VL's `/layout-parsing`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shuowen.document.model import Document, Page, Region, RegionKind
from shuowen.server.compat.figures import Picture
from shuowen.server.compat.page_markdown import above_text, page_markdown
from shuowen.server.compat.region_kinds import with_running_text, without_kinds
from shuowen.writers.plain import clean
from shuowen.writers.tables import html_table, shown_table

_LABELS: Mapping[RegionKind, str] = {
    "title": "paragraph_title",
    "text": "text",
    "list": "text",
    "table": "table",
    "figure": "image",
    "caption": "figure_title",
    "formula": "display_formula",
    "header": "header",
    "footer": "footer",
    "page_number": "number",
    "footnote": "footnote",
    "reference": "reference_content",
    "seal": "seal",
}
LABELS: Mapping[str, RegionKind] = {
    **{label: kind for kind, label in _LABELS.items()},
    "doc_title": "title",
    "text": "text",
    "reference": "reference",
}
"""What PaddleOCR-VL calls the kinds of regions that we know."""

IGNORED = ("header", "footer", "number")
"""Labels that Markdown leaves out where a request does not say which."""


@dataclass(frozen=True, kw_only=True)
class PageWishes:
    """What the results should hold.

    Attributes:
        ignored: Labels that Markdown leaves out.
        is_pretty: Figures in Markdown are centred by HTML, else plain.
        with_pictures: Figures come as base64 with the Markdown.
        is_formatted: Blocks hold Markdown, else plain text.
    """

    ignored: Collection[str] = IGNORED
    is_pretty: bool = True
    with_pictures: bool = True
    is_formatted: bool = False


def page_result(
    document: Document, page: Page, wishes: PageWishes, pictures: Mapping[str, Picture]
) -> dict[str, Any]:
    """One page: `prunedResult` and `markdown`; `pictures` are the figures' by region id."""
    names = {region.id: _picture_name(region) for region in page.regions if region.kind == "figure"}
    ignored = {LABELS[label] for label in wishes.ignored if label in LABELS}
    shown = with_running_text(without_kinds(page, ignored))
    instead = {
        region.id: _linked(region, page, names[region.id], wishes)
        for region in shown.regions
        if region.id in names
    }
    images = {names[key]: picture.base64() for key, picture in pictures.items() if key in names}
    return {
        "prunedResult": _pruned(document, page, wishes),
        "markdown": {
            "text": page_markdown(document, shown, instead),
            "images": images if wishes.with_pictures else None,
        },
        "outputImages": None,
        "inputImage": None,
    }


def _pruned(document: Document, page: Page, wishes: PageWishes) -> dict[str, Any]:
    pruned: dict[str, Any] = {
        "page_index": page.page_number - 1,
        "page_count": document.num_pages,
        "width": page.width_px,
        "height": page.height_px,
        "model_settings": {
            "use_doc_preprocessor": False,
            "use_layout_detection": True,
            "use_chart_recognition": False,
            "format_block_content": wishes.is_formatted,
        },
        "parsing_res_list": _blocks(document, page, wishes),
        "layout_det_res": {"boxes": [_box(page, region) for region in page.regions]},
    }
    if page.error is not None:
        pruned["error"] = {"code": page.error.code, "message": page.error.message}
    return pruned


def _blocks(document: Document, page: Page, wishes: PageWishes) -> list[dict[str, Any]]:
    blocks, order = [], 0
    for index, region in enumerate(page.regions):
        label = _label(region)
        is_ordered = label not in IGNORED
        order += is_ordered
        blocks.append(
            {
                "block_label": label,
                "block_content": _content(document, region, wishes),
                "block_bbox": _edges(page, region),
                "block_id": index,
                "block_order": order if is_ordered else None,
            }
        )
    return blocks


def _label(region: Region) -> str:
    if region.kind == "title" and region.level == 1:
        return "doc_title"
    if region.kind == "table" and not shown_table(region):
        return "text"
    return _LABELS[region.kind]


def _content(document: Document, region: Region, wishes: PageWishes) -> str:
    if table := shown_table(region):
        return html_table(table)
    if not wishes.is_formatted or region.kind == "figure":
        return clean(region.text).strip()
    alone = Page(page_number=1, status="ok", regions=(region,))
    return page_markdown(document, with_running_text(alone))


def _box(page: Page, region: Region) -> dict[str, Any]:
    return {"label": _label(region), "coordinate": _edges(page, region)}


def _edges(page: Page, region: Region) -> list[int]:
    box = region.box
    xs = [min(max(round(edge), 0), page.width_px) for edge in (box.left, box.right)]
    ys = [min(max(round(edge), 0), page.height_px) for edge in (box.top, box.bottom)]
    return [xs[0], ys[0], xs[1], ys[1]]


def _picture_name(region: Region) -> str:
    box = region.box
    edges = "_".join(str(round(edge)) for edge in (box.left, box.top, box.right, box.bottom))
    return f"imgs/img_in_image_box_{edges}.jpg"


def _linked(region: Region, page: Page, name: str, wishes: PageWishes) -> str:
    if not wishes.is_pretty:
        return above_text(f"![]({name})", region)
    share = round(100 * region.box.width / max(page.width_px, 1))
    tag = f'<img src="{name}" alt="Image" width="{share}%" />'
    return above_text(f'<div style="text-align: center;">{tag}</div>', region)
