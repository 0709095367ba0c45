"""An environment that seems to have LMDeploy and vLLM: a real Python that starts a tiny server.

What the server does is written into files of its folder: `behaviour.json` beforehand, and requests
to /die and /hang while it runs. It notes how it was started in `starts.jsonl`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

SERVER = """
import http.server, json, os, signal, subprocess, sys, threading, time

home = os.environ["FAKE_ENGINE_HOME"]
behaviour = json.load(open(os.path.join(home, "behaviour.json")))
starts = os.path.join(home, "starts.jsonl")


def serve(words, model, port, key):
    number = sum(1 for _ in open(starts)) if os.path.exists(starts) else 0
    with open(starts, "a") as file:
        print(json.dumps({"words": words, "pid": os.getpid(), "key": key,
                          "environment": dict(os.environ)}), file=file)
    for line in behaviour.get("says", ["loading"]):
        print(line, flush=True)
    if behaviour.get("ignores_sigterm"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if behaviour.get("has_helper"):
        helper = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
        open(os.path.join(home, "helper.pid"), "w").write(str(helper.pid))
    if number < behaviour.get("num_failures", 0):
        print(behaviour.get("last_words", "cannot start"), file=sys.stderr, flush=True)
        os._exit(3)
    if port is None:
        time.sleep(600)
    ready_at = time.time() + behaviour.get("seconds", 0)
    hung = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def reply(self, status, body, kind="application/json"):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_GET(self):
            if hung.is_set():
                time.sleep(600)
            if self.path == "/health":
                return self.reply(200 if time.time() >= ready_at else 503, "{}")
            if self.path == "/die":
                os._exit(9)
            if self.path == "/hang":
                hung.set()
                return self.reply(200, "{}")
            if self.headers.get("Authorization") != "Bearer " + key:
                return self.reply(401, "{}")
            self.reply(200, json.dumps({"data": [{"id": model, "owned_by": "lmdeploy"}]}))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != "Bearer " + key:
                return self.reply(401, "{}")
            with open(os.path.join(home, "asked.jsonl"), "a") as file:
                print(json.dumps(body), file=file)
            words = ["The engine ", "answers."]
            chunks = [{"index": 0, "delta": {"content": word}} for word in words]
            chunks.append({"index": 0, "delta": {}, "finish_reason": "stop"})
            events = [{"id": "1", "object": "chat.completion.chunk", "created": 1, "model": model,
                       "choices": [chunk]} for chunk in chunks]
            lines = ["data: " + json.dumps(event) for event in events] + ["data: [DONE]"]
            self.reply(200, "\\n\\n".join(lines) + "\\n\\n", "text/event-stream")

        def log_message(self, *args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

    Server(("127.0.0.1", port), Handler).serve_forever()
"""

LMDEPLOY = """
import sys
import fake_server


def run():
    words = sys.argv[1:]
    after = lambda name: words[words.index(name) + 1]
    assert words[:2] == ["serve", "api_server"]
    port = None if "--node-rank" in words and after("--node-rank") != "0" else int(
        after("--server-port"))
    fake_server.serve(words, after("--model-name"), port, after("--api-keys"))
"""

VLLM = """
import os, sys
import fake_server

words = sys.argv[1:]
after = lambda name: words[words.index(name) + 1]
assert words[0] == "serve"
port = int(after("--port")) if "--port" in words else None
fake_server.serve(words, after("--served-model-name"), port, os.environ["VLLM_API_KEY"])
"""


class FakeEngine:
    """The environment in a folder.

    Attributes:
        python: Its Python.
    """

    def __init__(self, home: Path, **behaviour: Any) -> None:
        self.home = home
        self.python = home / "bin" / "python"
        packages = home / "packages"
        for path, text in (
            ("fake_server.py", SERVER),
            ("lmdeploy/__init__.py", ""),
            ("lmdeploy/cli/__init__.py", ""),
            ("lmdeploy/cli/entrypoint.py", LMDEPLOY),
            ("lmdeploy-0.18.0.dist-info/METADATA", "Name: lmdeploy\nVersion: 0.18.0\n"),
            ("vllm/__init__.py", ""),
            ("vllm/entrypoints/__init__.py", ""),
            ("vllm/entrypoints/cli/__init__.py", ""),
            ("vllm/entrypoints/cli/main.py", VLLM),
            ("vllm-0.32.0.dist-info/METADATA", "Name: vllm\nVersion: 0.32.0\n"),
        ):
            (packages / path).parent.mkdir(parents=True, exist_ok=True)
            (packages / path).write_text(text)
        self.behave(**behaviour)
        self.python.parent.mkdir()
        self.python.write_text(
            f"#!/bin/sh\nPYTHONPATH={packages} FAKE_ENGINE_HOME={home} PYTHONDONTWRITEBYTECODE=1"
            f' exec {sys.executable} -S "$@"\n'
        )
        self.python.chmod(0o755)

    def behave(self, **behaviour: Any) -> None:
        """says, seconds, num_failures, last_words, has_helper, ignores_sigterm."""
        (self.home / "behaviour.json").write_text(json.dumps(behaviour))

    def starts(self) -> list[dict[str, Any]]:
        """How it was started, each time."""
        return self._lines("starts.jsonl")

    def asked(self) -> list[dict[str, Any]]:
        """The chats that it got."""
        return self._lines("asked.jsonl")

    def pids(self) -> list[int]:
        """All processes that it ever had."""
        helper = self.home / "helper.pid"
        found = [start["pid"] for start in self.starts()]
        return [*found, int(helper.read_text())] if helper.is_file() else found

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self.home / name
        if not path.is_file():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state not in "ZX"


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    """Fails where `condition` does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
