from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from shuowen.document.json import from_json, json_schema, to_json
from shuowen.document.model import Document, SourceInfo
from shuowen.errors import InputError
from tests.document.strategies import documents

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "document-1.1.json"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())

EMPTY = Document(
    source=SourceInfo(name="a.png", media_type="image/png", num_bytes=1, sha256="0" * 64),
    num_pages=0,
    status="ok",
    pages=(),
)


@given(documents())
@settings(deadline=None)
def test_every_document_comes_back_equal_and_keeps_to_the_schema(document: Document) -> None:
    data = to_json(document)
    assert from_json(data) == document
    VALIDATOR.validate(json.loads(data))


@given(documents())
@settings(deadline=None)
def test_the_layout_changes_nothing_but_white_space(document: Document) -> None:
    plain = msgspec.json.format(msgspec.json.encode(document), indent=1)
    assert re.sub(rb"\n *", b"", to_json(document)) == re.sub(rb"\n *", b"", plain)


def test_numbers_that_belong_together_stand_on_one_line() -> None:
    document = msgspec.structs.replace(EMPTY, timings={"load": 0.5})
    assert b'\n "timings": {\n  "load": 0.5\n }\n}\n' in to_json(document)
    text = to_json(msgspec.structs.replace(EMPTY, options="[\n1\n]"))
    assert json.loads(text)["options"] == "[\n1\n]"


def test_a_broken_file_name_does_not_cost_the_document() -> None:
    source = msgspec.structs.replace(EMPTY.source, name="\udcb5\udcb5.pdf")
    data = to_json(msgspec.structs.replace(EMPTY, source=source))
    assert from_json(data).source.name == "??.pdf"


def test_the_published_schema_is_what_the_records_say(
    check_golden: Callable[[Path, bytes], None],
) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check_golden(PUBLISHED, json.dumps(schema, indent=1, ensure_ascii=False).encode() + b"\n")


def test_the_schema_names_itself_and_explains_its_records() -> None:
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["$id"] == "urn:shuowen:document:1.1"
    assert all(part["description"] for part in schema["$defs"].values())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"num_pages": -1}, "num_pages"),
        ({"status": "fine"}, "status"),
        ({"surprise": 1}, "surprise"),
        ({"pages": [{"page_number": 0, "status": "ok"}]}, "page_number"),
        ({"pages": [{"page_number": 1, "status": "ok", "confidence": 1.5}]}, "confidence"),
    ],
)
def test_what_breaks_the_schema_is_refused_by_both(change: dict[str, object], told: str) -> None:
    broken = {**json.loads(to_json(EMPTY)), **change}
    assert not VALIDATOR.is_valid(broken)
    with pytest.raises(InputError, match=rf"^old\.json breaks document schema 1\.1: .*{told}"):
        from_json(json.dumps(broken), name="old.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'"text"', b"1" * 50])
def test_what_is_no_json_document_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^old\.json is not a JSON document"):
        from_json(data, name="old.json")


def test_a_document_of_the_first_version_is_read() -> None:
    fields = json.loads(to_json(EMPTY)) | {"schema_version": "1.0"}
    assert from_json(json.dumps(fields)).schema_version == "1.0"


@pytest.mark.parametrize(("version", "told"), [("2.0", "version 2.0"), (None, "version none")])
def test_another_version_is_refused_by_its_number(version: str | None, told: str) -> None:
    fields = json.loads(to_json(EMPTY))
    fields.pop("schema_version")
    if version:
        fields["schema_version"] = version
    assert not VALIDATOR.is_valid(fields)
    with pytest.raises(InputError, match=told):
        from_json(json.dumps(fields))
