from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import shuowen
from shuowen import errors
from shuowen.cli import app
from shuowen.errors import (
    EXIT_INTERRUPTED,
    CapacityError,
    InternalError,
    ShuowenError,
    UsageError,
)
from tests import made_files
from tests.cli.conftest import Run, Start

RAISED: list[BaseException] = []


@click.command("fail")
def command() -> None:
    """Raises what a test put into `RAISED`."""
    raise RAISED.pop()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subcommand "fail" that raises what stands in `RAISED`."""
    monkeypatch.setitem(sys.modules, "failing_command", sys.modules[__name__])
    monkeypatch.setitem(app.COMMANDS, "fail", ("failing_command", "Fail."))


def all_error_classes() -> list[type[ShuowenError]]:
    return ShuowenError.__subclasses__()


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("error_class", all_error_classes(), ids=lambda each: each.__name__)
def test_every_error_ends_with_its_sentence_and_code(
    run: Run, error_class: type[ShuowenError]
) -> None:
    RAISED.append(error_class("It broke.", "Mend it."))
    ended = run("fail")
    assert (ended.exit_code, ended.stderr) == (error_class.exit_code, "Error: It broke. Mend it.\n")


def test_exit_codes_are_told_apart_and_listed(run: Run) -> None:
    codes = [each.exit_code for each in all_error_classes()]
    codes += [errors.EXIT_PARTIAL, errors.EXIT_INTERRUPTED, 0]
    assert len(set(codes)) == len(codes)
    listed = run("--help").stdout.partition("Exit codes:")[2].split()
    assert {str(code) for code in codes} <= set(listed)


@pytest.mark.usefixtures("failing")
def test_a_bug_asks_for_a_report(run: Run) -> None:
    RAISED.append(KeyError("lost"))
    ended = run("fail")
    assert ended.exit_code == InternalError.exit_code
    assert ended.stderr.count("\n") == 1
    for part in ("KeyError", "'lost'", "report", "shuowen doctor", "--debug"):
        assert part in ended.stderr


@pytest.mark.usefixtures("failing")
def test_too_little_memory_is_no_bug(run: Run) -> None:
    RAISED.append(MemoryError())
    ended = run("fail")
    assert ended.exit_code == CapacityError.exit_code
    assert "--jobs 1" in ended.stderr


@pytest.mark.usefixtures("failing")
def test_ctrl_c(run: Run) -> None:
    RAISED.append(KeyboardInterrupt())
    ended = run("fail")
    assert (ended.exit_code, ended.stderr) == (EXIT_INTERRUPTED, "Error: Stopped.\n")


def test_debug_shows_where_an_error_came_from(start_python: Start) -> None:
    process = start_python("-m", "shuowen", "--debug", "read", "missing.png")
    stdout, stderr = process.communicate()
    assert b"Traceback" in stderr
    assert b"InputError: missing.png does not exist." in stderr
    quiet = start_python("-m", "shuowen", "read", "missing.png")
    assert b"Traceback" not in quiet.communicate()[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE")
@pytest.mark.parametrize("command", [["schema"], ["read", "a.png"]])
def test_a_closed_pipe_is_left_quietly(
    start_python: Start, tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Nobody reads this"))
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = start_python("-m", "shuowen", *command, stdout=writer)
    finally:
        os.close(writer)
    _, stderr = process.communicate()
    assert (process.returncode, stderr) == (app.EXIT_BROKEN_PIPE, b"")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["raed", "x.pdf"], "Did you mean 'read'?"),
        (["x.pdf"], "shuowen read x.pdf"),
        (["read"], "SOURCE"),
        (["doctor", "--jsno"], "--json"),
    ],
    ids=" ".join,
)
def test_a_slip_gets_one_line_of_advice(run: Run, arguments: list[str], expected: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == UsageError.exit_code
    assert ended.stderr.count("\n") == 1
    assert expected in ended.stderr


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_command_has_help_with_examples(run: Run, name: str) -> None:
    ended = run(name, "--help")
    assert ended.exit_code == 0
    assert "Example" in ended.stdout
    module = importlib.import_module(app.COMMANDS[name][0])
    assert module.command.name == name


def test_the_list_of_commands_and_the_version(run: Run) -> None:
    shown = run("--help").stdout
    for name, (_, line) in app.COMMANDS.items():
        assert f"{name} " in shown
        assert line in shown
    assert run("--version").stdout == f"shuowen {shuowen.__version__}\n"


HEAVY = {"numpy", "cv2", "PIL", "onnxruntime", "pypdfium2", "urllib3", "tqdm"}
LOADED = """
import sys
from click.testing import CliRunner
from shuowen.cli.app import cli
ended = CliRunner().invoke(cli, {arguments!r})
assert ended.exit_code == 0, ended.output
print(*sorted({heavy!r} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["read", "--help"], ["doctor", "--help"], ["bench", "--help"], ["schema"]],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    script = LOADED.format(arguments=arguments, heavy=HEAVY)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert (ended.stdout, ended.stderr) == ("\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_for_a_shell(run: Run, shell: str) -> None:
    ended = run("completion", shell)
    assert ended.exit_code == 0
    assert "_SHUOWEN_COMPLETE" in ended.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("shuowen ", set(app.COMMANDS)),
        ("shuowen read --to ", {"md", "json", "html", "txt", "overlay"}),
        ("shuowen read --effort ", {"fast", "normal", "max"}),
        ("shuowen read --text", {"--text-layer"}),
        ("shuowen completion ", {"bash", "zsh", "fish"}),
    ],
)
def test_completion_knows_commands_options_and_values(
    words: str, expected: set[str], start_python: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_SHUOWEN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    script = "from shuowen.cli.app import main; main()"
    stdout, stderr = start_python("-c", script).communicate()
    assert {line.partition(",")[2] for line in stdout.decode().splitlines()} == expected, stderr
