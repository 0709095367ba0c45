"""What we write is a DoclingDocument to docling-core itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.labels import DocItemLabel

from shuowen.document.model import Box
from shuowen.server.compat.docling_document import VERSION, docling_document
from shuowen.server.compat.figures import Picture
from tests.server.compat.made import FULL, FULL_PAGE, document, region

PICTURES = {"figure-700": Picture(jpeg=b"\xff\xd8\xff", width=80, height=10)}


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    value: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(docling_document(FULL, PICTURES))
    )
    return value


@pytest.fixture(scope="module")
def parsed(written: dict[str, Any]) -> DoclingDocument:
    return DoclingDocument.model_validate(written)


def test_it_says_where_it_came_from(written: dict[str, Any], parsed: DoclingDocument) -> None:
    assert written["version"] == VERSION
    assert parsed.name == "report"
    assert parsed.origin is not None
    assert parsed.origin.filename == "report.pdf"
    assert parsed.origin.binary_hash == int("ab" * 8, 16)


def test_every_region_has_its_label(parsed: DoclingDocument) -> None:
    found = {item.text: (item.label, item.content_layer.value) for item in parsed.texts}
    assert found == {
        "Running head": (DocItemLabel.PAGE_HEADER, "furniture"),
        "Main title": (DocItemLabel.TITLE, "body"),
        "A section": (DocItemLabel.SECTION_HEADER, "body"),
        "Some *plain* text": (DocItemLabel.TEXT, "body"),
        "one": (DocItemLabel.LIST_ITEM, "body"),
        "two": (DocItemLabel.LIST_ITEM, "body"),
        "Words inside": (DocItemLabel.TEXT, "body"),
        "Figure 1": (DocItemLabel.CAPTION, "body"),
        "a = b": (DocItemLabel.FORMULA, "body"),
        "A note": (DocItemLabel.FOOTNOTE, "body"),
        "[1] A book": (DocItemLabel.REFERENCE, "body"),
        "Stamp": (DocItemLabel.TEXT, "body"),
        "Running foot": (DocItemLabel.PAGE_FOOTER, "furniture"),
        "7": (DocItemLabel.PAGE_FOOTER, "furniture"),
        "Page 2 could not be read: The page is broken. Print it again.": (
            DocItemLabel.TEXT,
            "body",
        ),
    }


def test_the_tree_is_in_reading_order(parsed: DoclingDocument) -> None:
    order = [item.self_ref for item, _ in parsed.iterate_items(with_groups=True)]
    assert order.index("#/groups/0") < order.index("#/pictures/0") < order.index("#/tables/0")
    second = parsed.pictures[1]
    assert [child.resolve(parsed).text for child in second.children] == ["Words inside"]


def test_boxes_are_points_from_the_bottom(parsed: DoclingDocument) -> None:
    assert parsed.pages[1].size.as_tuple() == (500.0, 1000.0)  # 144 dpi: a pixel is half a point
    title = next(item for item in parsed.texts if item.text == "Main title")
    box = title.prov[0].bbox
    assert (box.l, box.t, box.r, box.b) == (50.0, 900.0, 450.0, 850.0)
    assert box.coord_origin.value == "BOTTOMLEFT"
    assert title.prov[0].charspan == (0, len("Main title"))
    assert box.to_top_left_origin(1000).t == 100.0


def test_boxes_end_at_the_edge_of_the_page() -> None:
    beyond = msgspec.structs.replace(region("text", 0, "wide"), box=Box(-9, -9, 9999, 9999))
    page = msgspec.structs.replace(FULL_PAGE, regions=(beyond,))
    parsed = DoclingDocument.model_validate(docling_document(document(page), {}))
    assert parsed.texts[0].prov[0].bbox.as_tuple() == (0.0, 0.0, 500.0, 1000.0)


def test_pictures_without_a_resolution_stay_in_pixels() -> None:
    page = msgspec.structs.replace(FULL_PAGE, dpi=None)
    parsed = DoclingDocument.model_validate(docling_document(document(page), {}))
    assert parsed.pages[1].size.as_tuple() == (1000.0, 2000.0)


def test_tables_have_cells_and_a_whole_grid(
    written: dict[str, Any], parsed: DoclingDocument
) -> None:
    data = parsed.tables[0].data
    assert (data.num_rows, data.num_cols) == (2, 3)
    assert [[cell.text for cell in row] for row in data.grid] == [
        ["Head", "Head", "C"],
        ["1", "2", ""],
    ]
    assert [[cell["text"] for cell in row] for row in written["tables"][0]["data"]["grid"]] == [
        ["Head", "Head", "C"],
        ["1", "2", ""],
    ]
    assert data.table_cells[0].column_header and not data.table_cells[2].column_header
    box = data.table_cells[1].bbox
    assert box is not None
    assert (box.t, box.coord_origin.value) == (500.0, "TOPLEFT")


def test_figures_hold_their_pictures(parsed: DoclingDocument) -> None:
    image = parsed.pictures[0].image
    assert image is not None
    assert str(image.uri) == PICTURES["figure-700"].data_url()
    assert (image.dpi, image.size.width) == (144, 80)
    assert parsed.pictures[1].image is None


def test_docling_makes_markdown_of_it(parsed: DoclingDocument) -> None:
    text = parsed.export_to_markdown()
    assert text.startswith("# Main title\n\n## A section")
    assert "1. one\n2. two" in text
    assert "Running head" not in text


def test_a_table_without_cells_keeps_its_text() -> None:
    lines = (region("table", 0, "only lines"),)
    page = msgspec.structs.replace(FULL_PAGE, regions=lines)
    parsed = DoclingDocument.model_validate(docling_document(document(page), {}))
    assert not parsed.tables and parsed.texts[0].text == "only lines"


def test_a_document_without_pages() -> None:
    assert not DoclingDocument.model_validate(docling_document(document(), {})).texts
