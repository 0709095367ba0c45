"""PaddleOCR-VL's service: the requests of Open WebUI's loader, and an importer of its results."""

from __future__ import annotations

import base64 as encoding
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from shuowen.server.compat import figures
from tests import made_files
from tests.server.compat.docling_parts import parse_paddleocr_vl_result
from tests.server.compat.made import base64, table_png
from tests.server.conftest import RunningServer

TWO_PAGES = made_files.pdf_with_text("Page one", "Second page")


def post(server: RunningServer, content: bytes, **more: Any) -> httpx.Response:
    """As `PaddleOCRVLLoader.load` of Open WebUI 0.12.4 does."""
    body = {
        "file": base64(content),
        "fileType": 0,
        "useDocOrientationClassify": False,
        "useDocUnwarping": False,
        "useChartRecognition": False,
        **more,
    }
    headers = {"Authorization": "token some-key", "Content-Type": "application/json"}
    return httpx.post(f"{server.url}/layout-parsing", json=body, headers=headers, timeout=60)


def test_a_pdf(server: RunningServer) -> None:
    answer = post(server, TWO_PAGES, logId="my-id").json()
    assert (answer["logId"], answer["errorCode"], answer["errorMsg"]) == ("my-id", 0, "Success")
    results = answer["result"]["layoutParsingResults"]
    assert [each["markdown"]["text"] for each in results] == ["Page one", "Second page"]
    assert results[0]["outputImages"] is results[0]["inputImage"] is None
    assert answer["result"]["dataInfo"] == {
        "type": "pdf",
        "numPages": 2,
        "pages": [{"width": 1111, "height": 278}] * 2,
    }


def test_a_picture_with_a_table_that_others_can_import(server: RunningServer) -> None:
    answer = post(server, table_png(), fileType=1, visualize=True).json()
    assert answer["result"]["dataInfo"] == {"type": "image", "width": 700, "height": 240}
    result = answer["result"]["layoutParsingResults"][0]
    document = parse_paddleocr_vl_result(result["prunedResult"], filename="a.png")
    assert [cell.text for cell in document.tables[0].data.table_cells][3] == "Paris"
    for picture in (result["inputImage"], result["outputImages"]["layout_det_res"]):
        opened = Image.open(io.BytesIO(encoding.b64decode(picture)))
        assert min(opened.size) >= 240


def test_a_failed_page_says_so(server: RunningServer) -> None:
    answer = post(server, made_files.pdf_with_text("Fine", None), visualize=True).json()
    good, bad = answer["result"]["layoutParsingResults"]
    assert good["markdown"]["text"] == "Fine" and good["inputImage"]
    assert bad["markdown"]["text"].startswith("> Page 2") and bad["inputImage"] is None


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"file": base64(b"nothing")}, 422, "is not a picture or a PDF"),
        ({"file": ""}, 422, "is empty"),
        ({"file": base64(made_files.encrypted_pdf("x", "secret"))}, 422, "password"),
        ({"file": base64(made_files.pdf_with_text(None))}, 422, "document:"),
        ({"file": "http://127.0.0.1:1/a.pdf"}, 422, "not an address of the public internet"),
        ({"file": "!"}, 400, "neither base64"),
        ({"file": None}, 400, "file is missing"),
        ({"file": 1}, 400, "file has a value"),
        ({"useChartRecognition": True}, 400, "charts are not interpreted"),
        ({"restructurePages": True}, 400, "pages are not merged"),
        ({"outputFormats": ["docx"]}, 400, "outputFormats"),
        ({"markdownIgnoreLabels": [1]}, 400, "markdownIgnoreLabels"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_what_is_refused_is_told_both_ways(
    server: RunningServer, more: dict[str, Any], status: int, words: str
) -> None:
    answer = post(server, TWO_PAGES, **more)
    told = answer.json()
    assert (answer.status_code, told["errorCode"]) == (status, status)
    assert words in told["errorMsg"] and told["errorMsg"] == told["error"]["message"]
    assert told["logId"]


@pytest.mark.parametrize("body", [b"", b"null", b'"x"', b"{", b"\0"])
def test_what_is_no_json_object_is_refused(server: RunningServer, body: bytes) -> None:
    answer = httpx.post(f"{server.url}/layout-parsing", content=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 400)


def test_pictures_of_pages_have_a_limit(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MAX_PICTURE_BYTES", 100)
    answer = post(server, TWO_PAGES, visualize=True)
    assert answer.status_code == 413
    assert "fewer pages" in answer.json()["errorMsg"]
