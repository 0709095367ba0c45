"""MinerU's middle JSON: pages, blocks, lines, spans."""

from __future__ import annotations

from shuowen.server.compat.mineru_middle import middle_json
from tests.server.compat.made import FULL

FIRST, SECOND = middle_json(FULL, {"figure-700": "a.jpg"})["pdf_info"]


def test_pages_are_in_points() -> None:
    assert (FIRST["page_idx"], FIRST["page_size"]) == (0, [500.0, 1000.0])
    title = FIRST["para_blocks"][0]
    assert (title["type"], title["level"], title["bbox"]) == (
        "title",
        1,
        [50.0, 100.0, 450.0, 150.0],
    )
    span = title["lines"][0]["spans"][0]
    assert (span["content"], span["score"], span["type"]) == ("Main title", 0.9, "text")


def test_running_text_is_discarded_and_the_rest_is_not() -> None:
    assert [block["type"] for block in FIRST["discarded_blocks"]] == [
        "header",
        "footer",
        "page_number",
    ]
    assert [block["type"] for block in FIRST["para_blocks"]] == [
        *("title", "title", "text", "list", "image", "image", "text", "table"),
        *("interline_equation", "page_footnote", "text", "text"),
    ]


def test_tables_and_figures_have_bodies() -> None:
    table = next(block for block in FIRST["para_blocks"] if block["type"] == "table")
    body = table["blocks"][0]
    assert body["type"] == "table_body"
    assert body["lines"][0]["spans"][0]["html"].startswith("<table>")
    figures = [block for block in FIRST["para_blocks"] if block["type"] == "image"]
    spans = [figure["blocks"][0]["lines"][0]["spans"][0] for figure in figures]
    assert [(span["image_path"], span["content"]) for span in spans] == [
        ("a.jpg", ""),
        ("", "Words inside"),
    ]


def test_a_failed_page_says_so() -> None:
    assert SECOND["error"] == "The page is broken."
    assert SECOND["para_blocks"] == []
