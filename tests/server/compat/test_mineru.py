"""MinerU's local API: the requests of Open WebUI's loader, several files, archives."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tests import made_files
from tests.server.compat.made import table_png
from tests.server.conftest import RunningServer

TWO_PAGES = made_files.pdf_with_text("Page one", "Second page")


def post(server: RunningServer, *files: tuple[str, bytes], **data: str) -> httpx.Response:
    sent = [("files", (name, content, "application/octet-stream")) for name, content in files]
    return httpx.post(f"{server.url}/file_parse", files=sent, data=data, timeout=60)


def test_what_open_webui_sends(server: RunningServer) -> None:
    """As `MinerULoader` of Open WebUI 0.12.4 does in local mode."""
    assert not httpx.get(f"{server.url}/v1/health").is_success  # else it speaks MinerU 4
    answer = post(server, ("年报.pdf", TWO_PAGES), return_md="true", enable_ocr="True").json()
    assert answer["results"] == {"年报": {"md_content": "Page one\n\nSecond page"}}
    assert answer["backend"] == "shuowen" and answer["version"]


def test_several_files_of_which_one_is_bad(server: RunningServer) -> None:
    files = (("a.png", table_png()), ("a.txt", b"nothing"))
    answer = post(server, *files, return_content_list="true", return_images="true").json()
    good, bad = answer["results"]["a"], answer["results"]["a-2"]
    assert json.loads(good["content_list"])[0]["type"] == "table"
    assert good["images"] == {}
    assert bad["md_content"] == "" and "is not a picture or a PDF" in bad["error"]


def test_an_archive_of_one_page(server: RunningServer) -> None:
    wishes = {"response_format_zip": "true", "return_middle_json": "true", "end_page_id": "0"}
    answer = post(server, ("a.pdf", TWO_PAGES), return_original_file="1", **wishes)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("a/auto/a.md") == b"Page one"
        assert archive.read("a/auto/a_origin.pdf") == TWO_PAGES
        assert len(json.loads(archive.read("a/auto/a_middle.json"))["pdf_info"]) == 1


def test_tables_as_text(server: RunningServer) -> None:
    answer = post(server, ("a.png", table_png()), table_enable="false").json()
    content = answer["results"]["a"]["md_content"]
    assert "|" not in content and "Paris" in content


def test_a_failed_page_says_so(server: RunningServer) -> None:
    answer = post(server, ("a.pdf", made_files.pdf_with_text("Fine", None))).json()
    assert answer["results"]["a"]["md_content"].startswith("Fine\n\n> Page 2 could not be read")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"nothing", "is not a picture or a PDF"),
        (b"", "is empty"),
        (made_files.encrypted_pdf("x", "secret"), "password"),
        (made_files.pdf_with_text(None), "a.pdf:"),
    ],
)
def test_a_bad_file_alone_is_an_error(server: RunningServer, data: bytes, words: str) -> None:
    answer = post(server, ("a.pdf", data))
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"data": {"return_md": "true"}}, "Content-Type"),
        ({"files": [("return_md", (None, "true"))]}, "files"),
        ({"files": {"files": ("a", b"x")}, "data": {"server_url": "http://x"}}, "server_url"),
        ({"files": {"files": ("a", b"x")}, "data": {"colour": "red"}}, "colour"),
        ({"files": {"files": ("a", b"x")}, "data": {"start_page_id": "x"}}, "start_page_id"),
    ],
)
def test_forms_that_are_refused(server: RunningServer, more: Any, param: str) -> None:
    answer = httpx.post(f"{server.url}/file_parse", **more)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
