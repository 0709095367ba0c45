from __future__ import annotations

from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.server.options import ServerOptions, is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST.", "a.localhost", "::1", "[::1]"]
)
def test_these_lead_to_this_machine_alone(host: str) -> None:
    assert is_loopback(host)
    assert ServerOptions(host=host).is_local


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.0.1", "localhost.example", "127.0.0.1.nip.io", ""]
)
def test_these_may_lead_elsewhere(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "fields",
    [
        {"port": -1},
        {"port": 65536},
        {"jobs": 0},
        {"max_requests": 0},
        {"max_body_bytes": 0},
        {"request_seconds": 0},
        {"request_seconds": float("nan")},
        {"retention_seconds": -1},
        {"drain_seconds": -1},
        {"tls_key": Path("key.pem")},
        {"cors_origins": ("https://app.example.com/",)},
        {"cors_origins": ("https://App.example.com",)},
        {"cors_origins": ("app.example.com",)},
    ],
)
def test_values_that_make_no_server_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ServerOptions(**fields)  # type: ignore[arg-type]


def test_origins_are_taken_as_browsers_write_them() -> None:
    origins = ("*", "null", "https://app.example.com", "http://[::1]:3000", "moz-extension://a-1")
    assert ServerOptions(cors_origins=origins).cors_origins == origins


def test_keys_are_not_shown() -> None:
    assert "sk-secret" not in repr(ServerOptions(api_keys=("sk-secret",)))
