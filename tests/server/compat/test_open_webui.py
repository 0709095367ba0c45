"""Open WebUI's external loader: the requests that it makes, as its source makes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests import made_files
from tests.server.conftest import RunningServer

STORED = "0e8cd0a6-7d4b-4a9c-9d8e-1234567890ab_"


def put(server: RunningServer, data: bytes, name: str, kind: str, **headers: str) -> httpx.Response:
    """As `ExternalDocumentLoader.load` of Open WebUI 0.12.4 does."""
    sent = {
        "Content-Type": kind,
        "Authorization": "Bearer some-key",
        "X-Filename": quote(f"{STORED}{name}"),
        "X-OpenWebUI-User-Name": "Ann",
        "X-OpenWebUI-User-Id": "1",
        "X-OpenWebUI-User-Email": "ann@localhost",
        "X-OpenWebUI-User-Role": "admin",
        **headers,
    }
    return httpx.put(f"{server.url}/process", content=data, headers=sent)


def test_a_pdf_is_a_list_with_an_entry_for_each_page(server: RunningServer) -> None:
    data = made_files.pdf_with_text("First words", "", "Third words")
    answer = put(server, data, "年报 1.pdf", "application/pdf")
    assert answer.status_code == 200
    entries: list[dict[str, Any]] = answer.json()
    assert [entry["page_content"] for entry in entries] == ["First words", "Third words"]
    assert [entry["metadata"]["page"] for entry in entries] == [0, 2]
    assert entries[1]["metadata"] == {
        "source": "年报 1.pdf",
        "page": 2,
        "page_label": 3,
        "total_pages": 3,
        "media_type": "application/pdf",
        "processing_engine": entries[1]["metadata"]["processing_engine"],
    }


def test_a_picture_is_one_entry(server: RunningServer) -> None:
    answer = put(server, made_files.png("Hello there"), "a.png", "image/png")
    assert answer.json()["page_content"] == "Hello there"
    assert answer.json()["metadata"]["page"] == 0


@pytest.mark.parametrize(
    ("name", "kind", "data", "text"),
    [
        ("a.txt", "text/plain", "说文解字".encode("gb18030"), "说文解字"),
        ("a.txt", "text/plain; charset=big5", "說文".encode("big5"), "說文"),
        ("a.csv", "text/csv", b"a,b\n1,2", "a,b\n1,2"),
        ("a.json", "application/json", b'{"a": 1}', '{"a": 1}'),
        ("a.html", "text/html", b"<title>T</title><p>Hi", "T\n\nHi"),
        ("a.md", "application/octet-stream", b"# T", "# T"),
    ],
)
def test_text_is_passed_on(
    server: RunningServer, name: str, kind: str, data: bytes, text: str
) -> None:
    answer = put(server, data, name, kind)
    assert answer.json() == {"page_content": text, "metadata": {"source": name}}


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.docx", b"PK\x03\x04\0", "a.docx is a Word document, which is not read."),
        ("a.pdf", b"", "a.pdf is empty."),
        ("a.pdf", b"%PDF-1.4 broken", "a.pdf"),
        ("a.pdf", made_files.encrypted_pdf("x", "secret"), "password"),
        ("a.pdf", made_files.pdf_with_text(""), "a.pdf holds no text."),
        ("a.pdf", made_files.pdf_with_text(None), "a.pdf:"),
        ("a.bin", bytes(range(256)), "is not a picture or a PDF"),
    ],
)
def test_what_cannot_be_read_is_told(
    server: RunningServer, name: str, data: bytes, words: str
) -> None:
    answer = put(server, data, name, "application/octet-stream")
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "kind", ["", "text/plain; charset=no-such", "\xe9", "text/plain; charset="]
)
def test_odd_types_change_nothing(server: RunningServer, kind: str) -> None:
    answer = httpx.put(
        f"{server.url}/process", content=b"words", headers={b"Content-Type": kind.encode("latin-1")}
    )
    assert answer.json()["page_content"] == "words"


@pytest.mark.parametrize("name", ["%FF%FE", "..%2F..%2Fetc%2Fpasswd", "", "%00", "a" * 5000])
def test_odd_names_are_made_plain(server: RunningServer, name: str) -> None:
    answer = httpx.put(f"{server.url}/process", content=b"words", headers={"X-Filename": name})
    shown = answer.json()["metadata"]["source"]
    assert 0 < len(shown) <= 255 and "/" not in shown and "\0" not in shown


def test_a_failed_page_says_so_among_the_others(server: RunningServer) -> None:
    entries = put(server, made_files.pdf_with_text("Fine", None), "a.pdf", "application/pdf").json()
    assert entries[0]["page_content"] == "Fine"
    assert entries[1]["page_content"].startswith("> Page 2 could not be read")
