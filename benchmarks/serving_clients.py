"""Clients of a served Shuowen that need nothing but the standard library."""

from __future__ import annotations

import base64
import http.client
import io
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from drawn_pages import draw_page

MODEL = "shuowen-embedded"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
_START_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What came of one request; times in seconds.

    Attributes:
        first: From asking to the first piece of text.
        seconds: From asking to the end.
        ended: From the start of the crowd to the end.
        is_whole: Whether the stream said that it was complete.
    """

    status: int
    first: float
    seconds: float
    ended: float
    is_whole: bool


class Running:
    """A server in a process of its own, on a free port."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.process_id = process.pid

    @classmethod
    def start(cls, data_dir: Path, jobs: int) -> Running:
        command = [sys.executable, "-m", "shuowen", "serve", "--port", "0", "--jobs", str(jobs)]
        command += ["--data-dir", str(data_dir)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            if found := _ADDRESS.search(line):
                threading.Thread(target=process.stderr.read, daemon=True).start()
                running = cls(process, int(found[1]))
                running.wait()
                return running
        raise SystemExit("The server did not start.")

    def wait(self) -> None:
        """Until it says that it is ready."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.ask("GET", "/ready")[0] == 200:
                return
            time.sleep(0.1)
        raise SystemExit("The server did not become ready.")

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = ""
    ) -> tuple[int, bytes]:
        """One request on a connection of its own: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            headers = {"Content-Type": kind} if kind else {}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)


def chat_body(picture: bytes | None, text: str = "", **more: Any) -> bytes:
    """A chat request with a picture or without."""
    content: list[dict[str, Any]] = [{"type": "text", "text": text or "Read this page."}]
    if picture is not None:
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        content.append({"type": "image_url", "image_url": {"url": url}})
    messages = [{"role": "user", "content": content}]
    return json.dumps({"model": MODEL, "messages": messages, **more}).encode()


def transcribe(server: Running, picture: bytes, crowd_started: float | None = None) -> Answer:
    """Ask for a page's text as a stream and note when it comes."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    first: float | None = None
    is_whole = False
    try:
        body = chat_body(picture, stream=True)
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", body, headers)
        response = connection.getresponse()
        while line := response.readline():
            is_whole = is_whole or line.startswith(b"data: [DONE]")
            if first is None and _has_text(line):
                first = time.perf_counter() - started
        status = response.status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    now = time.perf_counter()
    seconds = now - started
    return Answer(status, first or seconds, seconds, now - (crowd_started or started), is_whole)


def _has_text(line: bytes) -> bool:
    if not line.startswith(b"data: {"):
        return False
    choices = json.loads(line[6:]).get("choices") or [{}]
    return bool(choices[0].get("delta", {}).get("content"))


def crowd(server: Running, pictures: list[bytes], num_clients: int, seconds: float) -> list[Answer]:
    """Clients that ask again as soon as they are answered; those under way finish."""
    answers: list[Answer] = []
    started = time.perf_counter()

    def client(number: int) -> None:
        mine = cycle(pictures[number % len(pictures) :] + pictures[: number % len(pictures)])
        for picture in mine:
            if time.perf_counter() - started > seconds:
                return
            answer = transcribe(server, picture, started)
            answers.append(answer)
            if answer.status == 429:
                time.sleep(1)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(num_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def drip(server: Running, num_requests: int) -> Iterator[tuple[str, int]]:
    """Requests of all kinds, one after the other: what was asked and the status that came."""
    notes = [_png(seed) for seed in range(20)]
    for number in range(num_requests):
        note = notes[number % len(notes)]
        kind = ("picture", "stream", "words", "wrong", "document")[number % 5]
        if kind == "picture":
            yield kind, server.ask(*_chat(chat_body(note)))[0]
        elif kind == "stream":
            yield kind, server.ask(*_chat(chat_body(note, stream=True)))[0]
        elif kind == "words":
            yield kind, server.ask(*_chat(chat_body(None, "What can you do?")))[0]
        elif kind == "wrong":
            yield kind, server.ask(*_chat(chat_body(note[: len(note) // 2])))[0]
        else:
            yield kind, _document(server, note)


def _chat(body: bytes) -> tuple[str, str, bytes, str]:
    return "POST", "/v1/chat/completions", body, "application/json"


def _document(server: Running, picture: bytes) -> int:
    """A document job, waited for, fetched and deleted; the last status."""
    status, answer = server.ask("POST", "/v1/documents", picture, "image/png")
    if status != 202:
        return status
    path = f"/v1/documents/{json.loads(answer)['id']}"
    while json.loads(server.ask("GET", path)[1])["state"] in ("queued", "running"):
        time.sleep(0.02)
    status, _ = server.ask("GET", f"{path}/result?format=md")
    if status != 200:
        return status
    return server.ask("DELETE", path)[0]


def _png(seed: int) -> bytes:
    """A note of three lines, so that thousands can be read in minutes."""
    page = draw_page(seed, num_lines=3).crop((0, 40, 1240, 220)).resize((620, 90))
    encoded = io.BytesIO()
    page.save(encoded, "PNG")
    return encoded.getvalue()
