from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.launch.front import Front, front_of
from shuowen.launch.parse import parse
from tests.launch.flag_cases import MODEL

TLS = {"SSL_CERTFILE": "/c.pem", "SSL_KEYFILE": "/k.pem"}


def front(words: str = "", *, has_child: bool = True) -> Front:
    return front_of(parse([MODEL, *shlex.split(words)]), TLS, has_child=has_child)


def test_without_flags_nothing_is_set_but_tools() -> None:
    assert front() == Front(fields={"tools": "ignore"})
    assert front(has_child=False) == Front(fields={})


@pytest.mark.parametrize(
    "words", ["--api-keys", "--api-keys ''", "--keys ''", "--media-dir=", "--data-dir ''"]
)
def test_a_flag_with_nothing_behind_it_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match=words.split("=")[0].split()[0]):
        front(words)


def test_every_flag_of_the_server_has_its_field() -> None:
    made = front(
        "--server-name ::1 --server-port 0 --allow-origins http://a http://b --api-keys k1 '' k2"
        " --keys keys.json --ssl --max-concurrent-requests 3 --allowed-media-domains A.org. b.org"
        " --media-dir /m --data-dir /d --disable-fastapi-docs --log-level FATAL"
    )
    assert made.fields == {
        "host": "::1",
        "port": 0,
        "cors_origins": ("http://a", "http://b"),
        "api_keys": ("k1", "k2"),
        "keys_file": Path("keys.json"),
        "tls_cert": Path("/c.pem"),
        "tls_key": Path("/k.pem"),
        "max_requests": 3,
        "media_dir": Path("/m"),
        "data_dir": Path("/d"),
        "docs": False,
        "tools": "ignore",
    }
    assert made.media_domains == ("a.org", "b.org")
    assert made.log_level == "CRITICAL"
    assert "k1" not in repr(made)


@pytest.mark.parametrize(
    ("words", "has_child", "policy"),
    [
        ("", True, "ignore"),
        ("--tool-call-parser qwen2d5", True, "forward"),
        ("--tool-call-parser qwen2d5 --tools reject", True, "reject"),
        ("--tools forward", True, "forward"),
        ("--tools auto", True, "ignore"),
        ("--tools auto", False, "auto"),
    ],
)
def test_tools_reach_an_engine_that_has_a_parser(words: str, has_child: bool, policy: str) -> None:
    assert front(words, has_child=has_child).fields["tools"] == policy


@pytest.mark.parametrize("missing", TLS)
def test_ssl_needs_both_files(missing: str) -> None:
    environ = {name: value for name, value in TLS.items() if name != missing}
    with pytest.raises(UsageError, match=missing):
        front_of(parse([MODEL, "--ssl"]), environ)


@pytest.mark.parametrize("words", ["--server-port 65536", "--max-concurrent-requests 0"])
def test_numbers_out_of_range_are_refused_by_name(words: str) -> None:
    with pytest.raises(UsageError, match=words.split()[0]):
        front(words)
