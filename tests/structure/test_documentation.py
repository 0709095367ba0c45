"""What the documentation says can be done is done: commands, options, code and links."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from shuowen.cli.app import cli
from shuowen.server.options import ServerOptions
from tests import made_files
from tests.server.conftest import running

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "samples/*.md")
    for path in ROOT.glob(pattern)
)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SHELL_BLOCKS = ("bash", "sh", "console", "shell")


def blocks(page: str, *languages: str) -> list[str]:
    """The contents of fenced blocks in some languages."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [content for _, language, content in found if language in languages]


def commands(page: str) -> Iterator[list[str]]:
    """Words of every `shuowen` and `make` command, to the first pipe, redirection or comment."""
    for block in blocks(page, *SHELL_BLOCKS):
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words = list(lexer)
            while words:
                end = next((n for n, word in enumerate(words) if set(word) <= set("|<>&;()")), None)
                part = words[:end]
                if part and part[0] in ("shuowen", "make"):
                    yield part
                words = [] if end is None else words[end + 1 :]


def check_shuowen(words: list[str]) -> None:
    """Parse a command line without running it; click raises where it is wrong."""
    if set(words) & {"--help", "-h", "--version"}:
        words = [word for word in words if word not in ("--help", "-h", "--version")]
        if not words:
            return
    with click.Context(cli, info_name="shuowen") as context:
        rest = [word for word in words if word != "--debug"]
        name, command, arguments = cli.resolve_command(context, rest)
        assert command is not None
        if arguments or not command.params:
            command.make_context(name, arguments, parent=context)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists_with_its_options(page: str) -> None:
    for words in commands(page):
        if words[0] == "shuowen":
            check_shuowen(words[1:])
        else:
            asked = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
            assert set(asked) <= TARGETS, f"{page}: make {asked}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_both_readmes_hold_the_same_commands_and_code() -> None:
    first, second = READMES
    assert list(commands(first)) == list(commands(second))
    assert list(commands(first))
    strip = [re.sub(r"#.*", "", "".join(blocks(page, "python"))).split() for page in READMES]
    assert strip[0] == strip[1]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server answers, in place of the one that the documentation tells to start."""
    with running(ServerOptions(port=0, data_dir=tmp_path_factory.mktemp("data"))) as server:
        yield server.url


@pytest.mark.parametrize("page", (*READMES, "docs/server.md"))
def test_python_in_the_documentation_runs(
    page: str,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    for code in blocks(page, "python"):
        code = code.replace("http://127.0.0.1:23333", address)
        for name in re.findall(r'"([^"\s]+\.(?:pdf|png|jpg))"', code):
            path = tmp_path / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                is_pdf = path.suffix == ".pdf"
                path.write_bytes(
                    made_files.pdf_with_text("One", "Two") if is_pdf else made_files.png("One")
                )
        exec(compile(code, page, "exec"), {"__name__": "readme"})
    said = capsys.readouterr()
    assert "Error" not in said.err
    assert "LinnSequencer" in said.out
