"""Errors as answers: OpenAI's nested body on every path, whoever asks.

::

    {"error": {"message": "…", "type": "invalid_request_error", "param": null, "code": "field"}}

https://platform.openai.com/docs/guides/error-codes and the clients' own parsers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from shuowen.errors import BusyError, CapacityError, InternalError, ShuowenError

RETRY_SECONDS = 5
"""When a client should come back to a server that stops or has no memory."""

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


def error_body(error: ShuowenError) -> dict[str, Any]:
    """An error as the value of an answer's body, or of an event in a stream."""
    return {"error": error_fields(error.http_status, str(error), error.code, error.param)}


def error_reply(error: ShuowenError) -> Response:
    """An error as an answer."""
    headers: dict[str, str] = {}
    if isinstance(error, BusyError):
        headers["retry-after"] = str(error.retry_after_seconds)
    elif isinstance(error, CapacityError) and error.http_status == 503:
        headers["retry-after"] = str(RETRY_SECONDS)
    if error.http_status == 401:
        headers["www-authenticate"] = "Bearer"
    return json_reply(error_body(error), status=error.http_status, headers=headers)


def status_reply(
    status: int, message: str, code: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer for a status that no error of the tree stands for, such as 405."""
    body = {"error": error_fields(status, message, code)}
    return json_reply(body, status=status, headers=headers)


def json_reply(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Any value, msgspec's records too, as a JSON answer."""
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/json",
    )


def error_fields(status: int, message: str, code: str, param: str = "") -> dict[str, Any]:
    """What stands under "error"."""
    return {"message": message, "type": error_type(status), "param": param or None, "code": code}


def error_type(status: int) -> str:
    """OpenAI's word for a status."""
    return _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")


def unexpected(error: BaseException) -> ShuowenError:
    """What people are told of an exception that nobody foresaw: nothing of its own words.

    They may hold a document's text or a path; the log has where it was raised.
    """
    if isinstance(error, ShuowenError):
        return error
    if isinstance(error, MemoryError):
        return CapacityError("There was not enough memory.", "Try again later, or with less.")
    return InternalError(
        "A bug in Shuowen showed while it answered this request.",
        "Please report it with the server's log lines of this request id.",
    )
