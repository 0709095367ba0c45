"""How a server is set up: one frozen record, each field with its sentence."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Literal, get_args

from shuowen.config import Limits
from shuowen.errors import UsageError
from shuowen.machine import available_cores, data_home

ToolPolicy = Literal["auto", "ignore", "forward", "reject"]
BackgroundPolicy = Literal["answer", "forward"]

TOOL_CHOICES: tuple[str, ...] = get_args(ToolPolicy)
BACKGROUND_CHOICES: tuple[str, ...] = get_args(BackgroundPolicy)

DEFAULT_PORT = 23333
"""LMDeploy's port, which the tutorials use."""
MAX_BODY_BYTES = 256 * 1024**2

_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\sA-Z/?#@]+")
"""As browsers write it, and as it is compared, letter by letter."""


def default_data_dir() -> Path:
    """Where a server keeps documents unless told otherwise."""
    return data_home() / "server"


def default_keys_file() -> Path:
    """Where `shuowen keys` keeps keys unless told otherwise."""
    return default_data_dir() / "keys.json"


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What a server offers, and how much it may be asked for."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 is every one of this machine."""
    port: int = DEFAULT_PORT
    """TCP port; 0 takes a free one."""
    data_dir: Path = field(default_factory=default_data_dir)
    """Folder for documents and their pages."""
    media_dir: Path | None = None
    """The one folder that file:// addresses of pictures may name; None: no such address."""
    keys_file: Path | None = None
    """File of hashed keys, made by `shuowen keys add`; None: nobody needs a key."""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """More keys, in clear, that count besides those of the file."""
    allowed_hosts: tuple[str, ...] = ()
    """More names under which people reach a server that listens on this machine alone."""
    max_body_bytes: int = MAX_BODY_BYTES
    """Largest body of a request."""
    max_requests: int = 64
    """Requests with work being answered or waiting at once; more get 429."""
    requests_per_minute: int = 0
    """Of each key; 0 is no limit. What the key file says of a key counts before this."""
    concurrent_requests: int = 0
    """Of each key at once; 0 is no limit. What the key file says of a key counts before this."""
    request_seconds: float = 600.0
    """Longest time for one answer."""
    drain_seconds: float = 30.0
    """How long running requests may go on once the server was told to stop."""
    retention_seconds: float = 86400.0
    """Ended documents are erased after this."""
    max_documents: int = 1000
    """Documents that are kept of each key, ended ones included."""
    erase_after_read: bool = False
    """Whether a document is erased as soon as its result was fetched."""
    cors_origins: tuple[str, ...] = ()
    """Web pages, by origin, whose scripts may call the server; "*" is every one."""
    tls_cert: Path | None = None
    """Certificate chain, PEM; with it the server speaks HTTPS alone."""
    tls_key: Path | None = None
    """The certificate's private key, PEM; None where the certificate's file holds it too."""
    jobs: int = field(default_factory=available_cores)
    """Pages read side by side."""
    limits: Limits = field(
        default_factory=lambda: Limits(max_bytes=MAX_BODY_BYTES, fetch_seconds=60.0)
    )
    """What an untrusted source may cost."""
    max_pages: int = 2000
    """Pages of one document."""
    max_chat_pages: int = 50
    """Pages of one chat request."""
    tools: ToolPolicy = "auto"
    """Tools in a request: auto (what suits the model), ignore, forward or reject."""
    background: BackgroundPolicy = "answer"
    """Open WebUI's calls for titles and tags: answered by the reader, or given to the model."""
    docs: bool = True
    """Whether /docs and /openapi.json are there."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"Port {self.port} is none.", "Choose 1 to 65535, or 0 for any.")
        if self.tls_key is not None and self.tls_cert is None:
            raise UsageError("There is a TLS key but no certificate.", "Give --tls-cert too.")
        for origin in self.cors_origins:
            if not _ORIGIN.fullmatch(origin):
                raise UsageError(
                    f"{origin!r} is no origin of web pages.",
                    "Write it in small letters and without a path, like https://app.example.com.",
                )
        counts = ("max_requests", "jobs", "max_pages", "max_chat_pages", "max_documents")
        for name in ("max_body_bytes", *counts):
            self._check_at_least(name, 1)
        for name in ("requests_per_minute", "concurrent_requests", "drain_seconds"):
            self._check_at_least(name, 0)
        for name in ("request_seconds", "retention_seconds"):
            self._check_at_least(name, 1)

    def _check_at_least(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if not least <= value < inf:
            raise UsageError(f"{name} is {value}.", f"Choose {least} or more.")

    @property
    def needs_keys(self) -> bool:
        """Whether requests must carry a key."""
        return self.keys_file is not None or bool(self.api_keys)

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether an address or name leads to this machine alone."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
