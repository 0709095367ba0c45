"""Requests of docling-serve's clients, taken apart: files in a form, sources in JSON."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Any
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile

from shuowen.config import Limits
from shuowen.errors import FieldError, ShuowenError
from shuowen.server.compat.bodies import MAX_FILES, Form
from shuowen.server.compat.docling_convert import Order, Ordered
from shuowen.server.compat.docling_document import VERSION
from shuowen.server.compat.docling_options import (
    OPTIONS,
    OPTIONS_TABLE,
    check_target,
    wishes_from,
)
from shuowen.server.compat.fields import TEXT, FieldTable, accepted, honoured, one_of, refused
from shuowen.server.compat.given import Given
from shuowen.server.compat.held import Held
from shuowen.server.compat.sources import decoded_base64, source_from
from shuowen.server.documents.uploads import shown_name
from shuowen.source.model import Source

VERSION_HEADER = "Accept-Docling-Document-Version"

_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.[0-9]{1,4}")
_FILES = {"type": "array", "items": {"type": "string", "format": "binary"}}
_TARGET_NOTE = "`inbody` or `zip`; several sources come as a ZIP archive in any case"

FORM_TABLE = FieldTable(
    fields=(
        honoured("files", f"the documents, at most {MAX_FILES}", _FILES),
        honoured("target_type", _TARGET_NOTE, one_of("inbody", "zip")),
        *refused("callbacks", "the server calls nobody; ask after the task", "", "[]"),
        *OPTIONS,
    )
)
_SOURCE_TABLE = FieldTable(
    prefix="sources[].",
    fields=(
        honoured("kind", "`file` or `http`", one_of("file", "http")),
        honoured("base64_string", "the content of a file", {"type": "string"}),
        honoured("filename", "what the file is called", {"type": "string"}),
        honoured("url", "where to download the document", {"type": "string"}),
        *refused("headers", "headers are not sent along", {}),
    ),
)
_TARGET_TABLE = FieldTable(
    prefix="target.", fields=(honoured("kind", _TARGET_NOTE, one_of("inbody", "zip")),)
)
REQUEST_TABLE = FieldTable(
    fields=(
        honoured(
            "sources",
            f"the documents, at most {MAX_FILES}, of kind `file` or `http`",
            {"type": "array", "items": _SOURCE_TABLE.schema(), "minItems": 1},
            required=True,
        ),
        honoured("options", "see the fields below", OPTIONS_TABLE.schema()),
        honoured("target", _TARGET_NOTE, _TARGET_TABLE.schema()),
        *refused("callbacks", "the server calls nobody; ask after the task", []),
    )
)
_HEADER_TABLE = FieldTable(
    fields=(
        honoured(VERSION_HEADER, f"the newest DoclingDocument understood, from {VERSION} on", TEXT),
        *accepted("X-Tenant-Id", "callers are told apart by their key"),
    )
)
TABLES = (FORM_TABLE, REQUEST_TABLE, _SOURCE_TABLE, _TARGET_TABLE, _HEADER_TABLE)

Bring = Callable[[], Source]
Bringing = Callable[[str, IO[bytes]], Bring]
"""Makes of a file that came, by its name, what brings it when its turn comes."""


@dataclass(frozen=True, kw_only=True)
class KeptOrder:
    """An order whose files outlive the request that brought them, until `close`."""

    order: Order
    held: Sequence[Held]

    def close(self) -> None:
        """Erases the files."""
        for each in self.held:
            each.close()


def kept_order(make: Callable[[Bringing], Order]) -> KeptOrder:
    """An order to be carried out later; for a thread.

    Args:
        make: Takes the request apart, with a way to keep its files.

    Raises:
        ShuowenError: What `make` raises, or there is no room; nothing is kept then.
    """
    held: list[Held] = []

    def bring_later(name: str, content: IO[bytes]) -> Bring:
        kept = Held(content)
        held.append(kept)
        return lambda: Source(name=name, data=kept.read())

    try:
        return KeptOrder(order=make(bring_later), held=held)
    except ShuowenError:
        for each in held:
            each.close()
        raise


def bring_now(name: str, content: IO[bytes]) -> Bring:
    """Brings a file while its request lasts."""
    return lambda: Source(name=name, data=content.read())


def check_version(wanted: str) -> None:
    """Refuses clients that are too old for our DoclingDocument; "" is of no particular age.

    Raises:
        FieldError: The version is too old, or none.
    """
    ours = _VERSION.fullmatch(VERSION)
    theirs = _VERSION.fullmatch(wanted or VERSION)
    assert ours is not None
    if theirs is None or tuple(map(int, theirs.groups())) < tuple(map(int, ours.groups())):
        message = f"A DoclingDocument of version {VERSION} cannot be made older."
        raise FieldError(message, "Use a newer client.", param=VERSION_HEADER)


def form_order(form: Form, owner: str, bringing: Bringing) -> Order:
    """What a form asks for; raises `FieldError`."""
    FORM_TABLE.check(form.values)
    if not form.files:
        raise FieldError("There is no file.", "Send the documents as files.", param="files")
    target = Given(form.values).text("target_type", default="inbody")
    check_target(target, "target_type")
    names = {"files", "target_type", "callbacks"}
    options = {name: value for name, value in form.values.items() if name not in names}
    wishes = wishes_from(options)
    return Order(
        sources=[_uploaded(file, bringing) for file in form.files],
        wishes=wishes,
        is_packed=target == "zip",
        owner=owner,
    )


def json_order(body: Mapping[str, Any], owner: str, limits: Limits, bringing: Bringing) -> Order:
    """What JSON asks for, base64 decoded; for a thread. Raises `FieldError`."""
    REQUEST_TABLE.check(body)
    given = Given(body)
    options = given.inside("options")
    OPTIONS_TABLE.check(options)
    sources = given.several("sources")
    if not 1 <= len(sources) <= MAX_FILES:
        raise given.wrong("sources", f"a list of 1 to {MAX_FILES} sources")
    target = given.inside("target")
    kind = Given(target, "target.").text("kind", default="inbody")
    check_target(kind, "target.kind")
    _TARGET_TABLE.check(target)
    wishes = wishes_from(options, "options.")
    return Order(
        sources=[_source(each, index, limits, bringing) for index, each in enumerate(sources)],
        wishes=wishes,
        is_packed=kind == "zip",
        owner=owner,
    )


def _uploaded(file: UploadFile, bringing: Bringing) -> Ordered:
    name = shown_name(file.filename or "")
    return Ordered(name=name, bring=bringing(name, file.file))


def _source(value: Any, index: int, limits: Limits, bringing: Bringing) -> Ordered:
    prefix = f"sources[{index}]."
    if not isinstance(value, dict):
        raise FieldError(f"sources[{index}] is not an object.", param=f"sources[{index}]")
    FieldTable(fields=_SOURCE_TABLE.fields, prefix=prefix).check(value)
    given = Given(value, prefix)
    default = "http" if "url" in value else "file"
    kind = given.choice("kind", ("file", "http"), default=default)
    if kind == "http":
        url = given.text("url")
        name = shown_name(_path_of(url))
        return Ordered(name=name, bring=partial(_download, url, limits, f"{prefix}url"))
    name = shown_name(given.text("filename"))
    content = given.text("base64_string")
    data = decoded_base64(content, limits.max_bytes, param=f"{prefix}base64_string")
    return Ordered(name=name, bring=bringing(name, io.BytesIO(data)))


def _download(url: str, limits: Limits, param: str) -> Source:
    if "://" not in url:
        raise FieldError(f"{param} is not an http or https address.", param=param)
    return source_from(url, "", limits, param=param)


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
