"""Names of documents and files that strangers choose, made harmless."""

from __future__ import annotations

from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.documents.deliveries import disposition
from shuowen.server.documents.uploads import shown_name


@pytest.mark.parametrize(
    "name, shown",
    [
        ("scan.pdf", "scan.pdf"),
        ("C:\\scans\\one two.pdf", "one two.pdf"),
        ("../../etc/passwd", "passwd"),
        ("scans/", "scans"),
        ("http://a.org/b/c.pdf?…", "http://a.org/b/c.pdf?…"),
        ("扫描 1.pdf", "扫描 1.pdf"),
        ("a\0b\r\nc\u202e\ud800.pdf", "a b c .pdf"),
        ("", "document"),
        (" \t/", "document"),
        ("x" * 5000, "x" * 200),
    ],
)
def test_a_document_is_shown_by_a_short_plain_name(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.parametrize(
    "name, plain, full",
    [
        ("scan.pdf", "scan.md", "scan.md"),
        ("http://a.org/b/c%20d.pdf?…", "c d.md", "c d.md"),
        ("扫描.pdf", "__.md", "扫描.md"),
        ('a"b\\c%.pdf', "a_b_c_.md", "a_b_c%.md"),
        ("..", "document.md", "document.md"),
        ("con.pdf", "_con.md", "_con.md"),
        ("report.v2", "report.v2.md", "report.v2.md"),
    ],
)
def test_a_file_is_named_after_its_document(name: str, plain: str, full: str) -> None:
    assert names_in(disposition(name, ".md")) == (plain, full)


@given(st.text(max_size=40))
def test_no_name_breaks_out_of_the_header(name: str) -> None:
    header = disposition(shown_name(name), ".md")
    assert header.isascii() and header.isprintable()
    plain, full = names_in(header)
    for each in (plain, full):
        assert each.endswith(".md") and len(each) > 3
        assert not set('/\\"') & set(each) and not each.startswith(".")


def names_in(header: str) -> tuple[str, str]:
    """The two file names, as a client reads them."""
    first, second = (Message() for _ in range(2))
    kind, rest = header.split("; ", 1)
    plain, full = rest.rsplit("; ", 1)
    first["Content-Disposition"] = f"{kind}; {plain}"
    second["Content-Disposition"] = f"{kind}; {full}"
    return str(first.get_filename()), str(second.get_filename())
