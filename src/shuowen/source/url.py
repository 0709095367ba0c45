"""Web addresses: taken apart once, so that what is checked and what is asked for are the same."""

from __future__ import annotations

import re
from types import MappingProxyType

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from shuowen.errors import FetchError
from shuowen.source.model import display_name

CHECK = "Check the address."
"""The hint that fits most of what can be wrong with a URL."""

_PORTS = MappingProxyType({"http": 80, "https": 443})
_AUTHORITY = re.compile(r"(?<=://)[^/\\?#]*")


def parse(url: str) -> Url:
    """Take an http or https URL apart; raises `FetchError` for any other."""
    try:
        parsed = parse_url(_AUTHORITY.sub(_ascii_host, url, count=1))
    except (LocationParseError, UnicodeError) as error:
        raise FetchError(f"{display_name(url)} is not a web address.", CHECK) from error
    if parsed.scheme not in _PORTS:
        raise FetchError(f"{display_name(url)} is not an http or https address.", CHECK)
    if not parsed.host:
        raise FetchError(f"{display_name(url)} names no host.", CHECK)
    return parsed


def host_of(url: Url) -> str:
    """The host as resolvers and certificates spell it: no brackets, no final dot."""
    return (url.host or "").strip("[]").rstrip(".")


def port_of(url: Url) -> int:
    """The port that the URL names, or its scheme's own."""
    return url.port or _PORTS[url.scheme or "http"]


def _ascii_host(authority: re.Match[str]) -> str:
    """Spell a host in Chinese, say, as DNS knows it (IDNA, RFC 3490)."""
    user, at, host = authority[0].rpartition("@")
    name, colon, port = host.partition(":")
    if host.isascii():
        return authority[0]
    return f"{user}{at}{name.encode('idna').decode()}{colon}{port}"
