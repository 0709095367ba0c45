from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from shuowen.errors import AccessError, InputError
from shuowen.server.callers import LOCAL
from shuowen.server.key_file import add_key, revoke_key
from shuowen.server.keys import KeyRing
from shuowen.server.options import ServerOptions
from shuowen.server.rates import Allowance


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_without_keys_everybody_is_the_same_caller() -> None:
    ring = KeyRing(ServerOptions(requests_per_minute=5))
    assert ring.check(None).caller == LOCAL
    assert ring.check("anything").allowance == Allowance(requests_per_minute=5)


def test_every_key_has_its_own_caller_and_limits(path: Path) -> None:
    alice = add_key(path, "alice", requests_per_minute=0)
    bob = add_key(path, "bob", concurrent=2)
    ring = KeyRing(ServerOptions(keys_file=path, requests_per_minute=9, api_keys=("sk-third",)))
    assert len(ring) == 3
    assert ring.check(alice).caller.name == "alice"
    assert ring.check(alice).allowance == Allowance(0, 0)
    assert ring.check(bob).allowance == Allowance(9, 2)
    assert len({ring.check(key).caller.id for key in (alice, bob, "sk-third")}) == 3


@pytest.mark.parametrize("key", [None, "", "sw-wrong", "sw-" + "é" * 43, "\udcff"])
def test_other_keys_are_refused(path: Path, key: str | None) -> None:
    add_key(path, "alice")
    with pytest.raises(AccessError):
        KeyRing(ServerOptions(keys_file=path)).check(key)


def test_the_hash_in_the_file_is_no_key(path: Path) -> None:
    import json

    add_key(path, "alice")
    digest = json.loads(path.read_text())["keys"][0]["sha256"]
    with pytest.raises(AccessError):
        KeyRing(ServerOptions(keys_file=path)).check(digest)


def test_all_keys_are_compared_wherever_the_right_one_stands(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [add_key(path, name) for name in "abc"]
    ring = KeyRing(ServerOptions(keys_file=path))
    compared: list[str] = []
    compare = hmac.compare_digest

    def counted(a: str, b: str) -> bool:
        compared.append(b)
        return compare(a, b)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for key in keys:
        compared.clear()
        ring.check(key)
        assert len(compared) == 3


def test_a_damaged_or_missing_file_is_an_error_at_the_start(path: Path) -> None:
    with pytest.raises(InputError):
        KeyRing(ServerOptions(keys_file=path))
    path.write_text("{")
    with pytest.raises(InputError):
        KeyRing(ServerOptions(keys_file=path))


def test_a_changed_file_is_read_again(path: Path) -> None:
    alice = add_key(path, "alice")
    ring = KeyRing(ServerOptions(keys_file=path), Clock())
    bob = add_key(path, "bob")
    assert ring.check(bob).caller.name == "bob"
    revoke_key(path, "alice")
    with pytest.raises(AccessError):
        ring.check(alice)
    assert ring.check(bob).caller.name == "bob"


def test_a_file_that_is_damaged_while_serving_neither_opens_nor_closes_the_server(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    alice = add_key(path, "alice")
    ring = KeyRing(ServerOptions(keys_file=path), Clock())
    path.write_text("{")
    assert ring.check(alice).caller.name == "alice"
    with pytest.raises(AccessError):
        ring.check("sw-other")
    assert "damaged" in caplog.text


def test_a_file_that_is_removed_takes_its_keys_with_it(path: Path) -> None:
    alice = add_key(path, "alice")
    ring = KeyRing(ServerOptions(keys_file=path), Clock())
    path.unlink()
    with pytest.raises(AccessError):
        ring.check(alice)
    bob = add_key(path, "bob")
    assert ring.check(bob).caller.name == "bob"
