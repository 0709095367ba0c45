"""`shuowen read --repair`, `--no-repair` and `--min-confidence`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from shuowen.cli.app import cli
from shuowen.config import REPAIR_CHOICES
from shuowen.document.json import from_json
from tests import made_files
from tests.cli.conftest import Run


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(made_files.png("First page"))
    return path


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], ["force_repairs=()", "forbid_repairs=()", "min_confidence=0.0"]),
        (["--min-confidence", "0.5"], ["min_confidence=0.5"]),
        (
            ["--no-repair", "dewarp", "--no-repair", "deskew", "--no-repair", "dewarp"],
            ["forbid_repairs=('deskew', 'dewarp')"],
        ),
        (["--no-repair", "all"], [f"forbid_repairs={REPAIR_CHOICES!r}"]),
    ],
)
def test_the_options_reach_the_reader(
    run: Run, page: Path, arguments: list[str], options: list[str]
) -> None:
    document = from_json(run("read", page, "--to", "json", *arguments).stdout_bytes)
    assert document.status == "ok"
    assert all(option in document.options for option in options)
    assert document.pages[0].regions[0].text == "First page"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--repair", "lights"], "Did you mean 'light'?"),
        (["--repair", "all"], "none of its values"),
        (["--no-repair", "al"], "Did you mean 'all'?"),
        (["--repair", "light", "--no-repair", "light"], "light is both forced and forbidden"),
        (["--min-confidence", "1.5"], "0<=x<=1"),
        (["--min-confidence", "nan"], "min-confidence"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run, page: Path, arguments: list[str], said: str
) -> None:
    ended = run("read", page, *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_names_of_repairs_are_completed() -> None:
    shell = ShellComplete(cli, {}, "shuowen", "_SHUOWEN_COMPLETE")
    found = [item.value for item in shell.get_completions(["read", "--repair"], "de")]
    assert found == ["deskew", "dewarp"]
    found = [item.value for item in shell.get_completions(["read", "--no-repair"], "")]
    assert found == [*REPAIR_CHOICES, "all"]


def test_the_help_names_every_repair(run: Run) -> None:
    shown = run("read", "--help").stdout
    assert all(name in shown for name in REPAIR_CHOICES)
