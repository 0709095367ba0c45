"""The whole way: browser, Open WebUI, our server. Takes minutes; run with `make test-webui`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shuowen.launch.probe import is_well
from shuowen.launch.webui_environment import WebuiOptions, webui_environment
from tests.webui.conftest import Browse, House, free_port
from tests.webui.kept import keep_picture, keep_request, keep_upload
from tests.webui.recorder import Call

pytestmark = pytest.mark.webui

SAMPLES = Path(__file__).parents[2] / "samples"
BROCHURE = SAMPLES / "brochure-en.png"
SCAN = SAMPLES / "scan-zh.pdf"
CHAT = ("POST", "/v1/chat/completions")
NOT_READ_BY_ITSELF = {"ANONYMIZED_TELEMETRY", "DO_NOT_TRACK", "SCARF_NO_ANALYTICS"}
"""Read by packages that Open WebUI uses, or by its container's start script."""


@pytest.fixture
def is_kept(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


def chats(house: House, wanted: Callable[[dict[str, Any]], bool]) -> list[Call]:
    """The chat requests so far whose body is as wanted."""
    return [call for call in house.calls.calls_of(*CHAT) if wanted(json.loads(call.body))]


def task(key: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a request asks in the background for a JSON object with this key."""
    return lambda body: (
        not body.get("stream") and f'{{ "{key}":' in str(body["messages"][-1]["content"])
    )


def is_answer(body: dict[str, Any]) -> bool:
    return bool(body.get("stream"))


def chunks(call: Call) -> list[str]:
    """The pieces of text of a streamed answer."""
    lines = call.answer.decode().splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    pieces = [each["choices"][0]["delta"].get("content") for each in events if each["choices"]]
    return [piece for piece in pieces if piece]


def test_a_scanned_picture_is_read_into_the_chat(
    house: House, browse: Browse, is_kept: bool
) -> None:
    expected = ("The LinnSequencer", "Composition Without Compromise", "Additional Features")
    seen = browse("picture", house.url, BROCHURE, "What does this page say?", *expected)
    assert seen["hosts"] == ["127.0.0.1"]
    assert "<h1" in seen["html"] or "<h2" in seen["html"]
    assert "<li" in seen["html"]
    (answer,) = chats(house, is_answer)
    assert "tools" not in json.loads(answer.body)
    assert len(chunks(answer)) > 5  # region by region
    titles, tags, follow_ups = (chats(house, task(key)) for key in ("title", "tags", "follow_ups"))
    for call in (*titles, *tags, *follow_ups):
        assert (call.status, call.seconds < 1) == (200, True)
    assert titles and tags and follow_ups
    if is_kept:
        keep_request("picture", answer)
        keep_request("title", titles[0])
        keep_request("tags", tags[0])
        keep_request("follow_ups", follow_ups[0])
        keep_picture("open-webui-picture", seen["pictures"] / "picture-answered.png")


def test_a_pdf_is_read_by_us_and_a_question_answered(
    house: House, browse: Browse, is_kept: bool
) -> None:
    num_before = len(chats(house, is_answer))
    seen = browse("pdf", house.url, SCAN, "需要修补的旧书有多少册？", "802")
    assert seen["hosts"] == ["127.0.0.1"]
    (upload,) = house.calls.calls_of("PUT", "/process")
    assert (upload.status, upload.body) == (200, SCAN.read_bytes())
    assert "旧书3,846册" in upload.answer.decode()
    (answer,) = chats(house, is_answer)[num_before:]
    assert "旧书3,846册" in json.loads(answer.body)["messages"][-1]["content"]
    assert not chats(house, task("queries"))
    if is_kept:
        keep_request("document", answer)
        keep_upload("upload", upload)
        keep_picture("open-webui-pdf", seen["pictures"] / "pdf-answered.png")


def test_it_works_with_open_webui_s_own_defaults_and_its_flood_of_tools(
    plain_house: House, browse: Browse, is_kept: bool
) -> None:
    browse("defaults", plain_house.url, BROCHURE, "What does this page say?", "The LinnSequencer")
    browse("defaults", plain_house.url, SCAN, "需要修补的旧书有多少册？", "802")
    picture, document = chats(plain_house, is_answer)
    for call in (picture, document):
        assert call.status == 200
        assert len(json.loads(call.body)["tools"]) > 20
    (queries,) = chats(plain_house, lambda body: '"queries"' in str(body) and not body["stream"])
    if is_kept:
        keep_request("picture_with_tools", picture)
        keep_request("document_with_tools", document)
        keep_request("queries", queries)


def test_the_command_starts_both_and_stops_both(open_webui: Path, tmp_path: Path) -> None:
    port, server_port = free_port(), free_port()
    ports = ["--port", str(port), "--server-port", str(server_port)]
    places = ["--open-webui", str(open_webui), "--home", str(tmp_path)]
    command = [sys.executable, "-m", "shuowen", "webui", *places, *ports]
    urls = [f"http://127.0.0.1:{each}" for each in (port, server_port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while f"Open {urls[0]} in a browser." not in said:
            assert (line := process.stderr.readline()), said
            said += line
        assert all(map(is_well, urls))
        process.send_signal(signal.SIGINT)
        _, last = process.communicate(timeout=60)
    assert (process.returncode, last) == (0, "Stopped.\n")
    assert not any(map(is_well, urls))


def test_open_webui_knows_every_variable(open_webui: Path) -> None:
    find = "import importlib.util; print(importlib.util.find_spec('open_webui').origin)"
    python = str(open_webui.with_name("python"))
    found = subprocess.run([python, "-c", find], capture_output=True, text=True, check=True)
    package = Path(found.stdout.strip()).parent
    source = "\n".join(path.read_text() for path in package.glob("*.py"))
    options = WebuiOptions(
        server_url="http://h",
        login=False,
        data_dir=Path("d"),
        secret_key="s",
        origins=("http://h",),
    )
    for name in set(webui_environment(options)) - NOT_READ_BY_ITSELF:
        assert f"'{name}'" in source, name
