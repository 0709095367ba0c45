"""JSON schemas as forms, and what is refused by name."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import FieldError
from shuowen.server.chat.key_values.form import Group, Leaf, Rows
from shuowen.server.chat.key_values.schema import MAX_FIELDS, read_schema


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def the_leaf(part: dict[str, Any]) -> Leaf:
    leaf = read_schema(schema(x=part)).fields["x"]
    assert isinstance(leaf, Leaf)
    return leaf


@pytest.mark.parametrize(
    ("part", "keyword"),
    [
        ({"type": "string", "pattern": "^a"}, "pattern"),
        ({"type": "string", "format": "date-time"}, "format"),
        ({"oneOf": [{"type": "string"}]}, "oneOf"),
        ({"not": {"type": "string"}}, "not"),
        ({"type": "number", "multipleOf": 2}, "multipleOf"),
        ({"type": "array", "items": {"type": "array"}}, "items"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "object", "patternProperties": {}}, "patternProperties"),
        ({"type": "text"}, "type"),
        ({"type": "null"}, "type"),
        ({"type": ["object", "string"]}, "type"),
        ({"$ref": "#/$defs/absent"}, "$ref"),
        ({"$ref": "https://example.org/schema"}, "$ref"),
        ({"allOf": [{"type": "string"}, {"minLength": 2}]}, "allOf"),
        ({"anyOf": [{"type": "null"}]}, "anyOf"),
        ({"anyOf": [{"type": "string", "pattern": "a"}, {"type": "null"}]}, "pattern"),
        ({"type": "string", "enum": [1, 2]}, "enum"),
        ({"enum": [{"a": 1}], "type": "string"}, "enum"),
        ({"type": "string", "minLength": "2"}, "minLength"),
    ],
)
def test_what_cannot_be_promised_is_refused_by_name(part: dict[str, Any], keyword: str) -> None:
    with pytest.raises(FieldError) as caught:
        read_schema(schema(x=part))
    assert f"`{keyword}`" in caught.value.message
    assert caught.value.param is not None
    assert caught.value.param.startswith("response_format.json_schema.schema.properties.x")


@pytest.mark.parametrize(
    "top", [{"type": "array"}, {"type": "string"}, {"type": ["object", "null"]}]
)
def test_the_whole_answer_is_an_object(top: dict[str, Any]) -> None:
    with pytest.raises(FieldError, match="object"):
        read_schema(top)


def test_schemas_that_hold_themselves_or_too_much_are_refused() -> None:
    with pytest.raises(FieldError, match="holds itself"):
        read_schema(schema(x={"$ref": "#"}))
    with pytest.raises(FieldError, match="too many"):
        read_schema(schema(**{f"field{n}": {"type": "string"} for n in range(MAX_FIELDS)}))
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(20):
        deep = schema(x=deep)
    with pytest.raises(FieldError, match="too deep"):
        read_schema(deep)


@pytest.mark.parametrize("broken", [7, "text", None, []])
def test_a_part_that_is_no_schema(broken: Any) -> None:
    with pytest.raises(FieldError, match="no JSON schema"):
        read_schema(schema(x=broken))


@pytest.mark.parametrize("required", [["y"], "y"])
def test_a_required_key_that_is_not_allowed(required: Any) -> None:
    with pytest.raises(FieldError):
        read_schema({**schema(x={"type": "string"}), "required": required})


def test_what_only_explains_changes_nothing() -> None:
    plain = the_leaf({"type": "string"})
    told = the_leaf({"type": "string", "default": "a", "examples": ["b"], "$comment": "c"})
    assert told == plain


@pytest.mark.parametrize(
    "part",
    [
        {"type": ["number", "null"]},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "x"}, {"type": "null"}]},
    ],
)
def test_ways_to_allow_null(part: dict[str, Any]) -> None:
    leaf = the_leaf(part)
    assert leaf.kinds == ("number",) and leaf.nullable


def test_references_of_pydantic() -> None:
    defs = {"Shop": schema(name={"type": "string"})}
    form = read_schema({**schema(shop={"$ref": "#/$defs/Shop", "description": "x"}), "$defs": defs})
    shop = form.fields["shop"]
    assert isinstance(shop, Group) and list(shop.fields) == ["name"]


def test_bounds_choices_and_lists() -> None:
    leaf = the_leaf({"type": "number", "minimum": 0.5, "exclusiveMaximum": 9})
    assert (leaf.smallest, leaf.below) == (Decimal("0.5"), Decimal(9))
    assert the_leaf({"enum": ["a", None], "type": ["string", "null"]}).nullable
    assert the_leaf({"const": "invoice"}).is_fixed
    rows = read_schema(schema(x={"type": "array", "items": {"type": "string"}, "maxItems": 3}))
    found = rows.fields["x"]
    assert isinstance(found, Rows) and found.most == 3


def test_names_come_from_key_title_description_and_labels() -> None:
    leaf = the_leaf(
        {
            "type": "string",
            "title": "发票号码",
            "description": "The number as printed, e.g. behind 'Bill Nr' or \"Rechnungsnummer\"",
            "x-labels": ["Beleg"],
        }
    )
    for name in [("发", "票", "号", "码"), ("rechnungsnummer",), ("beleg",), ("x",)]:
        assert name in leaf.names
    invoice = read_schema(schema(invoice_no={"type": "string"})).fields["invoice_no"]
    assert ("发", "票", "号", "码") in invoice.names
    assert invoice.names["invoice", "no"] > invoice.names["发", "票", "号", "码"]


_KEYWORDS = st.sampled_from(
    [
        *("type", "properties", "items", "required", "enum", "const", "anyOf", "allOf", "$ref"),
        *("additionalProperties", "format", "minimum", "maxLength", "minItems", "x-labels"),
        *("title", "description", "$defs", "not", "pattern"),
    ]
)
_VALUES = st.recursive(
    st.sampled_from(["object", "string", "null", "number", "array", "#", "#/$defs/a", "date"])
    | st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYWORDS, _VALUES, max_size=5))
def test_no_schema_breaks_it(broken: dict[str, Any]) -> None:
    with contextlib.suppress(FieldError):
        read_schema(broken)
        read_schema(schema(x=broken))


def test_any_object_asks_for_all_labels() -> None:
    for free in ({}, {"type": "object"}, {"type": "object", "additionalProperties": True}):
        assert read_schema(free).others is not None
    numbers = read_schema({"type": "object", "additionalProperties": {"type": "number"}})
    assert numbers.others is not None and numbers.others.kinds == ("number",)


def test_references_may_not_lead_on_for_ever() -> None:
    parts: dict[str, Any] = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(3000)}
    with pytest.raises(FieldError, match="too many fields, or nests them too deep"):
        read_schema({**schema(x={"$ref": "#/$defs/d0"}), "$defs": {**parts, "d3000": {}}})


def test_numbers_may_have_any_number_of_digits() -> None:
    assert the_leaf({"type": "integer", "enum": [10**400]}).choices == (10**400,)


def test_a_long_description_takes_no_time() -> None:
    started = time.process_time()
    the_leaf({"type": "string", "description": "\u201c" * 200_000, "title": "\u201c" * 200_000})
    assert time.process_time() - started < 2
