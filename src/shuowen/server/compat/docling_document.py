"""A document that was read as a DoclingDocument, the JSON of the docling-core package.

The schema is docling-core's, from version 1.1.0 on, the first with content layers; newer releases
of docling-core read it. As in Docling's own results a PDF is measured in points (1/72 inch) and a
picture in pixels; boxes of items count from the bottom left corner, boxes of table cells from the
top left one, and each says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from shuowen.document.model import Box, Document, Page, Region
from shuowen.server.compat.docling_table import table_data
from shuowen.server.compat.figures import Picture
from shuowen.server.compat.measures import Measure
from shuowen.writers.lists import parse_list
from shuowen.writers.plain import clean, error_sentence
from shuowen.writers.tables import shown_table

VERSION = "1.1.0"

_BODY, _FURNITURE = "#/body", "#/furniture"
_LABELS = {
    "text": "text",
    "caption": "caption",
    "formula": "formula",
    "header": "page_header",
    "footer": "page_footer",
    "page_number": "page_footer",
    "footnote": "footnote",
    "reference": "reference",
    "seal": "text",
    "table": "text",  # a table whose cells were not found
}
_FURNITURE_LABELS = frozenset(("page_header", "page_footer"))


def docling_document(document: Document, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """The document as JSON values; `pictures` are put into the figures, by region id."""
    return _Writing(pictures).document(document)


class _Writing:
    """One document on its way; every item is kept in a list of its kind and named by its place."""

    def __init__(self, pictures: Mapping[str, Picture]) -> None:
        self._pictures = pictures
        self._items: dict[str, list[dict[str, Any]]] = {
            "groups": [],
            "texts": [],
            "pictures": [],
            "tables": [],
        }
        self._body = _root(_BODY, "body")
        self._measure = Measure()
        self._page_number = 0

    def document(self, document: Document) -> dict[str, Any]:
        """The whole, page after page."""
        for page in document.pages:
            self._page(page)
        return {
            "schema_name": "DoclingDocument",
            "version": VERSION,
            "name": PurePath(document.source.name).stem or "document",
            "origin": {
                "mimetype": document.source.media_type,
                "binary_hash": int(document.source.sha256[:16] or "0", 16),
                "filename": document.source.name,
            },
            "furniture": _root(_FURNITURE, "furniture"),
            "body": self._body,
            **self._items,
            "key_value_items": [],
            "form_items": [],
            "pages": {str(page.page_number): _size(page) for page in document.pages},
        }

    def _page(self, page: Page) -> None:
        self._measure = Measure.of(page)
        self._page_number = page.page_number
        if error := error_sentence(page):
            self._text("text", error, Box(0, 0, page.width_px, page.height_px), self._body)
        for region in page.regions:
            self._region(region)

    def _region(self, region: Region) -> None:
        table = shown_table(region)
        if table is not None:
            data = table_data(table, self._measure)
            self._add("tables", region.box, self._body, label="table", data=data, **_FLOATING)
        elif region.kind == "title":
            self._title(region)
        elif region.kind == "list":
            self._list(region)
        elif region.kind == "figure":
            self._figure(region)
        else:
            self._text(_LABELS[region.kind], region.text, region.box, self._body)

    def _title(self, region: Region) -> None:
        # Markdown made of it has as many # as ours: one for a title, one more than `level` for a
        # section header.
        level = region.level or 2
        if level == 1:
            self._text("title", region.text, region.box, self._body)
        else:
            self._text("section_header", region.text, region.box, self._body, level=level - 1)

    def _list(self, region: Region) -> None:
        parsed = parse_list(region.text)
        group = self._put("groups", self._body, label="list", name="list", content_layer="body")
        for index, item in enumerate(parsed.items):
            marker = "-" if parsed.start is None else f"{parsed.start + index}."
            is_counted = parsed.start is not None
            self._text("list_item", item, region.box, group, enumerated=is_counted, marker=marker)

    def _figure(self, region: Region) -> None:
        picture = self._pictures.get(region.id)
        image = {} if picture is None else {"image": _image(picture, self._measure)}
        own = self._add("pictures", region.box, self._body, label="picture", **_FLOATING, **image)
        if region.text.strip():
            self._text("text", region.text, region.box, own)

    def _text(self, label: str, text: str, box: Box, parent: dict[str, Any], **more: Any) -> None:
        plain = clean(text).strip()
        layer = "furniture" if label in _FURNITURE_LABELS else "body"
        own = self._add("texts", box, parent, label=label, orig=plain, text=plain, **more)
        own["content_layer"] = layer
        own["prov"][0]["charspan"] = [0, len(plain)]

    def _add(self, kind: str, box: Box, parent: dict[str, Any], **more: Any) -> dict[str, Any]:
        prov = {
            "page_no": self._page_number,
            "bbox": self._measure.from_bottom(box),
            "charspan": [0, 0],
        }
        return self._put(kind, parent, content_layer="body", prov=[prov], **more)

    def _put(self, kind: str, parent: dict[str, Any], **more: Any) -> dict[str, Any]:
        reference = f"#/{kind}/{len(self._items[kind])}"
        item = {
            "self_ref": reference,
            "parent": {"$ref": parent["self_ref"]},
            "children": [],
            **more,
        }
        self._items[kind].append(item)
        parent["children"].append({"$ref": reference})
        return item


_FLOATING: Mapping[str, tuple[Any, ...]] = {
    "captions": (),
    "references": (),
    "footnotes": (),
    "annotations": (),
}


def _root(reference: str, layer: str) -> dict[str, Any]:
    return {
        "self_ref": reference,
        "children": [],
        "content_layer": layer,
        "name": "_root_",
        "label": "unspecified",
    }


def _size(page: Page) -> dict[str, Any]:
    measure = Measure.of(page)
    size = {"width": measure.length(page.width_px), "height": measure.length(page.height_px)}
    return {"size": size, "page_no": page.page_number}


def _image(picture: Picture, measure: Measure) -> dict[str, Any]:
    return {
        "mimetype": "image/jpeg",
        "dpi": round(72 / measure.scale),
        "size": {"width": picture.width, "height": picture.height},
        "uri": picture.data_url(),
    }
