"""URLs that are refused or fail: one sentence, exit code 9, and the other sources are read."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import EXIT_PARTIAL, FetchError, InputError
from tests import made_files
from tests.cli.conftest import Run

PAGE = made_files.png("Hello page one")


def answer(body: bytes, status: int = 200, **headers: str) -> Any:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return write


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then, for far longer than the test allows, but not for ever."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.1)


def test_a_document_from_a_url(run: Run, server: Any, tmp_path: Path) -> None:
    server.answers["/a/notes.png"] = answer(PAGE)
    url = server.url("/a/notes.png")
    ended = run("read", url, "--allow-private-urls", "-o", "out")
    assert ended.exit_code == 0, ended.stderr
    assert (tmp_path / "out" / "notes.md").read_text() == "Hello page one\n"
    again = run("read", url, "--allow-private-urls", "-o", "out")
    assert "Skipped 1 document" in again.stderr


def test_a_private_address_is_refused_and_costs_nothing_else(
    run: Run, server: Any, tmp_path: Path
) -> None:
    server.answers["/x.png"] = answer(PAGE)
    (tmp_path / "good.png").write_bytes(made_files.png("All good"))
    url = server.url("/x.png")
    alone = run("read", url)
    assert alone.exit_code == FetchError.exit_code
    assert alone.stderr.count("\n") == 1
    together = run("read", url, "good.png", "--quiet")
    assert together.exit_code == EXIT_PARTIAL
    assert "All good" in together.stdout
    assert together.stderr.count("\n") == 1
    assert not server.requests


def refused(run: Run, *arguments: object) -> str:
    """The sentence for a download that fails."""
    ended = run("read", *arguments, "--allow-private-urls")
    assert ended.exit_code == FetchError.exit_code, ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
    return ended.stderr


def test_a_redirect_to_a_private_address_is_refused(
    run: Run, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first address passes as public, so that only the redirect's target is private.
    from shuowen.source import address

    server.answers["/x.png"] = answer(b"", 302, Location="http://169.254.169.254/secret")
    is_public = address.is_public
    monkeypatch.setattr(address, "is_public", lambda ip: str(ip) == "127.0.0.1" or is_public(ip))
    ended = run("read", server.url("/x.png"))
    assert ended.exit_code == FetchError.exit_code, ended.stderr
    assert "169.254.169.254" in ended.stderr
    assert len(server.requests) == 1


def test_a_download_that_drips_is_given_up(run: Run, server: Any) -> None:
    server.answers["/slow.png"] = drip
    assert "slow.png" in refused(run, server.url("/slow.png"), "--fetch-seconds", "0.3")


def test_a_download_without_end_is_given_up(run: Run, server: Any) -> None:
    server.answers["/endless.png"] = answer(b"x" * 200_000)
    assert "endless.png" in refused(run, server.url("/endless.png"), "--max-bytes", "100k")


def test_a_document_that_is_gone(run: Run, server: Any) -> None:
    server.answers["/gone.pdf"] = answer(b"nothing here", 404)
    assert "404" in refused(run, server.url("/gone.pdf"))


def test_a_wrong_content_type_does_not_matter_but_wrong_content_does(run: Run, server: Any) -> None:
    server.answers["/a.png"] = answer(PAGE, **{"Content-Type": "text/html"})
    server.answers["/b.png"] = answer(b"<html>log in</html>", **{"Content-Type": "image/png"})
    right = run("read", server.url("/a.png"), "--allow-private-urls")
    assert (right.exit_code, right.stdout) == (0, "Hello page one\n")
    wrong = run("read", server.url("/b.png"), "--allow-private-urls")
    assert wrong.exit_code == InputError.exit_code
    assert "is a web page" in wrong.stderr


def test_a_url_cannot_name_a_file_outside_the_folder(run: Run, server: Any, tmp_path: Path) -> None:
    path = "/..%2F..%2F..%2Fevil.png"
    server.answers[path] = answer(PAGE)
    ended = run("read", server.url(path), "--allow-private-urls", "-o", "deep/out")
    assert ended.exit_code == 0, ended.stderr
    written = list(tmp_path.rglob("*.md"))
    assert [each.parent for each in written] == [tmp_path / "deep" / "out"]
