import ssl
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from shuowen.config import Limits
from shuowen.errors import FetchError, FetchTooLargeError, InputError
from shuowen.image.formats import sniff
from shuowen.source import address
from shuowen.source.fetch import MAX_REDIRECTS, fetch
from shuowen.source.stop import Stop

TLS = Path(__file__).parents[1] / "data" / "tls"
HERE = Limits(allow_private_addresses=True, fetch_seconds=20)
IN_A_HURRY = Limits(allow_private_addresses=True, fetch_seconds=0.4)
PDF = b"%PDF-1.7\n" + b"x" * 5000


def answer(status: int = 200, body: bytes = PDF, **headers: str) -> Any:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return write


def drip(first: bytes, piece: bytes, pieces: int, seconds: float = 0.05) -> Any:
    """Send something at once and then small pieces for a while; ends, so that no test can hang."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(first)
        for _ in range(pieces):
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(seconds)
        handler.server.finished.set()  # type: ignore[attr-defined]

    return write


def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_document_arrives_whole_under_a_name_without_secrets(server: Any) -> None:
    server.answers["/a/报告.pdf"] = server.answers["/a/%E6%8A%A5%E5%91%8A.pdf"] = answer()
    url = server.url("/a/报告.pdf?token=secret#page=2").replace("//", "//me:p%40ss@", 1)
    source = fetch(url, HERE)
    assert source.data == PDF
    assert source.name == server.url("/a/报告.pdf?…")
    assert source.stem() == "报告"
    path, headers = server.requests[0]
    assert path == "/a/%E6%8A%A5%E5%91%8A.pdf?token=secret"
    assert headers["Authorization"] == "Basic bWU6cEBzcw=="
    assert headers["Accept-Encoding"] == "identity"


def test_bytes_count_and_not_the_content_type(server: Any) -> None:
    server.answers["/good"] = answer(Content_Type="text/html")
    assert sniff(fetch(server.url("/good"), HERE).head()) == "application/pdf"
    server.answers["/page"] = answer(body=b"<!DOCTYPE html><html>", Content_Type="application/pdf")
    with pytest.raises(InputError, match="is a web page"):
        sniff(fetch(server.url("/page"), HERE).head())


def test_the_host_is_resolved_once_and_that_address_is_dialled(server: Any) -> None:
    server.answers["/a"] = answer()
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    fetch(server.url("/a", "Documents.example."), HERE, resolve=resolve)
    assert asked == ["documents.example"]
    assert server.requests[0][1]["Host"] == f"documents.example.:{server.server_port}"


def test_the_next_address_is_tried_when_the_first_does_not_answer(server: Any) -> None:
    server.answers["/a"] = answer()
    url = server.url("/a", "documents.example")
    assert fetch(url, HERE, resolve=lambda *_: ["::1", "127.0.0.1"]).data == PDF


def test_chinese_hosts_are_looked_up_as_dns_knows_them(server: Any) -> None:
    server.answers["/"] = answer()
    asked: list[str] = []
    fetch(
        server.url("/", "例子.测试"),
        HERE,
        resolve=lambda host, _: asked.append(host) or local("", 0),
    )
    assert asked == ["xn--fsqu00a.xn--0zwm56d"]


def test_proxies_in_the_environment_are_not_used(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers["/a"] = answer()
    assert fetch(server.url("/a"), HERE).data == PDF


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost.example/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.1/",
        "http://127.0.0.1./",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]:80/",
        "http://[fe80::1%25eth0]/",
        "http://public.example@127.0.0.1/",
        "http://public.example:80@127.0.0.1:80/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://①②⑦.⓪.⓪.①/",
        "https://169.254.169.254/latest/meta-data/",
        "HTTP://LocalHost.example/",
    ],
)
def test_private_addresses_are_refused_however_they_are_spelt(url: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        assert host == "localhost.example"
        return ["127.0.0.1"]

    with pytest.raises(FetchError, match="not an address of the public internet") as caught:
        fetch(url, Limits(), resolve=resolve)
    assert caught.value.hint


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "http://", "http:///x", "//a"]
    + ["http://a.example:99999/", "http://a b/", "http://[::1/", "http:127.0.0.1", "http://%00.a/"]
    + ["data:text/plain,x", "http://a..example/\u4f60@", "http://" + "测" * 80 + "/"],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError):
        fetch(url, HERE, resolve=lambda *_: [])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("http://10.0.0.1/", "10.0.0.1 is not an address"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is not an address"),
        ("//[::1]/", "::1 is not an address"),
        ("http://inside.example/", "inside.example leads to 192.168.1.1"),
        ("file:///etc/passwd", "not an http or https address"),
        ("http://[broken", "redirects to what is not an address"),
        ("", "redirects to nowhere"),
    ],
)
def test_every_redirect_is_checked_again(
    server: Any, monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    closed = address.is_public
    monkeypatch.setattr(address, "is_public", lambda ip: str(ip) == "127.0.0.1" or closed(ip))
    known = {"outside.example": ["127.0.0.1"], "inside.example": ["192.168.1.1"]}
    server.answers["/a"] = answer(302, b"", Location=target)
    with pytest.raises(FetchError, match=message):
        fetch(server.url("/a", "outside.example"), Limits(), resolve=lambda host, _: known[host])


def test_redirects_are_followed_up_to_a_limit(server: Any) -> None:
    for step in range(MAX_REDIRECTS + 1):
        server.answers[f"/{step}"] = answer(301 + step % 3, b"", Location=f"/{step + 1}")
    server.answers[f"/{MAX_REDIRECTS + 1}"] = answer()
    source = fetch(server.url("/1"), HERE)
    assert (source.data, source.name) == (PDF, server.url("/1"))
    with pytest.raises(FetchError, match="more than 5 times"):
        fetch(server.url("/0"), HERE)


def test_a_ring_of_redirects_ends(server: Any) -> None:
    server.answers["/a"] = answer(308, b"", Location="a")
    with pytest.raises(FetchError, match="more than 5 times"):
        fetch(server.url("/a"), HERE)
    assert len(server.requests) == MAX_REDIRECTS + 1


def test_a_password_does_not_follow_to_another_host(server: Any) -> None:
    server.answers["/a"] = answer(302, b"", Location=server.url("/b", "other.example"))
    server.answers["/b"] = answer()
    fetch(server.url("/a", "me:secret@documents.example"), HERE, resolve=local)
    assert ["Authorization" in headers for _, headers in server.requests] == [True, False]


def test_unescaped_chinese_in_a_redirect_is_understood(server: Any) -> None:
    location = "/报告".encode().decode("latin-1")
    server.answers["/a"] = answer(302, b"", Location=location)
    server.answers["/%E6%8A%A5%E5%91%8A"] = answer()
    assert fetch(server.url("/a"), HERE).data == PDF


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "404 Not Found"), (401, "401"), (403, "403"), (500, "500"), (204, "204"), (799, "799")],
)
def test_http_errors_say_what_the_server_said(server: Any, status: int, message: str) -> None:
    server.answers["/a"] = answer(status, b"")
    with pytest.raises(FetchError, match=message) as caught:
        fetch(server.url("/a?token=secret"), HERE)
    assert caught.value.hint
    assert "secret" not in str(caught.value)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "slow",
    [
        drip(b"", b"", 200),
        drip(HEAD, b"X: y\r\n", 200),
        drip(HEAD + b"X: ", b"y", 200),
        drip(HEAD + b"\r\n%PDF-", b"x", 200),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 200),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 200),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 200),
    ],
    ids=["silence", "headers", "one header", "body", "chunks", "chunk size", "continue"],
)
def test_slow_servers_are_cut_off(server: Any, slow: Any) -> None:
    server.answers["/a"] = slow
    with pytest.raises(FetchError, match="took too long"):
        fetch(server.url("/a"), IN_A_HURRY)
    assert not server.finished.is_set()


@pytest.mark.parametrize(
    "endless",
    [
        drip(HEAD + b"\r\n%PDF-", b"x" * 10_000, 100, 0),
        drip(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"3e8\r\n" + b"x" * 1000 + b"\r\n", 100, 0
        ),
        answer(body=b"x", Content_Length="100001"),
        answer(body=b"x" * 100_001),
    ],
    ids=["no length", "chunked", "announced", "real"],
)
def test_large_downloads_are_stopped(server: Any, endless: Any) -> None:
    server.answers["/a"] = endless
    limits = Limits(allow_private_addresses=True, max_bytes=50_000, fetch_seconds=20)
    with pytest.raises(FetchError, match="larger than 50000 bytes"):
        fetch(server.url("/a"), limits)


def test_a_download_of_exactly_the_limit_is_taken(server: Any) -> None:
    server.answers["/a"] = answer(body=b"x" * 50_000)
    limits = Limits(allow_private_addresses=True, max_bytes=50_000, fetch_seconds=20)
    assert fetch(server.url("/a"), limits).num_bytes() == 50_000


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (answer(body=PDF, Content_Length="9999"), "the connection broke off"),
        (drip(b"", b"", 0), "could not be downloaded"),
        (drip(b"SSH-2.0-OpenSSH\r\n", b"", 0), "could not be downloaded"),
        (
            drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"", 0),
            "the connection broke off",
        ),
        (drip(HEAD + b"X: y\r\n" * 200, b"", 0), "could not be downloaded"),
        (answer(Content_Encoding="gzip"), "packed as 'gzip'"),
        (answer(body=b""), "is empty"),
    ],
    ids=["cut short", "nothing", "not http", "bad chunks", "many headers", "packed", "empty"],
)
def test_broken_answers_are_refused(server: Any, broken: Any, message: str) -> None:
    server.answers["/a"] = broken
    with pytest.raises(FetchError, match=message):
        fetch(server.url("/a"), HERE)


def test_a_closed_port(server: Any) -> None:
    server.server_close()
    with pytest.raises(FetchError, match="could not be downloaded"):
        fetch(server.url("/a"), HERE)


@pytest.fixture
def secure(server: Any) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.scheme = "https"
    return server


def test_https_checks_the_certificate_of_the_host(
    secure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.answers["/a"] = answer()
    named, other = secure.url("/a", "documents.example"), secure.url("/a", "other.example")
    with pytest.raises(FetchError, match="certificate is not trusted"):
        fetch(named, HERE, resolve=local)
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "cert.pem"))
    assert fetch(named, HERE, resolve=local).data == PDF
    for url in (other, secure.url("/a")):
        with pytest.raises(FetchError, match="certificate is not trusted"):
            fetch(url, HERE, resolve=local)


def test_slow_servers_are_cut_off_behind_tls_too(
    secure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "cert.pem"))
    secure.answers["/a"] = drip(HEAD + b"\r\n%PDF-", b"x", 200)
    with pytest.raises(FetchError, match="took too long"):
        fetch(secure.url("/a", "documents.example"), IN_A_HURRY, resolve=local)
    assert not secure.finished.is_set()


def test_a_download_ends_when_nobody_wants_it_any_more(server: Any) -> None:
    server.answers["/slow"] = drip(b"HTTP/1.1 200 OK\r\n\r\n%PDF-", b"x", 200)
    stop = Stop()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(FetchError, match="broken off") as caught:
        fetch(server.url("/slow?key=secret"), HERE, stop=stop)
    timer.join()
    assert time.monotonic() - started < 2
    assert "secret" not in str(caught.value)


def test_a_download_that_nobody_wants_is_not_begun(server: Any) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(FetchError, match="broken off"):
        fetch(server.url("/"), HERE, stop=stop)
    assert not server.requests


def test_what_is_too_large_has_its_own_status(server: Any) -> None:
    server.answers["/"] = answer()
    with pytest.raises(FetchTooLargeError) as caught:
        fetch(server.url("/"), Limits(allow_private_addresses=True, max_bytes=100))
    assert caught.value.http_status == 413


def test_only_hosts_that_are_allowed_are_asked(server: Any) -> None:
    server.answers["/a.pdf"] = answer()
    url = server.url("/a.pdf")
    assert fetch(url, replace(HERE, hosts=("127.0.0.1", "other.example"))).data == PDF
    asked = len(server.requests)
    with pytest.raises(FetchError, match="not among those allowed"):
        fetch(url, replace(HERE, hosts=("other.example",)))
    assert len(server.requests) == asked


def test_a_redirect_does_not_lead_to_other_hosts(server: Any) -> None:
    elsewhere = server.url("/b.pdf").replace("127.0.0.1", "localhost")
    server.answers["/a.pdf"] = answer(302, b"", Location=elsewhere)
    server.answers["/b.pdf"] = answer()
    with pytest.raises(FetchError, match="not among those allowed"):
        fetch(server.url("/a.pdf"), replace(HERE, hosts=("127.0.0.1",)), resolve=local)
