"""Open WebUI's own loaders, all that can be pointed at a server, against ours.

SHUOWEN_TEST_OPEN_WEBUI names the program `open-webui`; without it nothing is tried, and the
recorded requests in the other files have to do.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import made_files
from tests.server.conftest import RunningServer

PROGRAM = os.environ.get("SHUOWEN_TEST_OPEN_WEBUI", "")
SCRIPT = """
import json, sys
url, pdf = sys.argv[1:]
from open_webui.retrieval.loaders.external_document import ExternalDocumentLoader
from open_webui.retrieval.loaders.main import DoclingLoader, TikaLoader
from open_webui.retrieval.loaders.mineru import MinerULoader
from open_webui.retrieval.loaders.mistral import MistralLoader
from open_webui.retrieval.loaders.paddleocr_vl import PaddleOCRVLLoader
loaders = {
    "external": ExternalDocumentLoader(pdf, url, "key", "application/pdf"),
    "mistral": MistralLoader(f"{url}/v1", "key", pdf),
    "mistral, base64": MistralLoader(f"{url}/v1", "key", pdf, use_base64=True),
    "paddleocr": PaddleOCRVLLoader(url, "token", pdf),
    "docling": DoclingLoader(url, "key", pdf, "application/pdf", {"do_ocr": True}),
    "mineru": MinerULoader(pdf, api_url=url, params={"enable_ocr": True}),
    "tika": TikaLoader(url, pdf, "application/pdf"),
    "tika 4": TikaLoader(url, pdf, server_version="4"),
}
found = {name: [[d.page_content, d.metadata.get("page")] for d in loader.load()]
         for name, loader in loaders.items()}
print("FOUND", json.dumps(found))
"""
BY_PAGE = [["Page one", 0], ["Second page", 1]]

pytestmark = [
    pytest.mark.webui,
    pytest.mark.skipif(not PROGRAM, reason="SHUOWEN_TEST_OPEN_WEBUI is not set"),
]


def test_all_of_them(server: RunningServer, tmp_path: Path) -> None:
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(made_files.pdf_with_text("Page one", "Second page"))
    python = Path(PROGRAM).with_name("python")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DATA_DIR": str(tmp_path),
        "FROM_INIT_PY": "true",
        "OFFLINE_MODE": "True",
        "WEBUI_SECRET_KEY": "x" * 40,
    }
    command = [str(python), "-c", SCRIPT, server.url, str(pdf)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, ended.stderr[-2000:]
    found = json.loads(lines[0].removeprefix("FOUND "))
    for name in ("external", "mistral", "mistral, base64", "paddleocr", "docling"):
        assert found[name] == BY_PAGE, name
    assert found["mineru"] == [["Page one\n\nSecond page", None]]
    assert found["tika"] == [["Page one\n\fSecond page", None]]
    assert found["tika 4"][0][0].endswith("<!-- page 2 -->\n\nSecond page")
