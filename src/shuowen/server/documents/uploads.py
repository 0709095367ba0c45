"""From a request to a job's folder: the document as a form, as JSON, or as the body itself.

Nothing of a document that comes as a form or as the body is held in memory; a request that is
refused, or that breaks off, leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict

import msgspec
from starlette.requests import ClientDisconnect, Request

from shuowen.errors import FieldError, TooLargeError, UsageError
from shuowen.image.formats import sniff
from shuowen.server.bridge import call
from shuowen.server.documents.files import JobFiles, Secrets
from shuowen.server.documents.form import FILE_FIELD, Form, check_size
from shuowen.server.documents.json_source import MAX_JSON_BYTES, keep_json
from shuowen.server.documents.records import NewJob
from shuowen.server.documents.wishes import Received, wishes_from_fields

_PIECE_BYTES = 1 << 20
_MAX_KEY_CHARACTERS = 255
_MAX_NAME_CHARACTERS = 200
_BODY_TYPES = frozenset(("application/pdf", "application/octet-stream", ""))

_Receiver = Callable[[Request, JobFiles, str, int], Awaitable[Received]]


async def receive_job(
    request: Request, files: JobFiles, *, owner: str, idempotency_key: str, max_bytes: int
) -> NewJob:
    """Bring a request's document into a new folder; what is needed to queue it.

    Args:
        request: Its body has not been read.
        files: Where the folder is made.
        owner: Who asks.
        idempotency_key: The header as it came; "" for none.
        max_bytes: The largest document.

    Raises:
        UsageError, InputError, OutputError: The request is not taken; nothing is left behind.
    """
    _check_key(idempotency_key)
    receive = _receiver(request)
    # At once and not on a thread: whoever is cancelled must know what to erase.
    job_id = files.create()
    try:
        received = await receive(request, files, job_id, max_bytes)
        return await call(_new_job, files, job_id, received, owner, idempotency_key)
    except ClientDisconnect as error:
        files.erase(job_id)
        raise UsageError("The request broke off.", "Send it again.") from error
    except BaseException:
        files.erase(job_id)
        raise


def _receiver(request: Request) -> _Receiver:
    """How to read the body, by its type; raises `FieldError`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return _receive_form
    if media_type == "application/json":
        return _receive_json
    if media_type in _BODY_TYPES or media_type.startswith("image/"):
        return _receive_body
    raise FieldError(
        "A document does not come as this type of content.",
        "Send multipart/form-data, application/json, application/pdf or image/….",
        param="Content-Type",
    )


async def _receive_form(request: Request, files: JobFiles, job_id: str, max_bytes: int) -> Received:
    _refuse_query(request)
    with files.receive(job_id) as incoming:
        form = Form(request.headers["content-type"], incoming, max_bytes=max_bytes)
        await _each_piece(request, form.feed)
        form.finish()
        if form.file_name is None:
            raise FieldError("The form has no file.", "Send the document in it.", param=FILE_FIELD)
        sha256 = await call(incoming.finish)
    names, rest = _parted(form.fields, "name")
    return Received(
        name=names[0] if names else form.file_name,
        wishes=wishes_from_fields(rest),
        sha256=sha256,
        num_bytes=incoming.num_bytes,
    )


async def _receive_body(request: Request, files: JobFiles, job_id: str, max_bytes: int) -> Received:
    names, rest = _parted(request.query_params.multi_items(), "name")
    if any(name == "password" for name, _ in rest):
        raise FieldError(
            "A password in an address ends up in logs.", "Send it in a form.", param="password"
        )
    wishes = wishes_from_fields(rest)
    with files.receive(job_id) as incoming:

        def take(piece: bytes) -> None:
            check_size(incoming.num_bytes + len(piece), max_bytes)
            incoming.write(piece)

        await _each_piece(request, take)
        sha256 = await call(incoming.finish)
    return Received(
        name=names[0] if names else "", wishes=wishes, sha256=sha256, num_bytes=incoming.num_bytes
    )


async def _receive_json(request: Request, files: JobFiles, job_id: str, max_bytes: int) -> Received:
    _refuse_query(request)
    body = bytearray()

    def take(piece: bytes) -> None:
        body.extend(piece)
        if len(body) > MAX_JSON_BYTES:
            raise TooLargeError(
                f"The JSON is larger than {MAX_JSON_BYTES} bytes.",
                "Send a large document as multipart/form-data.",
            )

    await _each_piece(request, take)
    return await call(keep_json, bytes(body), files, job_id, max_bytes)


def _new_job(
    files: JobFiles, job_id: str, received: Received, owner: str, idempotency_key: str
) -> NewJob:
    """Look at what came, and write down what must not be in the table."""
    name, options = shown_name(received.name), received.wishes.options
    source = files.source(job_id, name)
    media_type = None if source is None else sniff(source.head(), name)
    files.keep_secrets(job_id, Secrets(password=options.password, url=received.url))
    return NewJob(
        id=job_id,
        owner=owner,
        name=name,
        options=options,
        formats=received.wishes.formats,
        media_type=media_type,
        num_bytes=received.num_bytes,
        idempotency_key=idempotency_key,
        fingerprint=_fingerprint(received, owner, idempotency_key) if idempotency_key else "",
    )


def shown_name(name: str) -> str:
    """A client's name for a document as it can be shown anywhere: short, one line, no folders."""
    base = name if "://" in name else name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(letter if letter.isprintable() else " " for letter in base)
    return " ".join(plain.split())[:_MAX_NAME_CHARACTERS] or "document"


def _fingerprint(received: Received, owner: str, idempotency_key: str) -> str:
    """One text for all that a request asks for.

    A password goes in by a slow hash, so that it cannot be guessed from the text.
    """
    password = received.wishes.options.password
    salt = f"{owner}/{idempotency_key}".encode()
    slow = hashlib.scrypt(password.encode(), salt=salt, n=1 << 14, r=8, p=1) if password else b""
    asked = {**asdict(received), "num_bytes": None}
    asked["wishes"]["options"]["password"] = slow.hex()
    return hashlib.sha256(msgspec.json.encode(asked, order="sorted")).hexdigest()


async def _each_piece(request: Request, take: Callable[[bytes], None]) -> None:
    """Hand the body over on a thread, in pieces large enough to be worth it."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) >= _PIECE_BYTES:
            await call(take, bytes(piece))
            piece.clear()
    if piece:
        await call(take, bytes(piece))


def _parted(pairs: Iterable[tuple[str, str]], name: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The values of one field, given at most once, and all other fields."""
    pairs = list(pairs)
    own = [value for key, value in pairs if key == name]
    if len(own) > 1:
        raise FieldError(f"{name} is given twice.", "Give it once.", param=name)
    return own, [pair for pair in pairs if pair[0] != name]


def _refuse_query(request: Request) -> None:
    for name in request.query_params:
        raise FieldError(
            "Options in the address go with a bare document only.",
            "Send them in the form or in the JSON.",
            param=name,
        )


def _check_key(key: str) -> None:
    if key and not (len(key) <= _MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise FieldError(
            "The Idempotency-Key is not one.",
            f"Send at most {_MAX_KEY_CHARACTERS} printable ASCII characters.",
            param="Idempotency-Key",
        )
