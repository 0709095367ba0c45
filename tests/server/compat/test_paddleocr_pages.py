"""Results as Docling's importer of PaddleOCR-VL's results reads them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shuowen.document.model import Box
from shuowen.server.compat.figures import Picture
from shuowen.server.compat.paddleocr_pages import PageWishes, page_result
from tests.server.compat.docling_parts import parse_paddleocr_vl_result
from tests.server.compat.made import FAILED_PAGE, FULL, FULL_PAGE, region

PICTURES = {"figure-700": Picture(jpeg=b"\xff\xd8\xff", width=80, height=10)}
NAME = "imgs/img_in_image_box_100_700_900_800.jpg"


def result(wishes: PageWishes | None = None) -> dict[str, Any]:
    written = page_result(FULL, FULL_PAGE, wishes or PageWishes(), PICTURES)
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(written))
    return value


def test_others_can_import_it() -> None:
    document = parse_paddleocr_vl_result(result()["prunedResult"], filename="a.pdf")
    labels = [(item.label.value, item.text) for item in document.texts]
    assert ("title", "Main title") in labels
    assert ("section_header", "A section") in labels
    assert ("page_header", "Running head") in labels
    assert ("formula", "a = b") in labels
    assert ("caption", "Figure 1") in labels
    assert ("reference", "[1] A book") in labels
    assert [cell.text for cell in document.tables[0].data.table_cells] == [
        "Head",
        "C",
        "1",
        "2",
        "",
    ]
    assert len(document.pictures) == 3  # a seal is a picture to PaddleOCR
    assert document.pages[1].size.as_tuple() == (1000.0, 2000.0)


def test_blocks_are_numbered_in_reading_order() -> None:
    blocks = result()["prunedResult"]["parsing_res_list"]
    assert [block["block_id"] for block in blocks] == list(range(15))
    assert [block["block_order"] for block in blocks] == [None, *range(1, 13), None, None]
    assert blocks[1]["block_bbox"] == [100, 200, 900, 300]
    boxes = result()["prunedResult"]["layout_det_res"]["boxes"]
    assert boxes[1] == {"label": "doc_title", "coordinate": [100, 200, 900, 300]}


def test_markdown_links_to_figures_and_leaves_running_text_out() -> None:
    markdown = result()["markdown"]
    assert markdown["images"] == {NAME: PICTURES["figure-700"].base64()}
    tag = f'<img src="{NAME}" alt="Image" width="80%" />'
    assert f'<div style="text-align: center;">{tag}</div>' in markdown["text"]
    assert "Words inside" in markdown["text"]
    assert markdown["text"].startswith("# Main title")
    assert "Running" not in markdown["text"]


def test_wishes() -> None:
    plain = result(PageWishes(is_pretty=False, with_pictures=False))["markdown"]
    assert f"![]({NAME})" in plain["text"] and plain["images"] is None
    chosen = result(PageWishes(ignored=("table", "seal", "unknown")))["markdown"]["text"]
    assert chosen.startswith("Running head") and "Head</th>" not in chosen and "Stamp" not in chosen
    formatted = result(PageWishes(is_formatted=True))["prunedResult"]
    assert formatted["model_settings"]["format_block_content"] is True
    assert formatted["parsing_res_list"][1]["block_content"] == "# Main title"
    document = parse_paddleocr_vl_result(formatted)
    assert document.texts[1].text == "Main title"


def test_boxes_end_at_the_edge_of_the_page() -> None:
    beyond = msgspec.structs.replace(region("text", 0, "wide"), box=Box(-9, -9, 9999, 9999))
    page = msgspec.structs.replace(FULL_PAGE, regions=(beyond,))
    pruned = page_result(FULL, page, PageWishes(), {})["prunedResult"]
    assert pruned["parsing_res_list"][0]["block_bbox"] == [0, 0, 1000, 2000]


def test_a_failed_page_says_so() -> None:
    failed = page_result(FULL, FAILED_PAGE, PageWishes(), {})
    assert failed["markdown"]["text"].startswith("> Page 2 could not be read")
    assert failed["prunedResult"]["error"] == {"code": "input", "message": "The page is broken."}
    assert failed["prunedResult"]["parsing_res_list"] == []


def test_a_table_without_cells_is_text() -> None:
    page = msgspec.structs.replace(FULL_PAGE, regions=(region("table", 0, "only lines"),))
    block = page_result(FULL, page, PageWishes(), {})["prunedResult"]["parsing_res_list"][0]
    assert (block["block_label"], block["block_content"]) == ("text", "only lines")


@pytest.mark.parametrize("kind", ["header", "footer", "page_number"])
def test_formatted_running_text_is_not_lost(kind: str) -> None:
    page = msgspec.structs.replace(FULL_PAGE, regions=(region(kind, 0, "Run"),))
    written = page_result(FULL, page, PageWishes(is_formatted=True), {})
    assert written["prunedResult"]["parsing_res_list"][0]["block_content"] == "Run"
