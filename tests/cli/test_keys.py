from __future__ import annotations

from pathlib import Path

import pytest

from shuowen.server.keys import KeyRing
from shuowen.server.options import ServerOptions
from tests.cli.conftest import Run


def test_a_key_is_made_listed_used_and_revoked(run: Run, tmp_path: Path) -> None:
    made = run("keys", "add", "alice", "--file", "k.json", "--concurrent", "2")
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert key.startswith("sw-")
    assert "not shown again" in made.stderr
    options = ServerOptions(keys_file=tmp_path / "k.json")
    assert KeyRing(options).check(key).caller.name == "alice"
    listed = run("keys", "list", "--file", "k.json")
    assert "alice  2 at once" in listed.stdout
    assert key not in listed.output
    assert run("keys", "revoke", "alice", "--file", "k.json").exit_code == 0
    listed = run("keys", "list", "--file", "k.json")
    assert (listed.stdout, "shuowen keys add NAME --file k.json" in listed.stderr) == ("", True)
    assert len(KeyRing(options)) == 0


def test_the_file_comes_from_the_environment_or_the_data_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHUOWEN_KEYS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert run("keys", "list").stdout == ""
    assert run("keys", "add", "a").exit_code == 0
    assert (tmp_path / "home" / "shuowen" / "server" / "keys.json").is_file()
    monkeypatch.setenv("SHUOWEN_KEYS", str(tmp_path / "other.json"))
    assert run("keys", "add", "b").exit_code == 0
    assert (tmp_path / "other.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["add", "a\x1b[31m"], 2, "printable"),
        (["add", "twice"], 2, "Choose another name"),
        (["revoke", "nobody"], 2, "There is no key nobody"),
        (["add", "a", "--concurrent", "-1"], 2, "concurrent"),
        (["add", "a", "--file", "."], 2, "directory"),
        (["list", "--file", "damaged.json"], 3, "damaged"),
        (["revoke", "a", "--file", "missing.json"], 3, "does not exist"),
    ],
)
def test_mistakes_are_named(
    run: Run, tmp_path: Path, arguments: list[str], exit_code: int, words: str
) -> None:
    (tmp_path / "damaged.json").write_text("{")
    if "--file" not in arguments:
        arguments = [*arguments, "--file", "k.json"]
    run("keys", "add", "twice", "--file", "k.json")
    ended = run("keys", *arguments)
    assert ended.exit_code == exit_code
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
