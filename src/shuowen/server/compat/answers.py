"""Errors in the words of a foreign contract, beside our own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from shuowen.errors import FieldError, ShuowenError
from shuowen.server.replies import error_body, error_reply, json_reply

Shape = Callable[[ShuowenError], dict[str, Any]]
"""What a contract's clients look for in the body of an error."""

_OWN_HEADERS = frozenset(("content-length", "content-type"))


def route_class(shape: Shape) -> type[APIRoute]:
    """A class of routes whose errors have our body and, next to `error`, the contract's fields."""

    class ContractRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handler(request: Request) -> Response:
                try:
                    return await handle(request)
                except ShuowenError as error:
                    return _reply(error, shape)
                except RequestValidationError as error:
                    return _reply(_field_error(error), shape)

            return handler

    return ContractRoute


def _reply(error: ShuowenError, shape: Shape) -> Response:
    own = error_reply(error)
    headers = {name: value for name, value in own.headers.items() if name not in _OWN_HEADERS}
    body = {**shape(error), **error_body(error)}
    return json_reply(body, status=error.http_status, headers=headers)


def _field_error(error: RequestValidationError) -> FieldError:
    """The first part of an address that is wrong; bodies are not checked by FastAPI here."""
    first = error.errors()[0]
    name = str(first["loc"][-1])
    return FieldError(f"{name} has a value that it does not take.", f"{first['msg']}.", param=name)
