"""docling-serve's API with Docling's own client, and the requests of Open WebUI's loader."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shuowen.server.compat import docling_tasks
from tests import made_files
from tests.server.compat.docling_parts import (
    ConversionStatus,
    ConvertDocumentsOptions,
    DoclingServiceClient,
    DocumentStream,
    ServiceError,
    StatusWatcherKind,
    TaskNotFoundError,
    ZipTarget,
)
from tests.server.compat.made import base64, table_png
from tests.server.conftest import RunningServer, Serve

ONE_PAGE = made_files.pdf_with_text("Page one")
TWO_PAGES = made_files.pdf_with_text("Page one", "Second page")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def stream(data: bytes, name: str = "a.pdf") -> DocumentStream:
    return DocumentStream(name=name, stream=io.BytesIO(data))


@pytest.fixture
def client(server: RunningServer) -> Iterator[DoclingServiceClient]:
    options = {"status_watcher": StatusWatcherKind.POLLING, "poll_server_wait": 5.0}
    with DoclingServiceClient(server.url, **options) as made:
        yield made


def post(server: RunningServer, path: str = "/v1/convert/file", **more: Any) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", timeout=60, **more)


def files(*data: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{n}.pdf", each)) for n, each in enumerate(data)]


def test_the_client_converts_as_it_comes(server: RunningServer) -> None:
    """With its defaults: a presigned target first, a web socket for the status."""
    with DoclingServiceClient(server.url) as client:
        assert client.health().status == "ok"
        assert "shuowen" in client.version()
        result = client.convert(stream(TWO_PAGES))
    assert result.status is ConversionStatus.SUCCESS
    assert result.document.export_to_markdown() == "Page one\n\nSecond page"


def test_a_picture_with_a_table(client: DoclingServiceClient) -> None:
    result = client.convert(stream(table_png(), "a.png"))
    grid = result.document.tables[0].data.grid
    assert [[cell.text for cell in row] for row in grid] == [["Name", "Town"], ["Anna", "Paris"]]
    assert result.document.pages[1].size.as_tuple() == (700.0, 240.0)


def test_options_have_their_effect(client: DoclingServiceClient) -> None:
    options = ConvertDocumentsOptions(page_range=(2, 2), do_ocr=True)
    result = client.submit(stream(TWO_PAGES), options=options).result()
    assert result.document.export_to_markdown() == "Second page"
    archive = client.submit(stream(ONE_PAGE), target=ZipTarget()).result()
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert opened.read("a.md") == b"Page one"


def test_many_at_once(client: DoclingServiceClient) -> None:
    sources = [stream(made_files.pdf_with_text(f"Text {n}"), f"{n}.pdf") for n in range(2)]
    results = list(client.convert_all(sources))
    assert sorted(result.document.export_to_markdown() for result in results) == [
        f"Text {n}" for n in range(2)
    ]


def test_what_cannot_be_read_is_a_failure_with_a_reason(client: DoclingServiceClient) -> None:
    result = client.convert(stream(b"nothing"), raises_on_error=False)
    assert result.status is ConversionStatus.FAILURE
    assert "is not a picture or a PDF" in result.errors[0].error_message


def test_a_page_that_cannot_be_read_is_a_partial_success(client: DoclingServiceClient) -> None:
    result = client.convert(stream(made_files.pdf_with_text("Fine", None)))
    assert result.status is ConversionStatus.PARTIAL_SUCCESS
    assert [error.page_no for error in result.errors] == [2]


def test_what_the_server_refuses_is_told_in_its_words(client: DoclingServiceClient) -> None:
    options = ConvertDocumentsOptions(do_picture_description=True)
    with pytest.raises(ServiceError, match="do_picture_description is not supported"):
        client.convert(stream(TWO_PAGES), options=options)


def test_a_url_is_guarded(client: DoclingServiceClient) -> None:
    result = client.convert("http://127.0.0.1:1/a.pdf", raises_on_error=False)
    assert result.status is ConversionStatus.FAILURE
    assert "not an address of the public internet" in result.errors[0].error_message


def test_what_open_webui_sends(server: RunningServer) -> None:
    """As `DoclingLoader.load` of Open WebUI 0.12.4 does."""
    answer = post(
        server,
        files={"files": ("a.pdf", TWO_PAGES, "application/pdf")},
        data={
            "image_export_mode": "placeholder",
            "md_page_break_placeholder": "\f",
            "to_formats": ["md", "json"],
            "do_ocr": "True",
        },
        headers={"X-Api-Key": "some-key"},
    ).json()
    assert answer["status"] == "success"
    pages = answer["document"]["md_content"].split("\f")
    assert [page.strip() for page in pages] == ["Page one", "Second page"]
    texts = answer["document"]["json_content"]["texts"]
    assert [item["prov"][0]["page_no"] for item in texts] == [1, 2]


@pytest.mark.parametrize(("version", "status"), [("1.1.0", 200), ("1.0.0", 400), ("x", 400)])
def test_clients_that_are_too_old_are_told(
    server: RunningServer, version: str, status: int
) -> None:
    headers = {"Accept-Docling-Document-Version": version}
    source = {"kind": "file", "base64_string": "", "filename": "a.pdf"}
    body = {"sources": [source]}
    answer = post(server, "/v1/convert/source", json=body, headers=headers)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["param"] == "Accept-Docling-Document-Version"


def test_sources_in_json(server: RunningServer) -> None:
    source = {"kind": "file", "base64_string": base64(TWO_PAGES), "filename": "a.pdf"}
    body = {"sources": [source], "options": {"to_formats": ["text"]}}
    answer = post(server, "/v1/convert/source", json=body).json()
    assert answer["document"]["text_content"] == "Page one\n\fSecond page\n"
    source["base64_string"] = base64(ONE_PAGE)
    both = post(server, "/v1/convert/source", json={"sources": [source, source]})
    assert both.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(both.content)).namelist() == ["a.md", "a-2.md"]


@pytest.mark.parametrize(
    ("data", "key", "value"),
    [
        ({"do_ocr": "false", "to_formats": "text"}, "text_content", "Page one\n"),
        ({"force_ocr": "true", "page_range": ["1", "1"]}, "md_content", "Page one"),
        ({"from_formats": ["docx"]}, "md_content", None),
        ({"image_export_mode": "embedded", "document_timeout": "100"}, "md_content", "Page one"),
    ],
)
def test_form_options(server: RunningServer, data: Any, key: str, value: str | None) -> None:
    answer = post(server, files=files(ONE_PAGE), data=data).json()
    assert answer["document"][key] == value
    assert answer["status"] == ("skipped" if value is None else "success")


def test_when_time_is_up_the_pages_read_so_far_are_given(server: RunningServer) -> None:
    many = made_files.scanned_pdf(*[f"Page {n}" for n in range(4)])
    answer = post(server, files=files(many), data={"document_timeout": "0.001"}).json()
    assert answer["status"] == "partial_success"
    assert answer["errors"][0]["error_message"] == "Time was up after 1 of 4 pages."
    assert answer["document"]["md_content"] == "Page 0"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"data": {"to_formats": "md"}}, "Content-Type"),
        ({"files": [("other", ("a", b"x"))]}, "other"),
        ({"files": [("files", (None, "text"))]}, "files"),
        ({"files": [("to_formats", (None, "md"))]}, "files"),
        ({"files": files(b"x"), "data": {"colour": "red"}}, "colour"),
        ({"files": files(b"x"), "data": {"target_type": "presigned_url"}}, "target_type"),
        ({"files": files(*[b"x"] * 65)}, "body"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, "body"),
        (
            {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            "files",
        ),
    ],
)
def test_forms_that_are_refused(server: RunningServer, more: Any, param: str) -> None:
    for path in ("/v1/convert/file", "/v1/convert/file/async"):
        answer = post(server, path, **more)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
        assert answer.json()["detail"] == answer.json()["error"]["message"]


@pytest.mark.parametrize("wait", ["", "0", "0.2"])
def test_a_task_that_there_is_not(server: RunningServer, wait: str) -> None:
    for path in ("status/poll", "result"):
        answer = httpx.get(f"{server.url}/v1/{path}/x", params={"wait": wait} if wait else {})
        assert (answer.status_code, answer.json()["detail"]) == (404, "Task not found.")


def test_a_tasks_life(server: RunningServer) -> None:
    begun = post(server, "/v1/convert/file/async", files=files(ONE_PAGE)).json()
    assert begun["task_status"] in ("pending", "started") and begun["task_type"] == "convert"
    status = f"{server.url}/v1/status/poll/{begun['task_id']}"
    assert httpx.get(status, params={"wait": "nan"}).status_code == 400
    ended = httpx.get(status, params={"wait": 30}, timeout=60).json()
    assert (ended["task_status"], ended["error_message"]) == ("success", None)
    assert ended["task_meta"] == {"num_docs": 1, "num_processed": 1}
    result = f"{server.url}/v1/result/{begun['task_id']}"
    for _ in range(2):
        content = httpx.get(result).json()["document"]["md_content"]
        assert content == "Page one"


def test_a_result_can_be_erased_once_it_was_fetched(serve: Serve) -> None:
    server = serve(erase_after_read=True)
    begun = post(server, "/v1/convert/file/async", files=files(ONE_PAGE)).json()
    httpx.get(f"{server.url}/v1/status/poll/{begun['task_id']}", params={"wait": 30}, timeout=60)
    result = f"{server.url}/v1/result/{begun['task_id']}"
    assert [httpx.get(result).status_code for _ in range(2)] == [200, 404]


def test_a_result_that_is_not_there_yet(server: RunningServer) -> None:
    slow = made_files.scanned_pdf(*["Some words"] * 3)
    begun = post(server, "/v1/convert/file/async", files=files(slow)).json()
    answer = httpx.get(f"{server.url}/v1/result/{begun['task_id']}")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Task result not found")


def test_a_callers_tasks_are_its_own_and_limited(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docling_tasks, "MAX_WAITING", 1)
    server = serve(api_keys=("first", "second"))
    options = {"status_watcher": StatusWatcherKind.POLLING, "http_retries": 0}
    with (
        DoclingServiceClient(server.url, api_key="first", **options) as first,
        DoclingServiceClient(server.url, api_key="second", **options) as second,
        DoclingServiceClient(server.url, api_key="third", **options) as third,
    ):
        job = first.submit(stream(ONE_PAGE), target=ZipTarget())
        with pytest.raises(ServiceError, match="429"):
            first.submit(stream(ONE_PAGE), target=ZipTarget())
        with pytest.raises(TaskNotFoundError):
            second._poll_task_status(job.task_id, 0)
        with pytest.raises(ServiceError, match="401"):
            third.submit(stream(ONE_PAGE))
        assert job.result().content
        assert second.convert(stream(ONE_PAGE)).status is ConversionStatus.SUCCESS


def test_reading_stops_when_the_client_leaves(serve: Serve) -> None:
    server = serve(jobs=1)
    many = made_files.scanned_pdf(*[f"Page {n}" for n in range(60)])
    desk = server.parts.desk

    def ask() -> None:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/v1/convert/file", files=files(many), timeout=0.6)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 10
    while not desk._readings and time.monotonic() < deadline:
        time.sleep(0.01)
    asking.join()
    while desk._readings and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not desk._readings
