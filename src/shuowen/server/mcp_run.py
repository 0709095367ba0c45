"""The MCP server on its two roads: standard input and output, and streamable HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp
from uvicorn.config import Config

from shuowen.config import Limits
from shuowen.machine import available_cores
from shuowen.server.admission import Admission, Admitting
from shuowen.server.desk import Desk
from shuowen.server.error_guard import ErrorGuard
from shuowen.server.key_check import KeyCheck
from shuowen.server.keys import KeyRing
from shuowen.server.listening import listen
from shuowen.server.mcp_access import Access
from shuowen.server.mcp_library import Library
from shuowen.server.mcp_tools import MAX_CHARACTERS, mcp_server
from shuowen.server.options import ServerOptions
from shuowen.server.protocol import MAX_HEADER_BYTES, PatientProtocol
from shuowen.server.rates import Rates
from shuowen.server.stopping import Say, StoppingServer

PATH = "/mcp"
"""Where the HTTP server is found."""

MAX_REQUESTS = 64
"""Calls over HTTP at once; more are told to come back."""

_CLOSE_SECONDS = 2.0
_DRAIN_SECONDS = 5
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, kw_only=True)
class McpOptions:
    """How an MCP server is set up.

    Attributes:
        roots: Folders whose files may be read; none: web addresses only.
        limits: What a source may cost.
        jobs: Pages read side by side.
        max_pages: Pages that one question may have read.
        max_characters: Most characters of one answer.
    """

    roots: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    jobs: int = field(default_factory=available_cores)
    max_pages: int = 500
    max_characters: int = MAX_CHARACTERS


@dataclass(frozen=True, kw_only=True)
class McpHttp:
    """Where an MCP server listens, and for whom.

    Attributes:
        host, port: Its address.
        allowed_hosts: Names under which clients reach it, besides those of this machine. Any other
            name in a request is refused: it would be a web page's, turned to this address.
        keys_file: File of hashed keys, made by `shuowen keys add`; None: nobody needs a key.
    """

    host: str
    port: int
    allowed_hosts: tuple[str, ...] = ()
    keys_file: Path | None = None


def serve_stdio(options: McpOptions) -> None:
    """Serve the program at the other end of standard input and output, until it goes."""
    with _opened(options) as server:
        anyio.run(server.run_stdio_async)


def serve_http(options: McpOptions, http: McpHttp, *, say: Say) -> None:
    """Serve over HTTP until Ctrl-C or SIGTERM.

    Raises:
        ShuowenError: It cannot start.
        KeyboardInterrupt: A second signal cut what ran.
    """
    with _opened(options) as server:
        config = Config(
            http_app(server, http),
            http=PatientProtocol,
            ws="none",
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        )
        sockets = listen(http.host, http.port)
        running = StoppingServer(config, seconds=_DRAIN_SECONDS, say=say)
        try:
            running.run(sockets=sockets)
        finally:
            for each in sockets:
                each.close()
    if running.was_cut:
        raise KeyboardInterrupt


def http_app(server: MCPServer[Any], http: McpHttp) -> ASGIApp:
    """The application behind `PATH`: it looks at names and keys before the protocol does."""
    forms = _forms((*_LOCAL_NAMES, _bracketed(http.host), *http.allowed_hosts))
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=forms,
        allowed_origins=[f"{scheme}://{form}" for scheme in ("http", "https") for form in forms],
    )
    app = server.streamable_http_app(
        streamable_http_path=PATH, host=http.host, transport_security=security
    )
    keys = KeyRing(ServerOptions(keys_file=http.keys_file))
    return ErrorGuard(KeyCheck(Admitting(app, Admission(MAX_REQUESTS)), keys, Rates()))


@contextmanager
def _opened(options: McpOptions) -> Iterator[MCPServer[Any]]:
    """A server over a desk, which is closed at the end."""
    access = Access(roots=options.roots, limits=options.limits)
    desk = Desk(num_threads=options.jobs)
    try:
        library = Library(desk, access, max_pages=options.max_pages)
        yield mcp_server(library, max_characters=options.max_characters)
    finally:
        desk.close(_CLOSE_SECONDS)


def _forms(names: Sequence[str]) -> list[str]:
    """Each name with and without a port."""
    return [form for name in names for form in (name, f"{name}:*")]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
