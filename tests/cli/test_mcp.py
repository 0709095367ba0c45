from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shuowen.errors import MissingExtraError, UsageError
from tests.cli.conftest import Run


def test_the_help_says_how_assistants_start_it(run: Run) -> None:
    shown = run("mcp", "--help").stdout
    assert '"args": ["mcp", "--root"' in shown
    assert "read_document" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--allow-host", "x"), "no effect without --http"),
        (("--http", "nonsense:port"), "Write it like 127.0.0.1:8765"),
        (("--http", "1.2.3.4:99999"), "is no address"),
        (("--root", "none"), "none"),
        (("--http", "8765", "--keys", "none"), "none"),
        (("--max-characters", "5"), "max-characters"),
    ],
)
def test_options_that_make_no_sense(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ended = run("mcp", *arguments)
    assert ended.exit_code == UsageError.exit_code
    assert said in ended.stderr


def test_the_root_of_all_files_is_not_taken_unasked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path.cwd().anchor)
    ended = run("mcp")
    assert ended.exit_code == UsageError.exit_code
    assert "--root DIR" in ended.stderr


def test_without_the_package_it_says_how_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    ended = run("mcp")
    assert ended.exit_code == MissingExtraError.exit_code
    assert "shuowen[mcp]" in ended.stderr
