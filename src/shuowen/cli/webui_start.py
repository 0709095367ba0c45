"""Starting Open WebUI for `shuowen webui`: found or installed, wired, run until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click

from shuowen.cli.console import printable
from shuowen.errors import EXIT_INTERRUPTED, UsageError
from shuowen.hub.writing import writing
from shuowen.launch.webui_install import (
    KNOWN_VERSION,
    NEEDED_BYTES,
    WebuiInstall,
    find_python,
    install,
    installed_version,
    open_webui_of,
)
from shuowen.launch.webui_process import is_loopback
from shuowen.launch.webui_run import WebuiRun, running, wait_for_end
from shuowen.machine import data_home

_LINE_WIDTH = 100


def start(values: Mapping[str, Any], key: str) -> None:
    """Install what is missing, start both, and come back when Ctrl-C has stopped them.

    Args:
        values: The options of `shuowen webui`, by name.
        key: The server's API key; "" for none.

    Raises:
        ShuowenError: It cannot be installed, started, or kept running.
    """
    home = values["home"] or data_home() / "webui"
    run = WebuiRun(
        program=_program(values, home),
        home=home,
        host=values["host"],
        port=values["port"],
        login=_login(values),
        server_url=values["server"].rstrip("/").removesuffix("/v1"),
        server_port=values["server_port"],
        server_arguments=tuple(values["serve_arguments"]),
        key=key,
        model=values["model"],
        data_dir=values["data_dir"],
    )
    try:
        with _sigterm_as_ctrl_c(), running(run, _say) as children:
            _say(f"Open {run.browser_url()} in a browser. Ctrl-C stops it.")
            wait_for_end(children)
    except KeyboardInterrupt:
        _say("Stopped.")


def _program(values: Mapping[str, Any], home: Path) -> tuple[str, ...]:
    """The command that starts Open WebUI, installed first where it is not there."""
    if values["open_webui"]:
        return (str(values["open_webui"].absolute()),)
    if values["python"] and _has_open_webui(values["python"]):
        return (str(values["python"].absolute()), "-c", "from open_webui import app; app()")
    folder = home / "venv"
    version = values["version"] or installed_version(folder) or KNOWN_VERSION
    program = open_webui_of(folder)
    if program is None or installed_version(folder) != version:
        wanted = WebuiInstall(
            folder=folder,
            python=find_python(values["python"]),
            version=version,
            torch_index=values["torch_index"],
        )
        program = _install(wanted, home, is_agreed=values["yes"])
    return (str(program),)


def _install(wanted: WebuiInstall, home: Path, *, is_agreed: bool) -> Path:
    what = f"Open WebUI {wanted.version} will be installed into {wanted.folder}"
    _say(f"{what}: about 3 GB from the network, {NEEDED_BYTES / 1e9:.0f} GB of room, minutes.")
    _say("Its licence: https://docs.openwebui.com/license")
    if not is_agreed and not sys.stdin.isatty():
        raise UsageError("Nobody can be asked whether that is right.", "Say so with --yes.")
    if not is_agreed and not click.confirm("Go on?", default=True, err=True):
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
    log = home / "logs" / "install.log"
    with writing(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        stream = log.open("a", encoding="utf-8")
    with stream:
        return install(wanted, _Told(stream))


class _Told:
    """Says how the installation gets on, and keeps everything in a log."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log

    def step(self, number: int, total: int, name: str) -> None:
        _say(f"[{number}/{total}] {name}")

    def line(self, text: str) -> None:
        self._log.write(f"{text}\n")
        said = text.strip()
        if said.startswith(("Downloading ", "Installing collected")) and " kB)" not in said:
            _say(f"      {said[:_LINE_WIDTH]}")


def _has_open_webui(python: Path) -> bool:
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('open_webui') is None)"
    return subprocess.run((python, "-c", look), capture_output=True, check=False).returncode == 0


def _login(values: Mapping[str, Any]) -> bool:
    is_local = is_loopback(values["host"])
    if values["login"] is None:
        return not is_local
    if not values["login"] and not is_local:
        _say(f"Warning: everybody who reaches {values['host']} can use it, and change it.")
    return bool(values["login"])


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Until the block ends, SIGTERM stops things in the same order as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(sentence: str) -> None:
    click.echo(printable(sentence), err=True)
