"""What the flags ask of our own server; `cli/` makes its options of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shuowen.errors import UsageError
from shuowen.launch.parse import ApiServerRequest

_LEVELS = {"FATAL": "CRITICAL", "WARN": "WARNING", "REQUEST": "INFO"}
"""Levels of LMDeploy's that Python's logging has under another name, or not."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """How the server in front of the engine is to be set up.

    Attributes:
        fields: Fields of the server's options; those that no flag sets are not there.
        media_domains: Hosts that addresses of pictures may lead to; none for any public one.
        log_level: As Python's logging calls it; empty for the server's own.
    """

    fields: Mapping[str, Any] = field(repr=False)  # keys are among them
    media_domains: tuple[str, ...] = ()
    log_level: str = ""


def front_of(
    request: ApiServerRequest, environ: Mapping[str, str], *, has_child: bool = True
) -> Front:
    """What a request asks of our server.

    Args:
        request: The flags.
        environ: The variables of this process, of which `--ssl` reads two.
        has_child: Whether LMDeploy or vLLM answers, which refuse tools without a parser.

    Raises:
        UsageError: `--ssl` without its variables, a number out of range, or a flag with nothing
            behind it, by which a server that was to be closed would be open.
    """
    cert, key = _tls(request, environ)
    fields: dict[str, Any] = {
        "host": request.value("--server-name"),
        "port": _within(request, "--server-port", 0, 65535),
        "cors_origins": request.value("--allow-origins"),
        "api_keys": _keys(request),
        "keys_file": _path(request, "--keys"),
        "tls_cert": cert,
        "tls_key": key,
        "max_requests": _within(request, "--max-concurrent-requests", 1, 1_000_000),
        "media_dir": _path(request, "--media-dir"),
        "data_dir": _path(request, "--data-dir"),
        "docs": False if request.value("--disable-fastapi-docs") else None,
        "tools": _tools(request, has_child),
    }
    level = request.value("--log-level", "")
    return Front(
        fields={name: value for name, value in fields.items() if value is not None},
        media_domains=tuple(
            each.rstrip(".").lower() for each in request.value("--allowed-media-domains", ())
        ),
        log_level=_LEVELS.get(level, level),
    )


def _tools(request: ApiServerRequest, has_child: bool) -> str | None:
    """Who names a parser wants tools to reach the engine; without one it would refuse them."""
    policy: str | None = request.value("--tools")
    if policy is not None and policy != "auto":
        return policy
    if not has_child:
        return policy
    return "forward" if request.value("--tool-call-parser") is not None else "ignore"


def _tls(request: ApiServerRequest, environ: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    if not request.value("--ssl", False):
        return None, None
    files = []
    for name in ("SSL_CERTFILE", "SSL_KEYFILE"):
        if not environ.get(name):
            raise UsageError(
                f"--ssl needs the variable {name}, which is not set.",
                "Set SSL_CERTFILE to the certificate and SSL_KEYFILE to its private key, as PEM.",
            )
        files.append(Path(environ[name]).expanduser())
    return files[0], files[1]


def _keys(request: ApiServerRequest) -> tuple[str, ...] | None:
    keys = request.value("--api-keys")
    if keys is None:
        return None
    given = tuple(each for each in keys if each)
    if not given:
        raise UsageError(
            "--api-keys names no key, so that everybody could ask.",
            "Name one, or leave the flag out. Is the variable that holds it empty?",
        )
    return given


def _path(request: ApiServerRequest, name: str) -> Path | None:
    text = request.value(name)
    if text == "":
        raise UsageError(f"{name} names nothing.", "Name it, or leave the flag out.")
    return Path(text).expanduser() if text else None


def _within(request: ApiServerRequest, name: str, least: int, most: int) -> int | None:
    number: int | None = request.value(name)
    if number is not None and not least <= number <= most:
        raise UsageError(f"{name} is {number}.", f"Choose {least} to {most}.")
    return number
