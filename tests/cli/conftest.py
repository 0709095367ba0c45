from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shuowen.cli.app import cli
from tests.source.conftest import server as server  # a fixture, by its name

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `shuowen` in this process, in an empty folder, on one core."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHUOWEN_PASSWORD", raising=False)

    def start(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, [str(each) for each in arguments], input=stdin)

    return start


@pytest.fixture
def start_python(tmp_path: Path) -> Start:
    """Starts Python as a process of its own, in an empty folder and with what this one imports."""
    paths = os.pathsep.join(filter(None, sys.path))

    def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        environment = {**os.environ, "PYTHONPATH": paths}
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, **options
        )

    return start
