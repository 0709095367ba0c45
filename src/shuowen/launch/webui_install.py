"""Open WebUI in an environment of its own: which commands put it there, and running them.

It cannot share ours: it pins other versions of the same packages. PyTorch comes first, as the build
for processors: Open WebUI requires it for embeddings that are never made here, and what the
registry has for Linux brings gigabytes for graphics cards.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from shuowen.errors import EngineError, FetchError, OutputError, ShuowenError, UsageError
from shuowen.hub.lock import only_one
from shuowen.hub.writing import writing
from shuowen.launch.engine_python import python_of

KNOWN_VERSION = "0.12.4"
"""The release that this was made for and is tested with."""
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
"""Where PyTorch's builds for processors are; other systems than Linux get them from PyPI."""
NEEDED_BYTES = 4_000_000_000
"""Room that the installation needs: 2.9 GB in the end, the rest on the way."""

_KNOWN_TORCH = "torch==2.13.0"
_MIN_PYTHON, _END_PYTHON = (3, 11), (3, 13)
_MARK = "shuowen-webui.json"
_NUM_KEPT_LINES = 40
_AGAIN = "Run the same command again: it goes on where it stopped."


@dataclass(frozen=True, kw_only=True)
class WebuiInstall:
    """Where Open WebUI is to be installed and from what.

    Attributes:
        folder: The environment, which is made when it is not there.
        python: The Python to make it with, 3.11 or 3.12.
        version: Release of Open WebUI.
        torch_index: Package index for PyTorch on Linux.
    """

    folder: Path
    python: Path
    version: str = KNOWN_VERSION
    torch_index: str = TORCH_INDEX


@dataclass(frozen=True, kw_only=True)
class InstallStep:
    """One command of the installation, and what people are told about it."""

    name: str
    command: tuple[str, ...]


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted in the environment: the release, how many steps are done, and if all are."""

    version: str = ""
    num_done: int = 0
    is_complete: bool = False


class InstallWatcher(Protocol):
    """Somebody who is told how the installation gets on."""

    def step(self, number: int, total: int, name: str) -> None:
        """A step begins."""

    def line(self, text: str) -> None:
        """What the running command says."""


def install_steps(wanted: WebuiInstall, system: str = sys.platform) -> tuple[InstallStep, ...]:
    """The commands, in order; `system` as in `sys.platform`."""
    pip = (str(python_of(wanted.folder)), "-m", "pip", "install", "--no-input")
    index = ("--index-url", wanted.torch_index) if system == "linux" else ()
    torch = _KNOWN_TORCH if wanted.version == KNOWN_VERSION else "torch"
    return (
        InstallStep(
            name="Making the environment",
            command=(str(wanted.python), "-m", "venv", str(wanted.folder)),
        ),
        InstallStep(name="Updating its installer", command=(*pip, "--upgrade", "pip")),
        InstallStep(name="PyTorch, the build for processors", command=(*pip, torch, *index)),
        InstallStep(
            name=f"Open WebUI {wanted.version} and what it needs",
            command=(*pip, "--resume-retries", "5", f"open-webui=={wanted.version}"),
        ),
    )


def open_webui_of(folder: Path) -> Path | None:
    """The program `open-webui` of an environment that is complete, else None."""
    program = python_of(folder).with_stem("open-webui")  # beside it, and ".exe" where it has that
    return program if installed_version(folder) and program.is_file() else None


def installed_version(folder: Path) -> str:
    """Which release an environment holds whole; "" where none is or it is not complete."""
    mark = _read_mark(folder)
    return mark.version if mark.is_complete else ""


def install(wanted: WebuiInstall, watcher: InstallWatcher) -> Path:
    """Install what is missing; steps that an earlier run finished are left out.

    Returns:
        The program `open-webui`.

    Raises:
        CapacityError: Another process installs into the folder.
        OutputError: Too little room, or a folder that cannot be written.
        FetchError: Something cannot be downloaded.
        EngineError: A command fails for any other reason.
    """
    with writing(wanted.folder):
        wanted.folder.mkdir(parents=True, exist_ok=True)
        _check_room(wanted.folder)
        with only_one(wanted.folder):
            _run_steps(wanted, watcher)
    program = open_webui_of(wanted.folder)
    if program is None:
        raise EngineError(
            f"Open WebUI {wanted.version} was installed, but brought no program `open-webui`.",
            "Choose another release with --version.",
        )
    return program


def find_python(given: Path | None = None) -> Path:
    """A Python that Open WebUI takes: `given`, the one that runs, or one on the PATH.

    Raises:
        UsageError: There is none, or `given` is of another version.
    """
    names = [given] if given else [Path(sys.executable), Path("python3.12"), Path("python3.11")]
    for name in names:
        found = shutil.which(name)
        if found and _MIN_PYTHON <= _version_of(found) < _END_PYTHON:
            return Path(found)
    hint = "Install Python 3.12, or name one with --python PATH."
    raise UsageError("Open WebUI needs Python 3.11 or 3.12.", hint)


def _run_steps(wanted: WebuiInstall, watcher: InstallWatcher) -> None:
    mark = _read_mark(wanted.folder)
    num_done = mark.num_done if mark.version == wanted.version else 0
    steps = install_steps(wanted)
    for number, step in enumerate(steps, start=1):
        if number <= num_done:
            continue
        watcher.step(number, len(steps), step.name)
        _run(step, watcher)
        _write_mark(wanted, number, number == len(steps))


def _run(step: InstallStep, watcher: InstallWatcher) -> None:
    last: deque[str] = deque(maxlen=_NUM_KEPT_LINES)
    with subprocess.Popen(
        step.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line.rstrip())
            watcher.line(line.rstrip())
    if process.returncode:
        raise _failure(step, last)


_FAILURES: Sequence[tuple[str, type[ShuowenError], str]] = (
    ("No space left", OutputError, f"Free some space. {_AGAIN}"),
    ("ensurepip", EngineError, "Install your system's package for venv: python3-venv on Debian."),
    ("onnection", FetchError, f"Check the network; --torch-index names a mirror. {_AGAIN}"),
    ("imed out", FetchError, f"Check the network; --torch-index names a mirror. {_AGAIN}"),
    # After the others: pip says it too where it reached no index at all.
    ("No matching distribution", FetchError, "Choose another release with --version."),
)
"""What a failed command's last lines may hold, the error that it is, and what helps."""


def _failure(step: InstallStep, last: Sequence[str]) -> ShuowenError:
    text = "\n".join(last)
    errors = [line for line in last if line.startswith("ERROR:")] or list(last)[-1:]
    said = errors[-1].removeprefix("ERROR:").strip() if errors else "it said nothing"
    message = f"{step.name} failed: {said.rstrip('.')}."
    for part, kind, hint in _FAILURES:
        if part in text:
            return kind(message, hint)
    return EngineError(message, _AGAIN)


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if not installed_version(folder) and free < NEEDED_BYTES:
        raise OutputError(
            f"{folder} has {free / 1e9:.1f} GB of room; Open WebUI needs {NEEDED_BYTES / 1e9:.0f}.",
            "Free some space, or choose another place with --home.",
        )


def _version_of(python: str) -> tuple[int, ...]:
    asked = (python, "-c", "import sys; print(*sys.version_info[:2])")
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return tuple(int(part) for part in said.stdout.split() if part.isdigit())


def _read_mark(folder: Path) -> _Mark:
    try:
        return msgspec.json.decode((folder / _MARK).read_bytes(), type=_Mark)
    except (OSError, msgspec.DecodeError):
        return _Mark()


def _write_mark(wanted: WebuiInstall, num_done: int, is_complete: bool) -> None:
    mark = _Mark(version=wanted.version, num_done=num_done, is_complete=is_complete)
    (wanted.folder / _MARK).write_bytes(msgspec.json.encode(mark))
