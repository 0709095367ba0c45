"""Engines by the names that the command line takes."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from pathlib import Path

from shuowen.config import EFFORT_CHOICES, Effort, ReadOptions
from shuowen.errors import UsageError
from shuowen.evals.evaluated import EvaluatedEngine
from shuowen.evals.own_reader import OwnEngine
from shuowen.evals.peers.installed import InstalledPeer
from shuowen.evals.peers.server import ServerEngine

INSTALLED = ("rapidocr", "rapidocr-no-cls", "tesseract", "docling", "mineru")
OWN = ("shuowen", *(f"shuowen-{effort}" for effort in EFFORT_CHOICES))
NAMES = (*OWN, *INSTALLED, "url:ADDRESS#MODEL", "python:FILE.py")


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """What engines are started with."""

    effort: Effort = "normal"
    """Of the engine `shuowen`."""
    jobs: int | None = None
    """Pages and lines that Shuowen reads side by side; the number of processor cores when None."""
    peer_python: str = sys.executable
    """The Python in which peers are installed."""
    timeout: float = 600.0
    """Longest time that a peer may take for one file, and a server for one answer, in seconds."""


def open_engine(name: str, settings: EngineSettings) -> EvaluatedEngine:
    """The engine `name`, ready to be asked.

    Raises:
        UsageError: There is no such engine, or what is behind the colon is wrong.
        MissingExtraError: A peer that is not installed; the hint says how to get it.
        EngineError: A peer that broke while it started.
    """
    kind, colon, rest = name.partition(":")
    if colon and kind == "url":
        address, _, model = rest.partition("#")
        return ServerEngine(name, address, model, timeout=settings.timeout)
    if colon and kind == "python":
        return _python_file(name, Path(rest), settings)
    if name in OWN:
        return _own(name, settings)
    if name in INSTALLED:
        return _installed(name, [name], settings)
    raise _unknown(name)


def _own(name: str, settings: EngineSettings) -> OwnEngine:
    effort = next((each for each in EFFORT_CHOICES if name.endswith(f"-{each}")), settings.effort)
    return OwnEngine(name, ReadOptions(effort=effort), jobs=settings.jobs)  # type: ignore[arg-type]


def _python_file(name: str, path: Path, settings: EngineSettings) -> InstalledPeer:
    if not path.is_file():
        raise UsageError(f"{path} is no file.", "Give a Python file with a function read(path).")
    return _installed(name, ["python", str(path.resolve())], settings)


def _installed(name: str, words: list[str], settings: EngineSettings) -> InstalledPeer:
    return InstalledPeer(name, words, python=settings.peer_python, timeout=settings.timeout)


def _unknown(name: str) -> UsageError:
    near = difflib.get_close_matches(name, NAMES, n=1)
    advice = f"Did you mean {near[0]!r}? " if near else ""
    return UsageError(f"There is no engine {name!r}.", f"{advice}There are: {', '.join(NAMES)}.")
