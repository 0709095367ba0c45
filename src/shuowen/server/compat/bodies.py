"""Bodies of requests: JSON, and forms with files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from shuowen.errors import FieldError, OutputError
from shuowen.server.bridge import call

MAX_FILES = 64

_MAX_FIELDS = 256
_BODY = "body"


@dataclass(frozen=True, kw_only=True)
class Form:
    """A multipart form.

    Attributes:
        values: For every field that is no file, the texts that came under its name.
        files: The files, in order.
    """

    values: dict[str, tuple[str, ...]]
    files: tuple[UploadFile, ...]


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; raises `FieldError`."""
    body = await request.body()
    value = await call(_decoded, body)
    if not isinstance(value, dict):
        raise FieldError("The body is not a JSON object.", "Send one.", param=_BODY)
    return value


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        message = "The body is not JSON."
        raise FieldError(message, "Send a JSON object as UTF-8.", param=_BODY) from error


@asynccontextmanager
async def form_of(request: Request, file_fields: Collection[str]) -> AsyncIterator[Form]:
    """The body as a form, for as long as the block runs; then its files are erased.

    Args:
        file_fields: Fields in which files may come.

    Raises:
        FieldError: It is no form, or a file and a text stand in each other's place.
        OutputError: The disk does not take the files.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise FieldError("The body is no form.", "Send multipart/form-data.", param="Content-Type")
    try:
        received = await request.form(max_files=MAX_FILES, max_fields=_MAX_FIELDS)
    except HTTPException as error:
        raise FieldError(f"The form cannot be read: {error.detail}", param=_BODY) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"The server cannot take the files in: {reason}."
        raise OutputError(message, "Try again later, or send less.") from error
    try:
        yield _sorted_out(received.multi_items(), file_fields)
    finally:
        await received.close()


def _sorted_out(items: list[tuple[str, Any]], file_fields: Collection[str]) -> Form:
    values: dict[str, tuple[str, ...]] = {}
    files: list[UploadFile] = []
    for name, value in items:
        if isinstance(value, UploadFile) != (name in file_fields):
            should = "a file, with a file name" if name in file_fields else "a text, not a file"
            raise FieldError(f"{name} is of the wrong kind.", f"Send {should}.", param=name)
        if isinstance(value, UploadFile):
            files.append(value)
        else:
            values[name] = (*values.get(name, ()), value)
    return Form(values=values, files=tuple(files))
