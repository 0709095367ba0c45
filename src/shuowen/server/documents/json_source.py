"""A document that comes as JSON: an address to download it from, or its bytes as base64."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TypeVar

import msgspec

from shuowen.errors import FetchError, FieldError, UsageError
from shuowen.server.documents.files import JobFiles
from shuowen.server.documents.form import check_size
from shuowen.server.documents.wishes import Received, wishes_from_json
from shuowen.source.model import display_name
from shuowen.source.url import parse

MAX_JSON_BYTES = 64 << 20
"""Largest body; JSON is held in memory as a whole, so larger documents must come as a form."""

T = TypeVar("T")

_MAX_URL_CHARACTERS = 8192
_MAX_OPTIONS_BYTES = 1 << 16
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_NOTHING = msgspec.Raw(b'""')


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    """What the body holds, each value as it came: decoded, 60 MB of brackets would be gigabytes."""

    url: msgspec.Raw = _NOTHING
    content_base64: msgspec.Raw = _NOTHING
    name: msgspec.Raw = _NOTHING
    options: msgspec.Raw = msgspec.Raw(b"{}")


def keep_json(body: bytes, files: JobFiles, job_id: str, max_bytes: int) -> Received:
    """What the body of a request asks for; a document in it goes into the job's folder.

    Raises:
        UsageError: It is no JSON object, or a field is unknown, missing or wrong.
        TooLargeError: The document is larger than `max_bytes`.
        OutputError: The disk does not take it.
    """
    came = _body(body)
    name = _text(came.name, "name", MAX_JSON_BYTES)
    wishes = wishes_from_json(_options(came.options))
    url = _text(came.url, "url", _MAX_URL_CHARACTERS)
    content = _text(came.content_base64, "content_base64", MAX_JSON_BYTES)
    if bool(url) == bool(content):
        raise FieldError(
            "The request needs url or content_base64, and not both.", "Send one.", param="url"
        )
    if url:
        _check_url(url)
        return Received(name=name or display_name(url), wishes=wishes, url=url)
    try:
        data = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise FieldError(
            "content_base64 is not base64.", "Encode the file's bytes.", param="content_base64"
        ) from error
    with files.receive(job_id) as incoming:
        check_size(len(data), max_bytes)
        incoming.write(data)
        sha256 = incoming.finish()
    return Received(name=name, wishes=wishes, sha256=sha256, num_bytes=len(data))


def _body(body: bytes) -> _Body:
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        unknown = _UNKNOWN.match(str(error))
        if unknown is None:
            raise UsageError("The body is not a JSON object.", "Send one, as UTF-8.") from error
        shown = unknown[1][:50]
        known = ", ".join(_Body.__struct_fields__)
        raise FieldError(
            f"There is no field {shown!r}.", f"There are: {known}.", param=shown
        ) from error


def _options(value: msgspec.Raw) -> object:
    if len(bytes(value)) > _MAX_OPTIONS_BYTES:
        hint = f"Send at most {_MAX_OPTIONS_BYTES} bytes."
        raise FieldError("options is too long.", hint, param="options")
    return _decoded(value, object, "options", "Send JSON.")


def _text(value: msgspec.Raw, name: str, max_characters: int) -> str:
    hint = f"Send at most {max_characters} characters."
    text = _decoded(value, str, name, hint)
    if len(text) > max_characters:
        raise FieldError(f"{name} is not text that can be taken.", hint, param=name)
    return text


def _decoded(value: msgspec.Raw, kind: type[T], name: str, hint: str) -> T:
    try:
        return msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        what = "text" if kind is str else "JSON"
        raise FieldError(f"{name} is not {what} that can be taken.", hint, param=name) from error


def _check_url(url: str) -> None:
    try:
        parse(url)
    except FetchError as error:
        raise FieldError(error.message, error.hint, param="url") from error
