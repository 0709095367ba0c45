"""Apache Tika's server as Open WebUI's loader calls it."""

from __future__ import annotations

import httpx
import pytest

from tests import made_files
from tests.server.conftest import RunningServer

TWO_PAGES = made_files.pdf_with_text("Page one", "Second page")


@pytest.mark.parametrize(
    ("path", "key", "text"),
    [
        ("tika/text", "X-TIKA:content", "Page one\n\fSecond page\n"),
        (
            "tika/json/md",
            "tk:content",
            "<!-- page 1 -->\n\nPage one\n\n<!-- page 2 -->\n\nSecond page\n",
        ),
    ],
)
def test_what_open_webui_sends(server: RunningServer, path: str, key: str, text: str) -> None:
    """As `TikaLoader.load` of Open WebUI 0.12.4 does."""
    headers = {"Content-Type": "application/pdf", "X-Tika-PDFextractInlineImages": "true"}
    answer = httpx.put(f"{server.url}/{path}", content=TWO_PAGES, headers=headers, timeout=60)
    assert answer.json() == {key: text, "Content-Type": "application/pdf", "xmpTPg:NPages": "2"}


def test_what_cannot_be_read_is_told(server: RunningServer) -> None:
    answer = httpx.put(f"{server.url}/tika/text", content=b"nothing")
    assert answer.status_code == 422
    assert "is not a picture or a PDF" in answer.json()["error"]["message"]
