"""What the addresses in a request may lead to: everything else is refused, and nothing is asked."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import connection

from shuowen.config import Limits
from shuowen.errors import FetchError, FieldError
from shuowen.server.chat import media
from shuowen.server.chat.media import Media, MediaRules
from shuowen.source.stop import Stop
from tests.made_files import pdf_with_text
from tests.server.chat.benches import (
    PICTURE,
    Benches,
    benches,
    data_url,
    encoded,
    image_part,
    picture,
    user,
)
from tests.source.conftest import LoopbackServer

BY_FIELD, BY_GUARD = 400, 422

REFUSED: list[tuple[str, int]] = [
    ("http://127.0.0.1:{port}/a.png", BY_GUARD),
    ("http://127.1:{port}/a.png", BY_GUARD),
    ("http://2130706433:{port}/a.png", BY_GUARD),
    ("http://0x7f000001:{port}/a.png", BY_GUARD),
    ("http://0x7f.1:{port}/a.png", BY_GUARD),
    ("http://0177.0.0.1:{port}/a.png", BY_GUARD),
    ("http://017700000001:{port}/a.png", BY_GUARD),
    ("http://127.0.0.1.:{port}/a.png", BY_GUARD),
    ("http://0.0.0.0:{port}/a.png", BY_GUARD),
    ("http://0:{port}/a.png", BY_GUARD),
    ("http://[::1]:{port}/a.png", BY_GUARD),
    ("http://[::]:{port}/a.png", BY_GUARD),
    ("http://[0:0:0:0:0:0:0:1]:{port}/a.png", BY_GUARD),
    ("http://[::ffff:127.0.0.1]:{port}/a.png", BY_GUARD),
    ("http://[::ffff:7f00:1]:{port}/a.png", BY_GUARD),
    ("http://[64:ff9b::7f00:1]:{port}/a.png", BY_GUARD),
    ("http://[64:ff9b::10.0.0.1]/a.png", BY_GUARD),
    ("http://[64:ff9b:1::1]/a.png", BY_GUARD),
    ("http://[2002:7f00:1::]:{port}/a.png", BY_GUARD),
    ("http://[2002:a00:1::]/a.png", BY_GUARD),
    ("http://[fe80::1]/a.png", BY_GUARD),
    ("http://[fe80::1%25eth0]/a.png", BY_GUARD),
    ("http://[fc00::1]/a.png", BY_GUARD),
    ("http://[fd00:ec2::254]/latest/meta-data", BY_GUARD),
    ("http://[ff02::1]/a.png", BY_GUARD),
    ("http://[2001:db8::1]/a.png", BY_GUARD),
    ("http://169.254.169.254/latest/meta-data", BY_GUARD),
    ("http://2852039166/latest/meta-data", BY_GUARD),
    ("http://10.0.0.1/a.png", BY_GUARD),
    ("http://172.16.0.1/a.png", BY_GUARD),
    ("http://172.31.255.255/a.png", BY_GUARD),
    ("http://192.168.0.1/a.png", BY_GUARD),
    ("http://100.64.0.1/a.png", BY_GUARD),
    ("http://198.18.0.1/a.png", BY_GUARD),
    ("http://168.63.129.16/a.png", BY_GUARD),
    ("http://224.0.0.1/a.png", BY_GUARD),
    ("http://255.255.255.255/a.png", BY_GUARD),
    ("http://localhost:{port}/a.png", BY_GUARD),
    ("http://localhost.:{port}/a.png", BY_GUARD),
    ("http://LOCALHOST:{port}/a.png", BY_GUARD),
    ("http://inside.example:{port}/a.png", BY_GUARD),
    ("http://half-inside.example:{port}/a.png", BY_GUARD),
    ("http://example.com@127.0.0.1:{port}/a.png", BY_GUARD),
    ("http://example.com:80@127.0.0.1:{port}/a.png", BY_GUARD),
    ("http://127.0.0.1:{port}#@example.com/a.png", BY_GUARD),
    ("http://127.0.0.1:{port}\\@example.com/a.png", BY_GUARD),
    ("http://127。0。0。1:{port}/a.png", BY_GUARD),
    ("http://①②⑦.⓪.⓪.①:{port}/a.png", BY_GUARD),
    ("http://127.0.0.1%2f@example.com/", BY_GUARD),
    ("http:///a.png", BY_GUARD),
    ("http://", BY_GUARD),
    ("https:", BY_GUARD),
    ("HTTP://127.0.0.1:{port}/a.png", BY_GUARD),
    ("  http://127.0.0.1:{port}/a.png", BY_GUARD),
    ("http://127.0.0.1:99999/a.png", BY_GUARD),
    ("file:///etc/passwd", BY_FIELD),
    ("FILE:///etc/passwd", BY_FIELD),
    ("file://localhost/etc/passwd", BY_FIELD),
    ("file:/etc/passwd", BY_FIELD),
    ("/etc/passwd", BY_FIELD),
    ("../../../etc/passwd", BY_FIELD),
    ("~/.ssh/id_rsa", BY_FIELD),
    ("C:\\Windows\\win.ini", BY_FIELD),
    ("\\\\server\\share\\a.png", BY_FIELD),
    ("/" + "a" * 63, BY_FIELD),
    ("ftp://127.0.0.1/a.png", BY_FIELD),
    ("gopher://127.0.0.1:{port}/_GET", BY_FIELD),
    ("dict://127.0.0.1:{port}/a", BY_FIELD),
    ("ldap://127.0.0.1/a", BY_FIELD),
    ("jar:http://127.0.0.1!/a.png", BY_FIELD),
    ("javascript:alert(1)", BY_FIELD),
    ("s3://bucket/a.png", BY_FIELD),
    ("//127.0.0.1:{port}/a.png", BY_FIELD),
    ("127.0.0.1:{port}/a.png", BY_FIELD),
    ("data:text/html;base64,PGh0bWw+", BY_GUARD),
    ("data:image/png;base64,L2V0Yy9wYXNzd2Q=", BY_GUARD),
    ("data:,hello", BY_FIELD),
]


def resolve(host: str, port: int) -> list[str]:
    """Names as a stranger's DNS may have them."""
    if host == "half-inside.example":
        return ["93.184.215.14", "10.0.0.1"]
    return ["127.0.0.1"]


@pytest.fixture(scope="module")
def inside() -> Iterator[LoopbackServer]:
    """A server that nobody may reach by an address in a request."""
    running = LoopbackServer()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    with benches(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where downloads connect to."""
    found: list[Any] = []
    connect = connection.create_connection

    def note(address: Any, *args: Any, **options: Any) -> socket.socket:
        found.append(address)
        return connect(address, *args, **options)

    monkeypatch.setattr(connection, "create_connection", note)
    return found


@pytest.mark.parametrize(("address", "status"), REFUSED)
def test_addresses_that_lead_inside_are_refused_unasked(
    bench: Benches,
    inside: LoopbackServer,
    connections: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    status: int,
) -> None:
    monkeypatch.setattr(media, "resolve_host", resolve)
    url = address.replace("{port}", str(inside.server_port))
    response = bench.ask({"model": "engine", "messages": user(image_part(url))})
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["param"] == "messages[0].content[0].image_url.url"
    assert not inside.requests and not connections
    file_url = {"type": "input_file", "file_url": url}
    response = bench.ask({"model": "reader", "messages": user(file_url)})
    assert response.status_code == status
    assert not inside.requests and not connections


def served(content: bytes, status: int = 200, **headers: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@pytest.fixture
def web(inside: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """The same server, as if it stood in the public internet: 127.0.0.1 alone counts as public."""
    real = media.fetch

    def fetch(url: str, limits: Limits, **options: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr("shuowen.source.address.is_public", lambda it: str(it) == "127.0.0.1")
            return real(url, limits, **options)

    monkeypatch.setattr(media, "fetch", fetch)
    monkeypatch.setattr(media, "resolve_host", lambda host, port: ["127.0.0.1"])
    yield inside
    inside.answers.clear()
    inside.requests.clear()


def test_pictures_and_pdfs_come_from_the_web(
    bench: Benches, web: LoopbackServer, connections: list[Any]
) -> None:
    web.answers = {"/a.png": served(picture()), "/a.pdf": served(pdf_with_text("One", "Two"))}
    parts = [
        image_part(web.url("/a.png?token=secret")),
        {"type": "input_file", "file_url": web.url("/a.pdf")},
    ]
    assert bench.ask({"model": "engine", "messages": user(*parts)}).is_success
    assert connections == [("127.0.0.1", web.server_port)] * 2
    assert [type(each).__name__ for each in bench.engine.requests[-1].messages[0].parts] == (
        ["ImagePart"] * 3
    )
    bench.ask({"model": "reader", "messages": user(*parts)})
    first, second = bench.reader.questions[-1].files
    assert first.source.name == web.url("/a.png?…")
    assert second.media_type == "application/pdf"


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://[::1]/", "file:///etc/passwd", "//192.168.0.1/", ""]
)
def test_redirects_are_checked_too(bench: Benches, web: LoopbackServer, target: str) -> None:
    web.answers["/"] = served(b"", 302, Location=target)
    response = bench.ask({"model": "engine", "messages": user(image_part(web.url("/")))})
    assert response.status_code == 422, response.text
    assert len(web.requests) == 1


def test_what_the_web_says_is_told_without_secrets(bench: Benches, web: LoopbackServer) -> None:
    web.answers = {
        "/gone": served(b"", 404),
        "/page": served(b"<html>"),
        "/": served(b"", 302, Location="/"),
    }
    for path, part in (("/gone", "404"), ("/page", "a web page"), ("/", "more than 5 times")):
        url = web.url(f"{path}?key=secret").replace("//", "//me:swordfish@", 1)
        response = bench.ask({"model": "engine", "messages": user(image_part(url))})
        assert response.status_code == 422
        assert part in response.text
        assert "secret" not in response.text and "swordfish" not in response.text


def test_a_download_that_is_too_large_has_its_status(tmp_path: Path, web: LoopbackServer) -> None:
    web.answers["/"] = served(picture() + bytes(5000))
    with benches(tmp_path, limits=Limits(max_bytes=3000)) as bench:
        response = bench.ask({"model": "engine", "messages": user(image_part(web.url("/")))})
    assert response.status_code == 413
    assert "larger than 3000 bytes" in response.text


def test_private_addresses_can_be_allowed(tmp_path: Path, inside: LoopbackServer) -> None:
    inside.answers["/"] = served(picture())
    with benches(tmp_path, limits=Limits(allow_private_addresses=True)) as bench:
        part = image_part(inside.url("/"))
        assert bench.ask({"model": "engine", "messages": user(part)}).is_success
    inside.requests.clear()


def test_a_download_ends_when_the_client_leaves(bench: Benches, web: LoopbackServer) -> None:
    has_begun, has_ended = threading.Event(), threading.Event()

    def drip(handler: Any) -> None:
        has_begun.set()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            for _ in range(200):
                handler.wfile.write(b"x" * 1000)
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            has_ended.set()

    web.answers["/"] = drip
    line = socket.create_connection(("127.0.0.1", int(bench.server.url.rpartition(":")[2])))
    body = (
        '{"model": "engine", "messages": [{"role": "user", "content": [{"type": "image_url",'
        f' "image_url": "{web.url("/")}"}}]}}]}}'
    )
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
    line.sendall((head.replace("Host: a", "Host: 127.0.0.1") + body).encode())
    assert has_begun.wait(5)
    line.close()
    assert has_ended.wait(5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that may be read, with good and bad things in it, and a secret beside it."""
    found = tmp_path / "media"
    (found / "inner").mkdir(parents=True)
    (found / "a b.png").write_bytes(picture())
    (found / "inner" / "page.pdf").write_bytes(pdf_with_text("One"))
    (found / "inner" / "good").symlink_to(found / "a b.png")
    (tmp_path / "secret.png").write_bytes(picture())
    (tmp_path / "media-2").mkdir()
    (tmp_path / "media-2" / "c.png").write_bytes(picture())
    (found / "out").symlink_to(tmp_path / "secret.png")
    (found / "up").symlink_to(tmp_path)
    (found / "loop").symlink_to(found / "loop")
    os.mkfifo(found / "pipe")
    return found


def test_files_of_one_folder_can_be_named(tmp_path: Path, folder: Path) -> None:
    good = ["a%20b.png", "inner/page.pdf", "inner/good", "inner/../a%20b.png"]
    bad = [
        *("out", "up/secret.png", "up/media-2/c.png", "loop", "pipe", "inner", ""),
        *("../secret.png", "%2e%2e/secret.png", "..%2fsecret.png", "none.png", "a%00b"),
        *("../media-2/c.png", "inner/../../secret.png"),
    ]
    with benches(tmp_path / "data", media_dir=folder) as bench:
        for name in good:
            for host in ("", "localhost"):
                part = image_part(f"file://{host}{folder}/{name}")
                assert bench.ask({"model": "engine", "messages": user(part)}).is_success, name
        told = set()
        for name in bad:
            part = image_part(f"file://{folder}/{name}")
            response = bench.ask({"model": "engine", "messages": user(part)})
            assert response.status_code == 400, name
            told.add(response.json()["error"]["message"])
        assert len(told) == 1 and str(tmp_path) not in told.pop()
        for address in (f"file://host{folder}/a%20b.png", "file:a.png", str(folder / "a b.png")):
            part = image_part(address)
            assert bench.ask({"model": "engine", "messages": user(part)}).status_code == 400


def test_base64_is_understood_as_clients_write_it() -> None:
    content = picture()
    plain = encoded(content)
    url_safe = plain.replace("+", "-").replace("/", "_")
    spaced = "\n".join(plain[start : start + 60] for start in range(0, len(plain), 60))
    for text in (plain, plain.rstrip("="), url_safe, spaced, f" {plain}\n"):
        for address in (text, f"data:image/jpeg;base64,{text}", f"DATA:;charset=x;BASE64,{text}"):
            source, media_type = Media(MediaRules(limits=Limits())).open(address, "it", "p")
            assert (source.data, source.name, media_type) == (content, "it", "image/png")


def test_all_files_of_a_request_share_its_bytes() -> None:
    found = Media(MediaRules(limits=Limits(), max_total_bytes=int(2.5 * len(picture()))))
    for _ in range(2):
        found.open(PICTURE, "it", "p")
    with pytest.raises(Exception, match="bytes") as caught:
        found.open(PICTURE, "third", "p")
    assert getattr(caught.value, "http_status", 0) == 413


def test_a_request_that_nobody_waits_for_downloads_nothing() -> None:
    stop = Stop()
    stop.set()
    rules = MediaRules(limits=Limits(allow_private_addresses=True))
    with pytest.raises(FetchError, match="broken off"):
        Media(rules, stop).open("http://127.0.0.1:9/a.png", "it", "p")
    with pytest.raises(FieldError):
        Media(rules).data("http://127.0.0.1:9/a.mp4", "it", "p")
    assert Media(rules).data(data_url(b"film", "video/mp4"), "it", "p") == b"film"


def test_a_private_address_is_told_once_with_the_option_that_allows_it(bench: Benches) -> None:
    body = {"model": "engine", "messages": user(image_part("http://127.0.0.1:9/a.png"))}
    message = bench.ask(body).json()["error"]["message"]
    assert message.count("127.0.0.1") == 1
    assert "allow private addresses (--allow-private-urls)" in message
