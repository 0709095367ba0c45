"""A document as JSON and back, and the JSON Schema that is published for others to rely on."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from shuowen.document.model import SCHEMA_VERSION, Document, Page
from shuowen.errors import InputError

READABLE_VERSIONS = ("1.0", SCHEMA_VERSION)
"""1.0 has no repairs, doubts and crossed-out writing, and is a document of today without them."""
SCHEMA_ID = f"urn:shuowen:document:{SCHEMA_VERSION}"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# An indented array of nothing but numbers: a box, a quad, confidences. No JSON string holds a raw
# line break, so this never matches inside one.
_SPREAD_NUMBERS = re.compile(rb"\[\n[\d\s,.eE+\-\[\]]*\]")
_LINE_BREAK = re.compile(rb"\n *")


class _Head(msgspec.Struct):
    """What tells whether the rest can be understood."""

    schema_version: str = ""


def to_json(document: Document) -> bytes:
    """`document` as UTF-8 JSON, indented by one space, boxes and confidences on one line.

    `from_json` gives back an equal document. A lone surrogate (half a character, as in a file name
    of broken bytes) has no UTF-8 form and becomes "?".
    """
    return b"".join(_parts(document))


def _parts(document: Document) -> Iterator[bytes]:
    # Page by page, so that a long document needs its own length in memory and not five times it.
    head = _indented(msgspec.structs.replace(document, pages=()))
    before, no_pages, after = head.partition(b'"pages": []')
    if not document.pages:
        yield from (before, no_pages, after, b"\n")
        return
    yield before + b'"pages": ['
    for index, page in enumerate(document.pages):
        yield b",\n  " if index else b"\n  "
        yield _indented(page).replace(b"\n", b"\n  ")
    yield b"\n ]" + after + b"\n"


def _indented(record: Document | Page) -> bytes:
    try:
        compact = msgspec.json.encode(record)
    except UnicodeEncodeError:
        plain = json.dumps(msgspec.to_builtins(record), ensure_ascii=False)
        compact = plain.encode("utf-8", "replace")
    indented: bytes = msgspec.json.format(compact, indent=1)
    return _SPREAD_NUMBERS.sub(_join_lines, indented)


def _join_lines(match: re.Match[bytes]) -> bytes:
    return _LINE_BREAK.sub(b"", match.group())


def from_json(data: bytes | str, name: str = "The JSON document") -> Document:
    """The document that `data` holds, checked field by field.

    Args:
        data: What `to_json` wrote.
        name: What to call it in errors, a file name as a rule.

    Raises:
        InputError: It is no JSON, of another schema version, or breaks the schema.
    """
    try:
        version = msgspec.json.decode(data, type=_Head).schema_version
    except msgspec.DecodeError as error:
        raise InputError(f"{name} is not a JSON document: {error}.") from error
    if version not in READABLE_VERSIONS:
        raise InputError(
            f"{name} has schema version {version or 'none'}; this release reads {SCHEMA_VERSION}.",
            "Read the original document again, or use the release that wrote this file.",
        )
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        raise InputError(f"{name} breaks document schema {version}: {error}.") from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `to_json` writes, as published in `docs/schema`."""
    schema = msgspec.json.schema(Document)
    definitions = schema["$defs"]
    for definition in definitions.values():
        definition["description"] = inspect.cleandoc(definition["description"])
    document = definitions["Document"]
    document["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    document["required"].append("schema_version")
    return {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        "title": f"Shuowen document {SCHEMA_VERSION}",
        "description": (
            "A read document: Document > Page > Region > Line > Span, and Table > Cell. Boxes are "
            "in pixels of the original page picture, origin top-left, x to the right, y down. "
            "Confidences are 0 to 1. page_number counts from 1; every ..._index counts from 0."
        ),
        **schema,
    }
