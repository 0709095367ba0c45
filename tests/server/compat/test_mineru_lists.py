"""MinerU's content list: an entry for every region, boxes in thousandths of the page."""

from __future__ import annotations

from shuowen.server.compat.mineru_lists import content_list
from tests.server.compat.made import FULL


def test_every_region_is_an_entry() -> None:
    entries = content_list(FULL, {"figure-700": "images/a.jpg"})
    assert [entry["type"] for entry in entries] == [
        *("header", "text", "text", "text", "text", "image", "image", "text", "table"),
        *("text", "page_footnote", "text", "text", "footer", "page_number"),
    ]
    assert [entry.get("text_level") for entry in entries][:4] == [None, 1, 2, None]
    assert {entry["page_idx"] for entry in entries} == {0}


def test_boxes_are_thousandths() -> None:
    assert content_list(FULL, {})[1]["bbox"] == [100, 100, 900, 150]


def test_tables_and_figures() -> None:
    entries = content_list(FULL, {"figure-700": "images/a.jpg"})
    table = next(entry for entry in entries if entry["type"] == "table")
    assert table["table_body"].startswith('<table>\n<tr><th colspan="2">Head</th>')
    first, second = [entry for entry in entries if entry["type"] == "image"]
    assert (first["img_path"], second["img_path"]) == ("images/a.jpg", "")
    assert "content" not in first and second["content"] == "Words inside"
