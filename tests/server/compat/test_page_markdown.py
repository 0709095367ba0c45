"""A page's Markdown, with other Markdown where regions stood."""

from __future__ import annotations

import msgspec

from shuowen.server.compat.page_markdown import page_markdown
from shuowen.writers import markdown
from tests.server.compat.made import FAILED_PAGE, FULL, FULL_PAGE, document


def test_alone_it_is_what_the_writer_writes() -> None:
    alone = document(FULL_PAGE)
    assert page_markdown(FULL, FULL_PAGE) == markdown.write(alone).decode().rstrip("\n")
    assert "<!-- page" not in page_markdown(FULL, FULL_PAGE)


def test_regions_are_replaced_where_they_stood_and_unescaped() -> None:
    instead = {"figure-700": "![img](img_0.png)", "table-1000": "[tbl](tbl.html)"}
    text = page_markdown(FULL, FULL_PAGE, instead)
    assert "\n\n![img](img_0.png)\n\n" in text
    assert "[tbl](tbl.html)" in text and "Head" not in text.replace("Running head", "")
    assert text.index("two") < text.index("img_0") < text.index("Figure 1") < text.index("tbl")


def test_backslashes_in_what_is_put_in_stay() -> None:
    assert r"![\1](\g<0>)" in page_markdown(FULL, FULL_PAGE, {"figure-700": r"![\1](\g<0>)"})


def test_a_failed_page_says_so() -> None:
    text = page_markdown(FULL, FAILED_PAGE)
    assert text == "> Page 2 could not be read: The page is broken. Print it again."


def test_an_empty_page_is_empty() -> None:
    blank = msgspec.structs.replace(FULL_PAGE, regions=())
    assert page_markdown(FULL, blank) == ""
