"""The MCP server, asked by the official SDK's own client: in memory, by stdio and by HTTP."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from shuowen.config import Limits
from shuowen.server.desk import Desk
from shuowen.server.key_file import add_key
from shuowen.server.mcp_access import Access
from shuowen.server.mcp_library import Library
from shuowen.server.mcp_run import McpHttp, http_app
from shuowen.server.mcp_tools import mcp_server
from shuowen.server.metrics import Metrics
from tests.made_files import encrypted_pdf, png, scanned_pdf

Ask = Callable[[Client], Awaitable[Any]]
SECONDS = 60


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "three.pdf").write_bytes(
        scanned_pdf("First page 101", "Second page 202", "Third 303")
    )
    (folder / "long.pdf").write_bytes(scanned_pdf(*[f"Number {index}" for index in range(40)]))
    (folder / "photo.png").write_bytes(png("Hello 2026"))
    (folder / "locked.pdf").write_bytes(encrypted_pdf("Secret text", "open sesame"))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, metrics: Metrics) -> Iterator[Library]:
    desk = Desk(num_threads=1, metrics=metrics)
    yield Library(desk, Access(roots=(folder,), limits=Limits()), max_pages=40)
    desk.close(5)


@pytest.fixture
def ask(library: Library) -> Callable[..., Any]:
    """Calls a tool in memory: `ask("read_page", path_or_url="…")`."""

    def call(tool: str, **arguments: Any) -> Any:
        return run(lambda client: client.call_tool(tool, arguments), mcp_server(library))

    return call


def run(question: Ask, server: Any) -> Any:
    async def asked() -> Any:
        with anyio.fail_after(SECONDS):
            async with Client(server) as client:
                return await question(client)

    return anyio.run(asked)


def num_read(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("shuowen_pages_read_total", {"status": "ok"}) or 0


def test_the_tools_describe_themselves(library: Library) -> None:
    tools = run(lambda client: client.list_tools(), mcp_server(library)).tools
    assert {tool.name for tool in tools} == {"read_document", "read_page", "search_document"}
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert "\n    " not in tool.description
        assert all(each.get("description") for each in tool.input_schema["properties"].values())


def test_a_document_is_read_page_by_page(ask: Any) -> None:
    body, notes = ask("read_document", path_or_url="three.pdf").content
    assert body.text == (
        "<!-- page 1 -->\n\nFirst page 101\n\n<!-- page 2 -->\n\nSecond page 202"
        "\n\n<!-- page 3 -->\n\nThird 303"
    )
    assert notes.text == "These are all 3 pages."


def test_pages_and_formats_can_be_chosen(ask: Any) -> None:
    body, notes = ask("read_document", path_or_url="three.pdf", pages="2-", format="text").content
    assert body.text == "[page 2]\n\nSecond page 202\n\n[page 3]\n\nThird 303"
    assert notes.text == "This is 2-3 of 3 pages."
    body, _ = ask("read_document", path_or_url="three.pdf", pages="2", format="json").content
    (page,) = json.loads(body.text)["pages"]
    assert (page["page_number"], page["regions"][0]["text"]) == (2, "Second page 202")


def test_what_does_not_fit_can_be_had_by_asking_again(library: Library) -> None:
    server = mcp_server(library, max_characters=80)
    first = run(
        lambda client: client.call_tool("read_document", {"path_or_url": "three.pdf"}), server
    )
    assert first.content[0].text.count("<!--") == 2
    assert first.content[1].text.endswith('pages="3".')


def test_reading_ends_when_the_answer_is_full(library: Library, metrics: Metrics) -> None:
    before = num_read(metrics)
    server = mcp_server(library, max_characters=60)
    arguments = {"path_or_url": "long.pdf", "pages": "21-"}
    run(lambda client: client.call_tool("read_document", arguments), server)
    assert num_read(metrics) - before < 16  # of twenty


def test_a_page_with_its_picture(ask: Any) -> None:
    body, notes, picture = ask(
        "read_page", path_or_url="photo.png", page_number=1, picture=True
    ).content
    assert (body.text, notes.text) == ("Hello 2026", "This is the only page.")
    assert picture.mime_type == "image/jpeg"
    assert Image.open(io.BytesIO(base64.b64decode(picture.data))).size == (640, 120)


def test_a_search_finds_page_and_box_and_reads_nothing_twice(ask: Any, metrics: Metrics) -> None:
    ask("read_document", path_or_url="three.pdf")
    before = num_read(metrics)
    found = ask("search_document", path_or_url="three.pdf", query="202")
    (passage,) = found.structured_content["result"]
    assert (passage["page_number"], passage["text"]) == (2, "Second page 202")
    left, top, right, bottom = passage["box"]
    assert 0 <= left < right and 0 <= top < bottom
    assert num_read(metrics) == before


def test_a_changed_file_is_read_anew(ask: Any, folder: Path) -> None:
    (folder / "changing.png").write_bytes(png("Before 1"))
    assert ask("read_document", path_or_url="changing.png").content[0].text == "Before 1"
    (folder / "changing.png").write_bytes(png("After 2"))
    assert ask("read_document", path_or_url="changing.png").content[0].text == "After 2"


def test_a_password_opens_and_is_needed_every_time(ask: Any) -> None:
    opened = ask("read_document", path_or_url="locked.pdf", password="open sesame")
    assert opened.content[0].text == "Secret text"
    refused = ask("read_document", path_or_url="locked.pdf")
    assert refused.is_error
    assert "password" in refused.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("read_document", {"path_or_url": "../other.pdf"}, "not in a folder that may be read"),
        ("read_document", {"path_or_url": "missing.pdf"}, "does not exist"),
        ("read_document", {"path_or_url": "broken.pdf"}, "broken.pdf"),
        ("read_document", {"path_or_url": "http://169.254.169.254/x"}, "public internet"),
        ("read_document", {"path_or_url": "three.pdf", "pages": "9"}, "No page is in '9'"),
        ("read_document", {"path_or_url": "three.pdf", "pages": "x"}, "malformed"),
        ("read_document", {"path_or_url": "three.pdf", "format": "docx"}, "format"),
        ("read_page", {"path_or_url": "three.pdf", "page_number": 0}, "page_number"),
        ("search_document", {"path_or_url": "three.pdf", "query": ""}, "query"),
        ("read_page", {"page_number": 1}, "path_or_url"),
    ],
)
def test_what_cannot_be_done_is_told_to_the_assistant(
    ask: Any, tool: str, arguments: dict[str, Any], said: str
) -> None:
    answer = ask(tool, **arguments)
    assert answer.is_error
    assert said in answer.content[0].text


def test_progress_is_told_page_by_page(library: Library) -> None:
    told: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        assert message
        told.append((progress, total))

    arguments = {"path_or_url": "three.pdf"}
    run(
        lambda client: client.call_tool("read_document", arguments, progress_callback=note),
        mcp_server(library),
    )
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_call_that_is_cancelled_stops_reading(library: Library, metrics: Metrics) -> None:
    async def ask_and_leave(client: Client) -> None:
        with anyio.CancelScope() as scope:

            async def leave(progress: float, *_: object) -> None:
                if progress >= 1:
                    scope.cancel()

            arguments = {"path_or_url": "long.pdf", "query": "number", "pages": "1-20"}
            await client.call_tool("search_document", arguments, progress_callback=leave)
        assert scope.cancelled_caught

    before = num_read(metrics)
    run(ask_and_leave, mcp_server(library))
    time.sleep(0.3)
    stopped_at = num_read(metrics)
    time.sleep(0.3)
    assert num_read(metrics) == stopped_at
    assert stopped_at - before < 20


@contextmanager
def http_server(library: Library, **options: Any) -> Iterator[str]:
    """The server over HTTP, for as long as the block runs; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = http_app(mcp_server(library), McpHttp(host="127.0.0.1", port=port, **options))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.should_exit = True
            thread.join()


def test_over_http(library: Library) -> None:
    arguments = {"path_or_url": "three.pdf", "pages": "1"}
    with http_server(library) as url:
        answer = run(lambda client: client.call_tool("read_document", arguments), url)
    assert "First page 101" in answer.content[0].text


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)],
)
def test_web_pages_of_strangers_are_refused(
    library: Library, headers: dict[str, str], status: int
) -> None:
    with http_server(library) as url, httpx2.Client() as client:
        answer = client.post(url, json={}, headers=headers)
    assert answer.status_code == status


def test_a_key_is_needed_where_keys_are_on(library: Library, tmp_path: Path) -> None:
    keys_file = tmp_path / "keys.json"
    key = add_key(keys_file, "assistant")
    arguments = {"path_or_url": "photo.png"}

    async def with_key(url: str) -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await client.call_tool("read_document", arguments)

    with http_server(library, keys_file=keys_file) as url, httpx2.Client() as client:
        refused = client.post(url, json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "access")
        assert anyio.run(with_key, url).content[0].text == "Hello 2026"


def command(*arguments: object) -> StdioServerParameters:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    arguments = ("-m", "shuowen", "mcp", *arguments)
    return StdioServerParameters(
        command=sys.executable, args=[str(each) for each in arguments], env=environment
    )


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_as_a_program_over_standard_input_and_output(folder: Path) -> None:
    async def questions(client: Client) -> tuple[Any, Any]:
        read = await client.call_tool("read_document", {"path_or_url": "photo.png"})
        refused = await client.call_tool("read_document", {"path_or_url": "/etc/hostname"})
        return read, refused

    read, refused = run(questions, command("--root", folder))
    assert read.content[0].text == "Hello 2026"
    assert refused.is_error


def test_as_a_program_over_http(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    asked = command("--http", f"127.0.0.1:{port}", "--root", folder)
    with subprocess.Popen(
        [asked.command, *asked.args], env=asked.env, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert f"http://127.0.0.1:{port}/mcp" in process.stderr.readline()
        deadline = time.monotonic() + SECONDS
        while not is_listening(port):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        arguments = {"path_or_url": "photo.png"}
        url = f"http://127.0.0.1:{port}/mcp"
        read = run(lambda client: client.call_tool("read_document", arguments), url)
        process.terminate()
        _, said = process.communicate(timeout=SECONDS)
    assert read.content[0].text == "Hello 2026"
    assert (process.returncode, said) == (0, "Stopping.\nStopped.\n")


def test_standard_output_holds_the_protocol_alone_and_the_end_of_input_ends_it(
    folder: Path,
) -> None:
    asked = command("--root", folder)
    opening = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    ended = subprocess.run(
        [asked.command, *asked.args],
        input=json.dumps(opening) + "\n",
        env=asked.env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["id"] for line in lines] == [1]
    assert lines[0]["result"]["serverInfo"]["name"] == "shuowen"
