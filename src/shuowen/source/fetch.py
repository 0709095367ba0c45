"""Downloads that a stranger's URL cannot turn against the machine or the network it stands in.

One request at a time, straight to an address that `address.py` let pass; no proxies, cookies or
automatic redirects; one clock and one byte count over everything.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException, responses
from types import MappingProxyType
from urllib.parse import unquote, urljoin

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Url

from shuowen.config import Limits
from shuowen.errors import FetchError, FetchTooLargeError
from shuowen.source.address import Resolver, public_addresses, resolve_host
from shuowen.source.model import Source, address_key, display_name
from shuowen.source.stop import Stop
from shuowen.source.url import CHECK, host_of, parse, port_of
from shuowen.version import __version__

MAX_REDIRECTS = 5

_CHUNK_BYTES = 1 << 16
_CONNECT_SECONDS = 20.0
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BY_HAND = "Download it yourself and hand in the file."
_HINTS = MappingProxyType({401: _BY_HAND, 403: _BY_HAND, 404: CHECK, 410: CHECK})


def fetch(
    url: str, limits: Limits, *, resolve: Resolver = resolve_host, stop: Stop | None = None
) -> Source:
    """Download a document; what kind it is, its bytes will tell, not the server's headers.

    Args:
        url: An http or https URL; a user name and password in it are sent as basic authentication.
        limits: `fetch_seconds` and `max_bytes` hold for the whole download with its redirects.
        resolve: Where host names are looked up.
        stop: Breaks the download off when it is set.

    Returns:
        The document, named as by `display_name`, with the address that was asked for.

    Raises:
        FetchTooLargeError: It is larger than the limit.
        FetchError: The URL is refused, unknown, slow, endless or gone, or `stop` was set.
    """
    stop = stop or Stop()
    name, address = display_name(url), address_key(url)
    deadline = time.monotonic() + limits.fetch_seconds
    for _ in range(MAX_REDIRECTS + 1):
        target = parse(url)
        with _request(target, limits, deadline, resolve, stop) as response:
            if response.status not in _REDIRECTS:
                body = _body(response, name, limits.max_bytes)
                return Source(name=name, data=body, address=address)
            url = _redirect(target, response)
    raise FetchError(f"{name} redirects more than {MAX_REDIRECTS} times.", CHECK)


@contextmanager
def _request(
    url: Url, limits: Limits, deadline: float, resolve: Resolver, stop: Stop
) -> Iterator[HTTPResponse]:
    """Send one GET; whatever fails until the block ends becomes a `FetchError`."""
    if stop.is_set:
        raise _broken_off(url)
    if limits.hosts and host_of(url).lower() not in limits.hosts:
        message = f"{display_name(url.url)} is on a host that is not among those allowed here."
        raise FetchError(message, _BY_HAND)
    try:
        with (
            closing(_connect(url, limits, deadline, resolve)) as connection,
            _hard_stop(connection, deadline, url, stop),
        ):
            connection.request(
                "GET",
                url.request_uri,
                headers=_headers(url),
                preload_content=False,
                decode_content=False,
            )
            with closing(connection.getresponse()) as response:
                yield response
    except (HTTPError, HTTPException, OSError) as error:
        message = f"{display_name(url.url)} could not be downloaded: {_reason(error)}."
        raise FetchError(message, "Check the address and the network.") from error


def _connect(url: Url, limits: Limits, deadline: float, resolve: Resolver) -> HTTPConnection:
    """Connect to the first address that answers, of those that were checked, and to no other."""
    host, port = host_of(url), port_of(url)
    allow_private = limits.allow_private_addresses
    failure: Exception = TimeoutError()
    for address in public_addresses(host, port, resolve, allow_private):
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise _too_slow(url)
        connection = _connection(url, address, min(seconds, _CONNECT_SECONDS))
        try:
            connection.connect()
        except (HTTPError, OSError) as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _connection(url: Url, address: str, seconds: float) -> HTTPConnection:
    """For https the certificate must be the host's, although the address is dialled."""
    if url.scheme == "http":
        return HTTPConnection(address, port_of(url), timeout=seconds)
    return HTTPSConnection(
        address,
        port_of(url),
        timeout=seconds,
        ssl_context=ssl.create_default_context(),
        server_hostname=host_of(url),
    )


@contextmanager
def _hard_stop(connection: HTTPConnection, deadline: float, url: Url, stop: Stop) -> Iterator[None]:
    """Cut the line at the deadline, or when it is asked for.

    A time limit on the socket starts anew with every byte; a server that sends one now and then,
    in its headers or its body, would never meet it.
    """
    open_socket, expired = connection.sock, threading.Event()

    def expire() -> None:
        expired.set()
        cut()

    def cut() -> None:
        with suppress(OSError):  # already closed by the server
            # The plain method: TLS sockets have their own, which is not safe during a read.
            socket.socket.shutdown(open_socket, socket.SHUT_RDWR)

    seconds = max(deadline - time.monotonic(), 0.001)
    connection.timeout = seconds
    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        with stop.wakes(cut):
            yield
    finally:
        timer.cancel()
        timer.join()
        if stop.is_set:
            raise _broken_off(url)
        if expired.is_set() or time.monotonic() >= deadline:
            raise _too_slow(url)


def _body(response: HTTPResponse, name: str, max_bytes: int) -> bytes:
    """The whole answer, as many bytes as it really sends; raises `FetchError`."""
    if response.status != 200:
        answer = f"{response.status} {responses.get(response.status, '')}".rstrip()
        hint = _HINTS.get(response.status, "Try again later.")
        raise FetchError(f"{name} could not be downloaded: the server says {answer}.", hint)
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":  # it may unpack to any size, and was not asked for
        raise FetchError(f"{name} comes packed as {encoding!r}, unasked.", _BY_HAND)
    too_large = FetchTooLargeError(
        f"{name} is larger than {max_bytes} bytes.",
        "If you trust it, raise the limit (--max-bytes).",
    )
    if (response.length_remaining or 0) > max_bytes:
        raise too_large
    body = io.BytesIO()
    while chunk := response.read(_CHUNK_BYTES):
        body.write(chunk)
        if body.tell() > max_bytes:
            raise too_large
    if not body.tell():
        raise FetchError(f"{name} is empty.", CHECK)
    return body.getvalue()


def _redirect(url: Url, response: HTTPResponse) -> str:
    """Where the server points to, as a full URL."""
    # Header bytes reach us as Latin-1; servers that do not escape their paths mean UTF-8.
    location = (
        response.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")
    )
    if not location:
        raise FetchError(f"{display_name(url.url)} redirects to nowhere.", CHECK)
    try:
        return urljoin(url.url, location)
    except ValueError as error:
        message = f"{display_name(url.url)} redirects to what is not an address."
        raise FetchError(message, CHECK) from error


def _headers(url: Url) -> dict[str, str]:
    host = url.host or ""
    headers = {
        "Host": host if url.port is None else f"{host}:{url.port}",
        "User-Agent": f"shuowen/{__version__}",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if url.auth:
        headers["Authorization"] = f"Basic {b64encode(unquote(url.auth).encode()).decode()}"
    return headers


def _broken_off(url: Url) -> FetchError:
    return FetchError(f"The download of {display_name(url.url)} was broken off.")


def _too_slow(url: Url) -> FetchError:
    message = f"{display_name(url.url)} took too long to download."
    return FetchError(message, "Raise fetch_seconds, or download it yourself.")


def _reason(error: Exception) -> str:
    """What went wrong on the line, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    origin = error.__cause__ or error
    if isinstance(origin, TimeoutError):
        return "it does not answer"
    if isinstance(origin, OSError) and origin.strerror:
        return origin.strerror
    return "the connection broke off"
