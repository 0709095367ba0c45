"""An environment for LMDeploy or vLLM, made when somebody asks for it and never unasked."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from shuowen.errors import EngineError, OutputError
from shuowen.hub.lock import only_one
from shuowen.hub.writing import writing
from shuowen.launch.engine_python import TITLES, Program, own_environment, python_of, version_in
from shuowen.launch.version import NEWEST_LMDEPLOY, NEWEST_VLLM

NEEDED_BYTES = 15_000_000_000
"""Room for PyTorch with CUDA, the engine, and what is downloaded on the way."""

_REQUIREMENTS: dict[Program, tuple[str, ...]] = {
    "lmdeploy": (f"lmdeploy=={NEWEST_LMDEPLOY}", "timm"),  # timm: docs/en/multi_modal/internvl.md
    "vllm": (f"vllm=={NEWEST_VLLM}",),
}

Run = Callable[[tuple[str, ...]], int]
"""Runs a command, whose output people see, and gives its exit code."""


def install_commands(program: Program) -> tuple[tuple[str, ...], ...]:
    """The commands that make the environment, in order."""
    folder = own_environment(program)
    pip = (str(python_of(folder)), "-m", "pip", "install", "--no-input")
    return (
        (sys.executable, "-m", "venv", str(folder)),
        (*pip, "--upgrade", "pip"),
        (*pip, *_REQUIREMENTS[program]),
    )


def how_to_install(program: Program) -> str:
    """The same for people to type: one line."""
    return " && ".join(shlex.join(command) for command in install_commands(program))


def run_visibly(command: tuple[str, ...]) -> int:
    """Run a command whose output goes to standard error."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno()).returncode


def install_engine(program: Program, run: Run = run_visibly) -> Path:
    """Make the environment, unless it is there already.

    Returns:
        Its Python.

    Raises:
        OutputError: Too little room, or a folder that cannot be written.
        CapacityError: Another process is making it.
        EngineError: A command fails.
    """
    folder = own_environment(program)
    python = python_of(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with only_one(folder):
            if version_in(python, program) is not None:
                return python
            _check_room(folder)
            for command in install_commands(program):
                if run(command):
                    raise EngineError(
                        f"{TITLES[program]} could not be installed: this failed:"
                        f" {shlex.join(command)}",
                        "What it said is above. Run the same command again to go on.",
                    )
    if version_in(python, program) is None:
        raise EngineError(f"{TITLES[program]} was installed, but {python} does not have it.")
    return python


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise OutputError(
            f"The environment needs about {NEEDED_BYTES / 1e9:.0f} GB in {folder}, and"
            f" {free / 1e9:.1f} GB are free.",
            "Free some space, or set XDG_DATA_HOME to a folder on another disk.",
        )
