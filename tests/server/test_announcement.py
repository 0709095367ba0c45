from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shuowen.server.announcement import announcement
from shuowen.server.options import ServerOptions


def said(num_keys: int = 0, **fields: Any) -> str:
    options = ServerOptions(data_dir=Path("data"), **fields)
    return "\n".join(announcement(options, 1234, ["a", "shuowen-embedded"], num_keys))


def test_a_server_for_this_machine_says_where_it_is_and_warns_of_nothing() -> None:
    text = said()
    assert "http://127.0.0.1:1234/v1" in text
    assert "Models: a, shuowen-embedded." in text
    assert "No key is needed." in text
    assert "data for 1 day." in text
    assert "Ctrl-C" in text
    assert "WARNING" not in text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com"])
def test_an_open_server_without_keys_warns_loudly(host: str) -> None:
    text = said(host=host)
    assert "WARNING" in text
    assert "needs no key" in text
    assert "shuowen keys add" in text


def test_with_keys_it_warns_only_of_plain_http() -> None:
    text = said(2, host="0.0.0.0", keys_file=Path("k.json"))
    assert "2 keys are known from k.json" in text
    assert text.count("WARNING") == 1
    assert "HTTPS" in text
    assert "WARNING" not in said(1, host="0.0.0.0", keys_file=Path("k"), tls_cert=Path("c"))


def test_keys_that_are_needed_and_not_there_are_warned_of() -> None:
    assert "nobody can ask" in said(0, keys_file=Path("k.json"))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("::1", "http://[::1]:1234"),
        ("::", "http://[::1]:1234"),
        ("0.0.0.0", "http://127.0.0.1:1234"),
        ("example.com", "http://example.com:1234"),
    ],
)
def test_addresses_can_be_opened_as_they_stand(host: str, address: str) -> None:
    assert f"answers at {address} " in said(host=host)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(30, "30 seconds"), (90, "1.5 minutes"), (3600, "1 hour"), (7 * 86400, "7 days")],
)
def test_times_are_for_people(seconds: float, words: str) -> None:
    assert f"for {words}." in said(retention_seconds=seconds)
