"""A real Open WebUI in front of a real Shuowen server, and a real browser in front of both.

SHUOWEN_TEST_OPEN_WEBUI names the program `open-webui`; without it, one is installed where
`shuowen webui` installs it. SHUOWEN_TEST_PLAYWRIGHT names a Python that has playwright; without it,
the Python beside `open-webui`, or this one. SHUOWEN_TEST_CHROMIUM names the browser.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shuowen.launch import webui_run
from shuowen.launch.webui_install import WebuiInstall, find_python, install, open_webui_of
from shuowen.launch.webui_run import WebuiRun, running
from shuowen.machine import data_home
from shuowen.server.options import ServerOptions
from tests.server.conftest import running as running_server
from tests.webui.recorder import Recorder, recording

BROWSER = Path(__file__).with_name("browser.py")
STORY_SECONDS = 600


@dataclass(frozen=True)
class House:
    """What runs: the address of Open WebUI, and what went through to the server."""

    url: str
    calls: Recorder


class Told:
    """Shows how an installation gets on, in pytest's output."""

    def step(self, number: int, total: int, name: str) -> None:
        print(f"[{number}/{total}] {name}")

    def line(self, text: str) -> None:
        print(text)


@pytest.fixture(scope="session")
def open_webui() -> Path:
    named = os.environ.get("SHUOWEN_TEST_OPEN_WEBUI")
    if named:
        return Path(named)
    folder = data_home() / "webui" / "venv"
    return open_webui_of(folder) or install(
        WebuiInstall(folder=folder, python=find_python()), Told()
    )


@pytest.fixture(scope="session")
def playwright_python(open_webui: Path) -> str:
    beside = str(open_webui.with_name("python"))
    for python in (os.environ.get("SHUOWEN_TEST_PLAYWRIGHT"), beside, sys.executable):
        if python and Path(python).exists():
            asked = subprocess.run([python, "-c", "import playwright"], capture_output=True)
            if asked.returncode == 0:
                return python
    pytest.fail("No Python has playwright; name one with SHUOWEN_TEST_PLAYWRIGHT.")


@pytest.fixture(scope="session")
def chromium() -> str:
    names = (
        os.environ.get("SHUOWEN_TEST_CHROMIUM"),
        "chromium",
        "chromium-browser",
        "google-chrome",
    )
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "There is no Chromium; name one with SHUOWEN_TEST_CHROMIUM."
    return found


@pytest.fixture(scope="module")
def house(open_webui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Open WebUI with the environment that `shuowen webui` makes."""
    with a_house(open_webui, tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture
def plain_house(
    open_webui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """Open WebUI with its own defaults, but for where the server is."""
    ours = webui_run.webui_environment

    def least(options: Any) -> Mapping[str, str]:
        names = (
            "OPENAI_API_BASE_URL",
            "OPENAI_API_KEY",
            "WEBUI_AUTH",
            "WEBUI_SECRET_KEY",
            "DATA_DIR",
            "OFFLINE_MODE",
        )
        kept = {name: value for name, value in ours(options).items() if name in names}
        loader = {
            name: value
            for name, value in ours(options).items()
            if name.startswith(("EXTERNAL_DOCUMENT", "CONTENT_EXTRACTION", "BYPASS_EMBEDDING"))
        }
        return {**kept, **loader, "ENABLE_OLLAMA_API": "False"}

    monkeypatch.setattr(webui_run, "webui_environment", least)
    with a_house(open_webui, tmp_path) as opened:
        yield opened


@contextmanager
def a_house(open_webui: Path, folder: Path) -> Iterator[House]:
    options = ServerOptions(port=0, data_dir=folder / "server")
    with running_server(options) as server, recording(server.url) as recorder:
        run = WebuiRun(
            program=(str(open_webui),),
            home=folder / "webui",
            port=free_port(),
            server_url=recorder.url,
        )
        with running(run, print):
            yield House(run.browser_url(), recorder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


Browse = Callable[..., dict[str, Any]]


@pytest.fixture
def browse(playwright_python: str, chromium: str, tmp_path: Path) -> Browse:
    """Tells one story of `browser.py`; gives what it prints, and the folder with its pictures."""

    def tell(story: str, url: str, file: Path, question: str, *expected: str) -> dict[str, Any]:
        words = (story, url, chromium, tmp_path, file, question, *expected)
        ended = subprocess.run(
            [playwright_python, str(BROWSER), *map(str, words)],
            capture_output=True,
            text=True,
            timeout=STORY_SECONDS,
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        seen = json.loads(ended.stdout)
        print(story, seen["seconds"])
        return {**seen, "pictures": tmp_path}

    return tell
