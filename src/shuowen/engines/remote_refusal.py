"""What a model server that refuses a request says, and what that means here."""

from __future__ import annotations

import socket
import ssl

import msgspec

from shuowen.errors import (
    AccessError,
    CapacityError,
    EngineError,
    NotFoundError,
    PromptTooLongError,
    ShuowenError,
    UsageError,
)

_MAX_SHOWN = 400

TOO_LONG_CODES = (PromptTooLongError.code, "string_above_max_length")
"""How servers say that a prompt does not fit."""


def complaint(body: bytes) -> tuple[str, str]:
    """The code and the sentence of an OpenAI error body, or the beginning of any other."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", _shortened(body.decode("utf-8", "replace"))
    if isinstance(found, dict):
        found = found.get("error") or found.get("detail") or found
    if isinstance(found, dict):
        return str(found.get("code") or ""), _shortened(str(found.get("message") or found))
    return "", _shortened(str(found))


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}…"


def refusal(name: str, status: int, code: str, said: str) -> ShuowenError:
    """What a status other than 200 means.

    Args:
        name: The server.
        status: Of its answer.
        code, said: What `complaint` found in it.
    """
    answer = f"{name} answers {status}" + (f": {said}" if said else ".")
    if status in (401, 403):
        return AccessError(answer, "Set the right key in SHUOWEN_API_KEY.")
    if status == 413 or code in TOO_LONG_CODES:
        return PromptTooLongError(
            answer, "Send fewer or smaller pictures, or ask for fewer tokens."
        )
    if status in (429, 503):
        return CapacityError(answer, "The server is busy; try again later.")
    if status == 404:
        return NotFoundError(answer, "Check the address and the name of the model.")
    if 400 <= status < 500:
        return UsageError(answer, "Leave out what the server does not know.")
    return EngineError(answer, "Look into the server's log.")


def reason(error: Exception) -> str:
    """What went wrong on the line, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    origin = error.__cause__ or error
    if isinstance(error, TimeoutError) or isinstance(origin, TimeoutError):
        return "it does not answer"
    if isinstance(origin, socket.gaierror):
        return "its host is not known"
    if isinstance(origin, OSError) and origin.strerror:
        return origin.strerror
    return "the connection broke off"
