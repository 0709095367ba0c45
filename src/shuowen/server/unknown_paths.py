"""Paths and methods that there are not: the answer names the nearest that there is."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from shuowen.errors import FieldError, NotFoundError
from shuowen.server.replies import error_reply, status_reply

_MAX_PATH_CHARACTERS = 200


def install(app: FastAPI, routes: Collection[BaseRoute]) -> None:
    """Answer errors of the framework in the server's own form; `routes` are those there are."""
    paths = [getattr(route, "path", "") for route in routes]

    @app.exception_handler(HTTPException)
    async def framework_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return error_reply(_no_path(request, paths))
        if error.status_code == 405:
            allowed = ", ".join(_methods(request, routes))
            message = f"This path does not take {_method(request)}. It takes: {allowed}."
            return status_reply(405, message, "method_not_allowed", {"allow": allowed})
        return status_reply(error.status_code, str(error.detail), "http", error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong_parameter(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"][1:])
        return error_reply(FieldError(f"{param}: {first['msg']}.", param=param))


def _no_path(request: Request, paths: Collection[str]) -> NotFoundError:
    path = request.url.path[:_MAX_PATH_CHARACTERS]
    near = difflib.get_close_matches(path, list(paths), n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "GET / says which paths there are."
    return NotFoundError("There is no such path.", hint)


def _methods(request: Request, routes: Collection[BaseRoute]) -> list[str]:
    """All that the path takes; the framework knows only those of the first route that fits."""
    found: set[str] = set()
    for route in routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found)


def _method(request: Request) -> str:
    return (
        request.method if request.method.isalpha() and len(request.method) < 10 else "this method"
    )
