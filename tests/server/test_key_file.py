from __future__ import annotations

import json
import os
import re
import stat
import threading
from pathlib import Path

import pytest

from shuowen.errors import ConflictError, InputError, NotFoundError, OutputError, UsageError
from shuowen.server.key_file import KeyFile, add_key, hash_of, load_keys, revoke_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "keys.json"


def test_a_key_is_long_and_random_and_not_in_the_file(path: Path) -> None:
    first, second = add_key(path, "alice"), add_key(path, "王芳", concurrent=3)
    assert first != second
    assert re.fullmatch(r"sw-[A-Za-z0-9_-]{43}", first)
    text = path.read_text(encoding="utf-8")
    assert first not in text and second not in text
    kept = load_keys(path)
    assert [entry.name for entry in kept.keys] == ["alice", "王芳"]
    assert [entry.sha256 for entry in kept.keys] == [hash_of(first), hash_of(second)]
    assert kept.keys[1].concurrent == 3
    assert len({entry.id for entry in kept.keys}) == 2


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_its_owner_can_read_the_file(path: Path) -> None:
    add_key(path, "alice")
    path.chmod(0o644)
    add_key(path, "bob")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    names = {each.name for each in path.parent.iterdir()}
    assert names == {"keys.json", ".keys.json.lock"}


def test_keys_are_revoked_by_name_or_id(path: Path) -> None:
    add_key(path, "alice")
    add_key(path, "bob")
    revoke_key(path, "alice")
    assert [entry.name for entry in load_keys(path).keys] == ["bob"]
    revoke_key(path, load_keys(path).keys[0].id)
    assert load_keys(path) == KeyFile()
    with pytest.raises(NotFoundError):
        revoke_key(path, "bob")


def test_two_keys_of_one_name_are_refused(path: Path) -> None:
    add_key(path, "alice")
    with pytest.raises(ConflictError):
        add_key(path, "alice")


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 101, "\x1b[31m"])
def test_names_that_would_spoil_a_list_are_refused(path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        add_key(path, name)
    assert not path.exists()


ENTRY = {"id": "key_1", "name": "a", "sha256": "0" * 64, "created": 1}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "keys": []}',
        '{"keys": [{}]}',
        json.dumps({"keys": [{**ENTRY, "sha256": "short"}]}),
        json.dumps({"keys": [{**ENTRY, "admin": True}]}),
        json.dumps({"keys": [ENTRY, ENTRY]}),
        json.dumps({"keys": [{**ENTRY, "requests_per_minute": "many"}]}),
    ],
)
def test_a_damaged_file_is_an_error_and_stays_as_it_is(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    for attempt in (load_keys, lambda path: add_key(path, "bob")):
        with pytest.raises(InputError, match="damaged"):
            attempt(path)
    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        add_key(tmp_path / "file" / "keys.json", "alice")


def test_keys_that_are_made_at_once_are_all_kept(path: Path) -> None:
    threads = [threading.Thread(target=add_key, args=(path, f"key {i}")) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(load_keys(path).keys) == 8
