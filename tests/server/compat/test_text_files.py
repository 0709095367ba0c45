"""Files of all kinds: text is passed on, pictures are read, the rest is refused by name."""

from __future__ import annotations

import pytest

from shuowen.errors import InputError
from shuowen.server.compat.text_files import is_page_file, text_of
from shuowen.source.model import Source
from tests import made_files


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (made_files.png("x"), True),
        (made_files.pdf_with_text("x"), True),
        (b"words", False),
        (b"", False),
        (b"PK\x03\x04", False),
    ],
)
def test_what_has_to_be_read(data: bytes, answer: bool) -> None:
    assert is_page_file(Source(name="a", data=data)) is answer


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", "说文".encode("gb18030") * 9, "说文" * 9),
        ("a.md", b"# Title\n\n*x*", "# Title\n\n*x*"),
        ("a.csv", b"a;b\n1;2\n", "a;b\n1;2\n"),
        ("a.json", b'{"a": [1]}', '{"a": [1]}'),
        ("a.py", b"print('x')\f\n", "print('x')\f\n"),
        ("a.xml", b"<?xml version='1.0'?><a>b</a>", "<?xml version='1.0'?><a>b</a>"),
        ("a.html", b"<p>one<p>two", "one\n\ntwo"),
        ("a", b"<!doctype html><p>one", "one"),
        ("a.html", b'<meta charset="koi8-r">\xf6', "Ж"),
    ],
)
def test_text_is_passed_on(name: str, data: bytes, text: str) -> None:
    assert text_of(data, name) == text


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b" \n ", "holds no text"),
        ("a.html", b"<script>x</script>", "holds no text"),
        ("report.docx", b"PK\x03\x04\0\0", "is a Word document"),
        ("report.xls", b"\xd0\xcf\x11\xe0\0", "is an Excel workbook"),
        ("slides.PPTX", b"PK\x03\x04\0\0", "is a PowerPoint presentation"),
        ("book.epub", b"PK\x03\x04\0\0", "is an e-book"),
        ("unnamed", b"PK\x03\x04\0\0", "is a ZIP archive or an Office document"),
        ("a.rtf", b"{\\rtf1 words}", "is an RTF document"),
        ("a.ps", b"%!PS-Adobe\nshowpage", "is PostScript"),
        ("a.bin", bytes(range(256)), "is not a picture or a PDF"),
    ],
)
def test_the_rest_is_refused_by_name(name: str, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        text_of(data, name)
    assert name in str(caught.value)
