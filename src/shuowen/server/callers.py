"""Who makes a request: what the key check found, kept in the request's state."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

Scope = MutableMapping[str, Any]


@dataclass(frozen=True)
class Caller:
    """The holder of a key.

    Attributes:
        id: Stable while the key lives; documents belong to it and logs show it.
        name: What the operator called the key.
    """

    id: str
    name: str


LOCAL = Caller("local", "local")
"""Everybody, on a server without keys."""


def caller_of(request: HTTPConnection) -> Caller:
    """Who makes this request."""
    return caller_in(request.scope)


def request_id_of(request: HTTPConnection) -> str:
    """The id under which the log has this request, and which its answer carries."""
    return request_id_in(request.scope)


def caller_in(scope: Scope) -> Caller:
    """Who makes the request of an ASGI scope; `LOCAL` where no key was looked at."""
    caller = scope.get("state", {}).get("caller")
    return caller if isinstance(caller, Caller) else LOCAL


def request_id_in(scope: Scope) -> str:
    """The id of the request of an ASGI scope, or ""."""
    return str(scope.get("state", {}).get("request_id", ""))
