"""For any schema: the answer fits it or says what is missing, and all of it was read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shuowen.document.model import Document
from shuowen.server.chat.key_values.extract import extract
from shuowen.server.chat.key_values.schema import read_schema
from tests.server.chat.key_values.laid_out import Piece, document, region, table

_KEYS = st.sampled_from(
    [
        *("total", "date", "name", "invoiceNo", "item", "quantity", "amount", "unit_price"),
        *("品名", "合计", "company", "buyer", "x", "a/b~c", ""),
    ]
)
_NAMED = st.sampled_from(
    [{}, {"title": "品名"}, {"description": "Total (合计)"}, {"default": None}]
)


def _nullable(part: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [part, {"type": "null"}]}


_BOUNDS = st.fixed_dictionaries(
    {}, optional={"minimum": st.integers(-9, 99), "exclusiveMaximum": st.integers(0, 999)}
)
_LENGTHS = st.fixed_dictionaries(
    {}, optional={"minLength": st.integers(0, 9), "maxLength": st.integers(0, 30)}
)
_LEAVES = st.one_of(
    _LENGTHS.map(lambda bounds: {"type": "string", **bounds}),
    st.sampled_from(
        [
            *({"type": "string", "format": each} for each in ("date", "email", "uri")),
            {"type": "boolean"},
            {"type": ["integer", "string", "null"]},
            {"enum": ["paid", "open", 62, None]},
            {"type": "string", "enum": ["Nicole", "Ann"]},
            {"const": "receipt"},
            {},
        ]
    ),
    st.tuples(st.sampled_from(["number", "integer"]), _BOUNDS).map(
        lambda pair: {"type": pair[0], **pair[1]}
    ),
)
_NAMED_LEAVES = st.tuples(_LEAVES, _NAMED).map(lambda pair: {**pair[1], **pair[0]})
_VALUES = _NAMED_LEAVES | _NAMED_LEAVES.map(_nullable)


def _objects(values: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def with_required(properties: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
        keys = st.lists(st.sampled_from(sorted(properties) or ["x"]), unique=True)
        return st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.just(properties),
                "required": keys if properties else st.just([]),
                "additionalProperties": st.booleans(),
            }
        )

    return st.dictionaries(_KEYS, values, max_size=4).flatmap(with_required)


_ITEMS = _objects(_VALUES) | _VALUES
_LISTS = st.fixed_dictionaries(
    {"type": st.just("array"), "items": _ITEMS},
    optional={"minItems": st.integers(0, 3), "maxItems": st.integers(0, 3)},
)
_NESTED = _objects(_VALUES | _objects(_VALUES) | _objects(_VALUES).map(_nullable) | _LISTS)

_TEXTS = st.sampled_from(
    [
        *("Total: RM 62.80", "Date: 2020-05-06", "Name", "Ann", "INV No.: 854150", "合计", "380元"),
        *("Amount", "Qty", "品名", "5", "1,035.50", "status: paid", "a@b.example", "12-11-2017"),
        *("https://a.example/b", "ACME LTD", "姓名：王小明", "Passengers: a, b; c", "■", "-3"),
    ]
)
_PIECES: st.SearchStrategy[list[Piece]] = st.lists(
    st.tuples(_TEXTS, st.sampled_from([0.0, 200.0, 400.0]), st.sampled_from([0.0, 30.0, 60.0])),
    min_size=1,
    max_size=8,
)
_TABLES = st.lists(st.lists(_TEXTS, min_size=3, max_size=3), min_size=1, max_size=4)


def _documents(pieces: list[Piece], rows: list[list[str]]) -> Document:
    return document(region(pieces), table(rows, top=200.0))


_DOCUMENTS = st.builds(_documents, _PIECES, _TABLES)


@settings(max_examples=60, deadline=None)
@given(_NESTED, _DOCUMENTS)
def test_the_answer_fits_or_says_what_is_missing(schema: dict[str, Any], made: Document) -> None:
    Draft202012Validator.check_schema(schema)
    found = extract([made], read_schema(schema))
    value = json.loads(json.dumps(found.value))
    if not found.missing:
        Draft202012Validator(schema).validate(value)
    for path in found.missing:
        assert path.startswith("/")


@settings(max_examples=60, deadline=None)
@given(_objects(_VALUES | _LISTS), _DOCUMENTS)
def test_every_word_of_the_answer_was_read(schema: dict[str, Any], made: Document) -> None:
    read = "\n".join(line.text for each in made.pages[0].regions for line in each.lines)
    found = extract([made], read_schema(schema))
    own = {"receipt", "paid", "open", "Nicole", "Ann"}
    for text in _strings(found.value):
        is_date = text == "2020-05-06" or text.startswith("2017-")
        assert is_date or text in own or all(word in read for word in text.split())
    for field in found.fields:
        assert all(word in read for word in field.text.split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
