"""Options of `shuowen serve`: how they are written, and the record that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click

from shuowen.cli.source_options import limits_from
from shuowen.cli.values import Amount, Finite, Nearest, short_amount
from shuowen.server.options import (
    BACKGROUND_CHOICES,
    DEFAULT_PORT,
    MAX_BODY_BYTES,
    TOOL_CHOICES,
    ServerOptions,
    default_data_dir,
)

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SPANS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.IGNORECASE)
_MOST_SECONDS = 100 * 365 * 86400
_DEFAULT = ServerOptions(jobs=1)
_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


class Span(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click only
    """A length of time: 90, 90s, 30m, 24h or 7d; gives seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds, at least 1; fails with how to write them."""
        if isinstance(value, int | float):
            return float(value)
        match = _SPAN.fullmatch(value.strip())
        seconds = float(match[1]) * _SPANS[match[2].lower()] if match else 0.0
        if not 1 <= seconds <= _MOST_SECONDS:
            self.fail(f"{value!r} is no length of time. Write it like 30m, 24h or 7d.", param, ctx)
        return seconds


def _option(
    *names: str, env: str = "", help: str, **details: Any
) -> Callable[[_Command], _Command]:
    """An option that may come from the environment, and whose help says so."""
    if env:
        details["envvar"] = env
        help = f"{help}  [env: {env}]"
    return click.option(*names, help=help, **details)


_ADDRESS = (
    _option(
        "--host",
        "--server-name",
        "host",
        env="SHUOWEN_HOST",
        default=_DEFAULT.host,
        show_default=True,
        help="Address to listen on. 0.0.0.0 lets others reach the server: give it --keys then.",
    ),
    _option(
        "--port",
        "--server-port",
        "port",
        env="SHUOWEN_PORT",
        type=click.IntRange(0, 65535),
        default=DEFAULT_PORT,
        show_default=True,
        help="Port; 0 takes a free one and says which.",
    ),
    _option(
        "--tls-cert",
        env="SHUOWEN_TLS_CERT",
        type=_FILE,
        metavar="FILE",
        help="Speak HTTPS with this certificate chain, PEM.",
    ),
    _option(
        "--tls-key",
        env="SHUOWEN_TLS_KEY",
        type=_FILE,
        metavar="FILE",
        help="Its private key, unless the first file holds it too.",
    ),
    _option(
        "--cors-origin",
        "cors_origins",
        env="SHUOWEN_CORS_ORIGINS",
        multiple=True,
        metavar="ORIGIN",
        help="Let scripts of this web page call the server: https://app.example.com, or * for all;"
        " may be repeated.  [default: none]",
    ),
    _option(
        "--allow-host",
        "allowed_hosts",
        env="SHUOWEN_ALLOW_HOSTS",
        multiple=True,
        metavar="NAME",
        help="Answer to this name too, as behind a proxy. Listening on this machine alone, without"
        " keys, the server answers only to its own names, so that no web page in a browser here can"
        " pose as it; may be repeated.",
    ),
)
_ACCESS = (
    _option(
        "--keys",
        "keys_file",
        env="SHUOWEN_KEYS",
        type=_FILE,
        metavar="FILE",
        help="Answer only to requests with a key of this file; make one with `shuowen keys add`.",
    ),
    _option(
        "--requests-per-minute",
        type=click.IntRange(min=0),
        default=_DEFAULT.requests_per_minute,
        metavar="N",
        help="Most requests of each key in a minute; without keys, of everybody together."
        "  [default: no limit]",
    ),
    _option(
        "--concurrent",
        "concurrent_requests",
        type=click.IntRange(min=0),
        default=_DEFAULT.concurrent_requests,
        metavar="N",
        help="Most requests of each key at once.  [default: no limit]",
    ),
)
_WORK = (
    _option(
        "--jobs",
        env="SHUOWEN_JOBS",
        type=click.IntRange(min=1),
        metavar="N",
        help="Pages read side by side, of all requests together.  [default: one for each core]",
    ),
    _option(
        "--max-requests",
        env="SHUOWEN_MAX_REQUESTS",
        type=click.IntRange(min=1),
        default=_DEFAULT.max_requests,
        show_default=True,
        help="Requests being answered or waiting at once; more are told to come back (429).",
    ),
    _option(
        "--max-body",
        "max_body_bytes",
        type=Amount(),
        default=MAX_BODY_BYTES,
        help=f"Refuse larger requests.  [default: {MAX_BODY_BYTES >> 20} MiB]",
    ),
    _option(
        "--request-time",
        "request_seconds",
        type=Span(),
        default=_DEFAULT.request_seconds,
        help="Give up an answer that takes longer; jobs may.  [default: 10m]",
    ),
    _option(
        "--drain-time",
        "drain_seconds",
        type=Finite(min=0),
        metavar="SECONDS",
        default=_DEFAULT.drain_seconds,
        show_default=True,
        help="How long running requests may go on after SIGTERM or Ctrl-C. A second one cuts them.",
    ),
    _option(
        "--max-pages",
        type=click.IntRange(min=1),
        default=_DEFAULT.max_pages,
        show_default=True,
        help="Refuse documents of which more pages are wanted.",
    ),
    _option(
        "--max-chat-pages",
        type=click.IntRange(min=1),
        default=_DEFAULT.max_chat_pages,
        show_default=True,
        help="The same for all files of one chat.",
    ),
    _option(
        "--max-pixels",
        type=Amount(),
        default=_DEFAULT.limits.max_pixels,
        help="Refuse larger pictures and pages, width times height."
        f"  [default: {short_amount(_DEFAULT.limits.max_pixels)}]",
    ),
    _option(
        "--max-bytes",
        type=Amount(),
        default=_DEFAULT.limits.max_bytes,
        help="Refuse larger documents, uploaded or downloaded."
        f"  [default: {_DEFAULT.limits.max_bytes >> 20} MiB]",
    ),
    _option(
        "--fetch-seconds",
        type=Finite(min=0, min_open=True),
        default=_DEFAULT.limits.fetch_seconds,
        show_default=True,
        help="Give up a download that takes longer.",
    ),
    _option(
        "--allow-private-urls",
        "allow_private_addresses",
        is_flag=True,
        help="Let URLs in requests lead to this machine and its local network. Whoever may ask can"
        " then reach what only this machine should.",
    ),
)
_DOCUMENTS = (
    _option(
        "--data-dir",
        env="SHUOWEN_DATA_DIR",
        type=_FOLDER,
        default=default_data_dir,
        show_default=False,
        help="Where documents and their pages are kept; one server at a time."
        "  [default: ~/.local/share/shuowen/server]",
    ),
    _option(
        "--media-dir",
        env="SHUOWEN_MEDIA_DIR",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Let requests name pictures in this folder as file:// addresses.  [default: none]",
    ),
    _option(
        "--retention",
        "retention_seconds",
        env="SHUOWEN_RETENTION",
        type=Span(),
        default=_DEFAULT.retention_seconds,
        help="Erase documents so long after they were read: 30m, 24h, 7d.  [default: 24h]",
    ),
    _option(
        "--max-documents",
        type=click.IntRange(min=1),
        default=_DEFAULT.max_documents,
        show_default=True,
        help="Documents that are kept of each key, those that were read included; without keys, of"
        " everybody together. More are refused until some are erased.",
    ),
    _option(
        "--erase-after-read",
        is_flag=True,
        help="Erase a document as soon as its result was fetched.",
    ),
)
_BEHAVIOUR = (
    _option(
        "--tools",
        type=Nearest(TOOL_CHOICES),
        default=_DEFAULT.tools,
        show_default=True,
        help="Tools in chat requests: ignore them, forward them to the model, reject the request;"
        " auto does what suits the model.",
    ),
    _option(
        "--background",
        type=Nearest(BACKGROUND_CHOICES),
        default=_DEFAULT.background,
        show_default=True,
        help="Open WebUI's calls for titles, tags and follow-ups: answer them cheaply, or forward"
        " them to the model.",
    ),
    _option(
        "--docs/--no-docs",
        default=True,
        help="Whether there are /docs and /openapi.json.  [default: yes]",
    ),
)


def server_options(command: _Command) -> _Command:
    """Add the options to a command, in the order above."""
    for option in reversed((*_ADDRESS, *_ACCESS, *_WORK, *_DOCUMENTS, *_BEHAVIOUR)):
        command = option(command)
    return command


def server_options_from(values: Mapping[str, Any]) -> ServerOptions:
    """The record that these options make; raises `UsageError`."""
    names = [each.name for each in fields(ServerOptions)]
    chosen = {name: values[name] for name in names if values.get(name) is not None}
    return ServerOptions(**{**chosen, "limits": limits_from(values)})
