"""What web pages show."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.compat.html_text import html_text

PAGE = """<!DOCTYPE html><html><head><title>The title</title><style>p { color: red }</style>
<script>alert("no")</script></head><body><h1>A &amp; B</h1><p>one
two<br>three</p><!-- not this --><noscript>nor this</noscript>
<table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table></body></html>"""


def test_a_page() -> None:
    assert html_text(PAGE) == "The title\n\nA & B\n\none two\nthree\n\nx\ty\n1\t2"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("just words", "just words"),
        ("<p>never closed", "never closed"),
        ("<head><body>shown", "shown"),
        ("a<script>b", "a"),
        ("</script>a", "a"),
        ("<script>x</script>a", "a"),
        ("", ""),
    ],
)
def test_broken_pages(page: str, text: str) -> None:
    assert html_text(page) == text


@given(st.text(alphabet="<>/!-&;ab \n\"'=", max_size=80))
def test_nothing_breaks_it(page: str) -> None:
    assert isinstance(html_text(page), str)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p title='a>b'>c", "c"),
        ("<p title=it's>c's", "c's"),
        ("a<div/>b<svg/>c<script src=x />d", "a\n\nbcd"),
        ("a<!-- > -->b<!doctype html>c<?xml x?>d", "abcd"),
        ("<textarea><b>x</b></textarea>y", "<b>x</b>y"),
        ("<svg>a<style>b</svg>c</style>d</svg>e", "e"),
        (
            "a < b &lt; c &#x4e2d; &#" + "9" * 5000 + ";",
            "a < b < c 中 " + "9" * 5000 + ";",
        ),
        ("a\u2003<p>\u3000\u3000b<br>\u3000c", "a\n\nb\nc"),
    ],
)
def test_odd_pages(page: str, text: str) -> None:
    assert html_text(page) == text


@pytest.mark.parametrize(
    "piece", ["<a ", "<!--", "<![CDATA[", "<svg>", "</a", "<?", "&#", "<a a='", "\u2003", "<script"]
)
def test_no_page_takes_long(piece: str) -> None:
    started = time.process_time()
    html_text("<html>" + piece * 200_000 + "</style>" * 200_000)
    assert time.process_time() - started < 5  # minutes with a parser that looks back
