"""Documents out of base64 and addresses, within limits."""

from __future__ import annotations

import pytest

from shuowen.config import Limits
from shuowen.errors import FetchError, FieldError, TooLargeError
from shuowen.server.compat import sources
from shuowen.server.compat.sources import decoded_base64, download_limits, source_from
from shuowen.server.options import ServerOptions
from shuowen.source.stop import Stop
from tests.server.compat.made import base64

LIMITS = Limits(max_bytes=20)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (base64(b"hello"), b"hello"),
        (" aGVs\nbG8= \r\n", b"hello"),
        ("data:application/pdf;base64," + base64(b"hello"), b"hello"),
        ("DATA:;BASE64," + base64(b"hello"), b"hello"),
        ("data:,hello%20you", b"hello you"),
        ("", b""),
        (base64(b"x" * 20), b"x" * 20),
    ],
)
def test_base64(text: str, data: bytes) -> None:
    source = source_from(text, "dir/../a.pdf\0", LIMITS, param="file")
    assert (source.data, source.name) == (data, "a.pdf")


@pytest.mark.parametrize("text", ["a", "ä", "aGVsbG8=!", "file:/etc/passwd", "data:nothing", "\0"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(FieldError, match="neither base64") as caught:
        source_from(text, "", LIMITS, param="file")
    assert caught.value.param == "file"


@pytest.mark.parametrize("text", [base64(b"x" * 24), "A" * 10_000, "data:;base64," + "A" * 99])
def test_too_much_is_refused_before_it_is_decoded(text: str) -> None:
    with pytest.raises(TooLargeError):
        decoded_base64(text, LIMITS.max_bytes, param="file")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/a", "http://127.0.0.1:1/", "http://[::1]/"]
)
def test_addresses_are_guarded(address: str) -> None:
    with pytest.raises(FetchError):
        source_from(address, "", LIMITS, param="file")


def test_downloads_are_no_larger_than_uploads() -> None:
    assert download_limits(ServerOptions(max_body_bytes=5)).max_bytes == 5


def test_a_download_ends_with_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Stop()
    stopped.set()
    monkeypatch.setattr(sources, "stop_of_thread", lambda: stopped)
    with pytest.raises(FetchError, match="broken off"):
        source_from("http://198.51.100.1/a.pdf", "", LIMITS, param="file")
