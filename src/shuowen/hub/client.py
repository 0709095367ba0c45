"""Requests to a hub: through the proxy that is set, over redirects, again when the line is bad.

The token goes to the hub's own address and to no other, wherever it redirects to; an address that
is reached over https never redirects to one that is not. No cookies, and nothing about this machine
but the program's name and version is sent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout, make_headers
from urllib3.exceptions import HTTPError

from shuowen.errors import FetchError, UsageError
from shuowen.hub.settings import HubSettings
from shuowen.version import __version__

MAX_CONNECTIONS = 4

_MAX_REDIRECTS = 8
_MAX_JSON_BYTES = 32 * 1024**2
_MAX_WAIT_SECONDS = 30.0
_JSON_TRIES = 3  # nobody waits long to hear that there is no network
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_LATER = frozenset((408, 425, 429, 500, 502, 503, 504))
_TIMEOUT = Timeout(connect=10.0, read=30.0)

Answer = TypeVar("Answer")


class TryAgain(Exception):
    """The line broke or the hub is busy; what was wrong is the message.

    Attributes:
        wait_seconds: How long the hub asks to wait, 0 when it does not say.
    """

    def __init__(self, message: str, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class Refused(Exception):
    """The hub answers, and its answer is no.

    Attributes:
        status: The HTTP status.
        code: Hugging Face's word for it, "GatedRepo" for one; empty when there is none.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}".rstrip())
        self.status = status
        self.code = code


class HubClient:
    """Talks to one hub; may be used by several threads at once."""

    def __init__(self, endpoint: str, settings: HubSettings, token: str = "") -> None:
        """Prepare; nothing is sent yet.

        Args:
            endpoint: Address of the hub, without a slash at its end.
            settings: How often to try, and how long to wait in between.
            token: Sent to `endpoint` only; empty for none.
        """
        self.endpoint = endpoint
        self.host = endpoint.partition("://")[2].partition("/")[0] or endpoint
        self._settings = settings
        self._token = token
        self._pools: dict[str, PoolManager] = {}
        self._lock = Lock()

    def json(self, path: str, query: str = "") -> Any:
        """What the hub answers to a GET, read as JSON.

        Args:
            path: Below the endpoint, unescaped, with a slash in front.
            query: Escaped, without the question mark.

        Raises:
            Refused: The hub says no.
            FetchError: It cannot be reached, or answers with something else than JSON.
            UsageError: The endpoint is no address.
        """
        _check_address(self.endpoint)
        url = self.endpoint + quote(path) + (f"?{query}" if query else "")
        data = self.persist(lambda: self._read(url), num_tries=_JSON_TRIES)
        try:
            return json.loads(data)
        except ValueError as error:
            raise FetchError(
                f"{self.host} answers with something that is no list of files.",
                "Check HF_ENDPOINT or MODELSCOPE_ENDPOINT, and whether a proxy asks for a login.",
            ) from error

    @contextmanager
    def get(self, url: str, first_byte: int = 0) -> Iterator[BaseHTTPResponse]:
        """One GET; the body is still to be read inside the block.

        Args:
            url: The whole address.
            first_byte: Where to start; the answer's status tells whether the hub obeyed (206).

        Raises:
            TryAgain: The line broke, now or while reading.
            Refused: The hub says no.
        """
        response = None
        try:
            response = self._follow(url, first_byte)
            yield response
        except (HTTPError, OSError) as error:
            raise TryAgain(f"{urlsplit(url).hostname}: {_reason(error)}") from error
        finally:
            if response is not None:
                response.close()

    def persist(
        self,
        attempt: Callable[[], Answer],
        has_progressed: Callable[[], bool] = lambda: False,
        pause: Callable[[float], object] | None = None,
        num_tries: int | None = None,
    ) -> Answer:
        """Try until it works, or until it failed too often in a row.

        Args:
            attempt: Raises `TryAgain` when it may work the next time.
            has_progressed: Whether the last attempt got further than the one before.
            pause: Waits so many seconds; by default without being disturbed.
            num_tries: At most so many, if the settings allow as many.

        Raises:
            FetchError: Every try failed.
        """
        limit = min(num_tries or self._settings.num_tries, self._settings.num_tries)
        num_failed = 0
        while True:
            try:
                return attempt()
            except TryAgain as error:
                num_failed = 1 if has_progressed() else num_failed + 1
                if num_failed >= limit:
                    raise FetchError(
                        f"Downloading failed {num_failed} times in a row; the last time {error}.",
                        "Check the network, then run the same command again: it goes on where it"
                        " stopped. A mirror can be set with HF_ENDPOINT or MODELSCOPE_ENDPOINT.",
                    ) from error
                wait = self._settings.first_wait_seconds * 2.0 ** (num_failed - 1)
                (pause or time.sleep)(min(max(wait, error.wait_seconds), _MAX_WAIT_SECONDS))

    def _read(self, url: str) -> bytes:
        with self.get(url) as response:
            data = response.read(_MAX_JSON_BYTES + 1, decode_content=True)
        if len(data) > _MAX_JSON_BYTES:
            raise FetchError(f"{self.host} sends an endless list of files.", "Try another hub.")
        return data

    def _follow(self, url: str, first_byte: int) -> BaseHTTPResponse:
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, first_byte)
            if response.status not in _REDIRECTS:
                return _checked(response, url)
            url = _redirect(url, response)
        raise FetchError(f"{self.host} redirects more than {_MAX_REDIRECTS} times.", "Try later.")

    def _send(self, url: str, first_byte: int) -> BaseHTTPResponse:
        headers = {
            "User-Agent": f"shuowen/{__version__}",
            "Accept-Encoding": "identity",  # lengths and ranges count the file's own bytes
        }
        if first_byte:
            headers["Range"] = f"bytes={first_byte}-"
        if self._token and _origin(url) == _origin(self.endpoint):
            headers["Authorization"] = f"Bearer {self._token}"
        return self._pool(url).request(
            "GET",
            url,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=_TIMEOUT,
        )

    def _pool(self, url: str) -> PoolManager:
        """Connections through the proxy that the environment or the system names for this host."""
        parts, proxies = urlsplit(url), getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
        if proxy and proxy_bypass(parts.hostname or ""):
            proxy = ""
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = _new_pool(proxy)
            return self._pools[proxy]


def _check_address(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(
            f"{endpoint!r} is no address of a hub.",
            "Set HF_ENDPOINT or MODELSCOPE_ENDPOINT to one like https://huggingface.co.",
        )


def _new_pool(proxy: str) -> PoolManager:
    if not proxy:
        return PoolManager(maxsize=MAX_CONNECTIONS)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in ("http", "https"):
        raise FetchError(
            f"The proxy that is set is of the kind {parts.scheme}://, which is not supported.",
            "Set HTTPS_PROXY to an http:// address.",
        )
    login = f"{parts.username}:{parts.password or ''}" if parts.username else None
    return ProxyManager(
        f"{parts.scheme}://{parts.hostname}:{parts.port or 80}",
        maxsize=MAX_CONNECTIONS,
        proxy_headers=make_headers(proxy_basic_auth=login),
    )


def _checked(response: BaseHTTPResponse, url: str) -> BaseHTTPResponse:
    if response.status in (200, 206, 416):
        return response
    status = response.status
    code, wait = response.headers.get("X-Error-Code", ""), response.headers.get("Retry-After", "")
    response.close()
    if status in _LATER:
        seconds = float(wait) if wait.isdecimal() else 0.0
        raise TryAgain(f"{urlsplit(url).hostname} answered {status}", seconds)
    raise Refused(status, code)


def _redirect(url: str, response: BaseHTTPResponse) -> str:
    target = urljoin(url, response.headers.get("Location", ""))
    response.close()
    old, new = urlsplit(url).scheme, urlsplit(target).scheme
    if new not in ("http", "https") or (old == "https" and new == "http"):
        raise FetchError(
            f"{urlsplit(url).hostname} redirects to an address that is not safe to follow.",
            "Try another hub or mirror.",
        )
    return target


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port


def _reason(error: Exception) -> str:
    """What went wrong on the line, in a few words and without the address, which may be signed."""
    origin = error.__cause__ or error
    name = type(origin).__name__
    if "Timeout" in name or isinstance(origin, TimeoutError):
        return "it does not answer in time"
    if "NameResolution" in name:
        return "its address is unknown here"
    if "SSL" in name or "Certificate" in name:
        return "its certificate is not trusted"
    if "NewConnection" in name or isinstance(origin, ConnectionRefusedError):
        return "it cannot be reached"
    return "the connection broke off"
