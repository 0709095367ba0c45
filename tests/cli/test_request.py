from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shuowen.cli.console import printable
from shuowen.cli.request import _as_comment

PARSER = MarkdownIt("commonmark")


@given(st.text(alphabet="->!<a &") | st.text())
@example("a---><script>alert(1)</script>")
@example("--!><b>")
@example("-")
def test_no_name_ends_the_comment_it_stands_in(name: str) -> None:
    comment = _as_comment(printable(name))
    inside = comment.removeprefix("<!--").removesuffix("-->")
    assert not re.search("--|>", inside)
    assert [token.type for token in PARSER.parse(f"{comment}\n\ntext")] == [
        "html_block",
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


@pytest.mark.parametrize(
    ("name", "shown"), [("a-b.png", "a-b.png"), ("a---b", "a- - -b"), ("a->b", "a-&gt;b")]
)
def test_names_stay_readable(name: str, shown: str) -> None:
    assert _as_comment(name) == f"<!-- source: {shown} -->"
