"""Mistral's OCR with Mistral's own client, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError

from tests import made_files
from tests.server.compat.made import base64, table_png
from tests.server.conftest import RunningServer, Serve

TWO_PAGES = made_files.pdf_with_text("Page one", "Second page")
MODEL = "mistral-ocr-latest"


def data_url(data: bytes, kind: str = "application/pdf") -> str:
    return f"data:{kind};base64,{base64(data)}"


@pytest.fixture
def client(server: RunningServer) -> Iterator[Mistral]:
    with Mistral(api_key="some-key", server_url=server.url) as made:
        yield made


def upload(client: Mistral, data: bytes = TWO_PAGES) -> str:
    file = {"file_name": "报告.pdf", "content": data}
    return client.files.upload(file=file, purpose="ocr").id  # type: ignore[arg-type]


def test_a_document_in_the_request(client: Mistral) -> None:
    document = {"type": "document_url", "document_url": data_url(TWO_PAGES)}
    answer = client.ocr.process(model=MODEL, document=document)  # type: ignore[arg-type]
    assert [(page.index, page.markdown) for page in answer.pages] == [
        (0, "Page one"),
        (1, "Second page"),
    ]
    assert answer.model == "shuowen-embedded"
    assert answer.usage_info.pages_processed == 2
    assert answer.usage_info.doc_size_bytes == len(TWO_PAGES)
    assert answer.pages[0].blocks  # the client asks for them unless told otherwise
    assert answer.pages[0].dimensions is not None and answer.pages[0].dimensions.dpi == 200


def test_a_picture_with_a_table(client: Mistral) -> None:
    answer = client.ocr.process(
        model=MODEL,
        document={"type": "image_url", "image_url": data_url(table_png(), "image/png")},
        table_format="html",
        confidence_scores_granularity="word",
        include_image_base64=True,
    )
    page = answer.pages[0]
    assert page.markdown == "[tbl-0.html](tbl-0.html)"
    assert page.tables and "Paris" in page.tables[0].content
    assert page.images == []


def test_the_life_of_an_uploaded_file(client: Mistral) -> None:
    file_id = upload(client)
    known = client.files.retrieve(file_id=file_id)
    assert (known.filename, known.size_bytes, known.purpose) == ("报告.pdf", len(TWO_PAGES), "ocr")
    assert client.files.download(file_id=file_id).read() == TWO_PAGES
    signed = client.files.get_signed_url(file_id=file_id, expiry=1).url
    for document in (
        {"type": "document_url", "document_url": signed},
        {"type": "file", "file_id": file_id},
    ):
        answer = client.ocr.process(model=MODEL, document=document, pages=[1])  # type: ignore[arg-type]
        assert [page.markdown for page in answer.pages] == ["Second page"]
    assert client.files.delete(file_id=file_id).deleted
    for call in (
        lambda: client.files.retrieve(file_id=file_id),
        lambda: client.files.get_signed_url(file_id=file_id),
        lambda: client.files.delete(file_id=file_id),
        lambda: client.ocr.process(
            model=MODEL, document={"type": "document_url", "document_url": signed}
        ),
    ):
        with pytest.raises(SDKError, match="There is no such file"):
            call()


def test_files_are_their_senders_alone(serve: Serve) -> None:
    server = serve(api_keys=("first", "second"))
    with (
        Mistral(api_key="first", server_url=server.url) as first,
        Mistral(api_key="second", server_url=server.url) as second,
        Mistral(api_key="third", server_url=server.url) as third,
    ):
        file_id = upload(first)
        signed = first.files.get_signed_url(file_id=file_id).url
        address: Any = {"type": "document_url", "document_url": signed}
        for client, status in ((second, 404), (third, 401)):
            for call in (
                lambda client=client: client.files.retrieve(file_id=file_id),
                lambda client=client: client.files.delete(file_id=file_id),
                lambda client=client: client.ocr.process(model=MODEL, document=address),
            ):
                with pytest.raises(SDKError) as caught:
                    call()
                assert caught.value.status_code == status
        assert httpx.get(signed).status_code == 401
        assert first.ocr.process(model=MODEL, document=address).pages[0].markdown == "Page one"


def test_what_open_webui_sends(server: RunningServer) -> None:
    """As `MistralLoader` of Open WebUI 0.12.4 does when it does not send base64."""
    base, headers = f"{server.url}/v1", {"Authorization": "Bearer some-key"}
    file_id = httpx.post(
        f"{base}/files",
        files={"file": ("a.pdf", TWO_PAGES, "application/pdf")},
        data={"purpose": "ocr"},
        headers=headers,
    ).json()["id"]
    url = httpx.get(f"{base}/files/{file_id}/url", params={"expiry": 1}, headers=headers).json()
    body = {
        "model": MODEL,
        "document": {"type": "document_url", "document_url": url["url"]},
        "include_image_base64": False,
    }
    pages = httpx.post(f"{base}/ocr", json=body, headers=headers, timeout=60).json()["pages"]
    assert [(page["index"], page["markdown"]) for page in pages] == [
        (0, "Page one"),
        (1, "Second page"),
    ]
    assert httpx.delete(f"{base}/files/{file_id}", headers=headers).json()["deleted"] is True


def test_a_failed_page_says_so(client: Mistral) -> None:
    document: Any = {"document_url": data_url(made_files.pdf_with_text("Fine", None))}
    pages = client.ocr.process(model=MODEL, document=document).pages
    assert pages[0].markdown == "Fine"
    assert pages[1].markdown.startswith("> Page 2 could not be read")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (data_url(b"nothing"), "is not a picture or a PDF"),
        (data_url(b""), "is empty"),
        (data_url(made_files.encrypted_pdf("x", "secret")), "password"),
        (data_url(made_files.pdf_with_text(None)), "Page 1 of document is broken"),
        ("http://127.0.0.1:1/a.pdf", "not an address of the public internet"),
        ("file:///etc/passwd", "not an http or https address"),
    ],
)
def test_what_cannot_be_read_is_a_validation_error(
    client: Mistral, address: str, words: str
) -> None:
    document: Any = {"type": "document_url", "document_url": address}
    with pytest.raises(HTTPValidationError) as caught:
        client.ocr.process(model=MODEL, document=document)
    assert caught.value.data.detail is not None
    assert words in caught.value.data.detail[0].msg


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", "body"),
        (b"\xff\xfe", "body"),
        (b"[1]", "body"),
        (b"[" * 100_000, "body"),
        (b'{"document": {"document_url": "\\ud800"}}', "body"),
        (b"{}", "document"),
        (b'{"document": {"document_url": "!"}}', "document"),
        (b'{"document": {"document_url": "x"}, "colour": 1}', "colour"),
        (b'{"document": {"document_url": "data:,x"}, "pages": "z"}', "pages"),
    ],
)
def test_requests_that_are_refused(server: RunningServer, body: bytes, param: str) -> None:
    answer = httpx.post(f"{server.url}/v1/ocr", content=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert answer.json()["message"] == answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"files": {"file": ("a", b"x")}, "data": {"purpose": "batch"}}, "purpose"),
        ({"files": [("file", ("a", b"x")), ("file", ("b", b"y"))]}, "file"),
        ({"files": {"file": (None, "x")}}, "file"),
        ({"files": {"file": ("a", b"x")}, "data": {"expiry": "0"}}, "expiry"),
        ({"content": b"x"}, "Content-Type"),
    ],
)
def test_uploads_that_are_refused(server: RunningServer, more: Any, param: str) -> None:
    answer = httpx.post(f"{server.url}/v1/files", **more)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_files_are_kept_no_longer_than_anything(serve: Serve) -> None:
    server = serve(retention_seconds=60)
    sent: dict[str, Any] = {"files": {"file": ("a", b"x")}, "data": {"expiry": "24"}}
    file = httpx.post(f"{server.url}/v1/files", **sent).json()
    assert file["expires_at"] - file["created_at"] == 60
    hours = httpx.get(f"{server.url}/v1/files/{file['id']}/url", params={"expiry": "no"})
    assert hours.json()["error"]["param"] == "expiry"
