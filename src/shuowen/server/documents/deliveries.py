"""Results as HTTP answers: media types, file names, entity tags, and erasing what was fetched."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shuowen.errors import FieldError, UsageError
from shuowen.server.bridge import call
from shuowen.source.model import Source
from shuowen.writers import Writer, writer_named

_PIECE_BYTES = 1 << 16
_MAX_CHARACTERS = 100
_TEXT_TYPES = {"md": "text/markdown", "html": "text/html", "txt": "text/plain"}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A result on its way out.

    Attributes:
        data: Its bytes.
        writer: What made them.
        name: The document's; a safe file name is made of it.
        suffix: End of that file's name.
        tag: Changes when the result does.
        when_sent: Called on a thread once all is sent; None for nothing.
    """

    data: bytes
    writer: Writer
    name: str
    suffix: str
    tag: str
    when_sent: Callable[[], None] | None = None


def format_named(name: str, param: str) -> Writer:
    """The writer of a format that a request names in `param`; raises `FieldError`."""
    try:
        return writer_named(name[:_MAX_CHARACTERS])
    except UsageError as error:
        raise FieldError(error.message, error.hint, param=param) from error


def has_it(request: Request, tag: str) -> bool:
    """Whether the client says that it has this version of a result."""
    known = request.headers.get("if-none-match", "")
    return any(each.strip().removeprefix("W/") == f'"{tag}"' for each in known.split(","))


def unchanged(tag: str) -> Response:
    """The answer to a client that has it."""
    return Response(status_code=304, headers={"etag": f'"{tag}"'})


def deliver(delivery: Delivery) -> Response:
    """The answer that holds a result."""
    headers = {
        "etag": f'"{delivery.tag}"',
        "content-disposition": disposition(delivery.name, delivery.suffix),
        "content-length": str(len(delivery.data)),
        "cache-control": "private, no-cache",
        # The text of a stranger's document is never to run as part of our own pages.
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
    return StreamingResponse(
        _pieces(delivery), headers=headers, media_type=media_type(delivery.writer)
    )


def media_type(writer: Writer) -> str:
    """What a writer's files are."""
    text_type = _TEXT_TYPES.get(writer.name)
    if text_type is not None:
        return f"{text_type}; charset=utf-8"
    return mimetypes.guess_type(f"x{writer.suffix}")[0] or "application/octet-stream"


def disposition(name: str, suffix: str) -> str:
    """The header that names the file to save: in ASCII, and as it is for all who understand it."""
    stem = Source(name=name, data=b"").stem()
    plain = "".join(letter if letter.isascii() and letter not in '"\\%' else "_" for letter in stem)
    full = quote(f"{stem}{suffix}", safe="")
    return f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{full}"


async def _pieces(delivery: Delivery) -> AsyncIterator[bytes]:
    for start in range(0, len(delivery.data), _PIECE_BYTES):
        yield delivery.data[start : start + _PIECE_BYTES]
    if delivery.when_sent is not None:
        await call(delivery.when_sent)
