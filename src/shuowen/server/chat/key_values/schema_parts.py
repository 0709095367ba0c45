"""The parts of a JSON schema: its keywords, types, bounds and single values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from shuowen.errors import FieldError
from shuowen.server.chat.key_values.form import Format, Leaf, ValueKind
from shuowen.server.chat.key_values.names import Names

EXPLAINING = frozenset(
    ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")
)
_NAMING = frozenset(("$schema", "$id", "$anchor", "$comment", "$defs", "definitions"))
_UNDERSTOOD = frozenset(
    (
        *("type", "enum", "const", "anyOf", "properties", "required", "additionalProperties"),
        *("items", "minItems", "maxItems", "format", "minLength", "maxLength"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    )
)
PARAM = "response_format.json_schema.schema"
"""Where a request has its schema."""

_TYPES = frozenset(("object", "array", "string", "number", "integer", "boolean", "null"))
_FORMATS = frozenset(("date", "email", "uri"))
_ORDER: tuple[ValueKind, ...] = ("boolean", "integer", "number", "string")
"""Where a schema allows several types, they are tried in this order."""
_HINTS = {
    "pattern": "Leave it out and check the value yourself, or use `enum`.",
    "oneOf": "Use `anyOf`.",
    "format": f"Formats that can be promised: {', '.join(sorted(_FORMATS))}.",
}


def refusal(place: str, keyword: str, reason: str) -> FieldError:
    """The error for a keyword at `place` that cannot be promised."""
    where = place.removeprefix(".") or "the schema"
    message = f"`{keyword}` in {where} is not supported by this reader: {reason}."
    return FieldError(message, _HINTS.get(keyword, ""), param=f"{PARAM}{place}.{keyword}")


def mapping(part: object, place: str) -> Mapping[str, Any]:
    """A part of a schema as keywords; `true` allows anything."""
    if part is True:
        return {}
    if not isinstance(part, Mapping):
        message = f"{place.removeprefix('.') or 'The schema'} is no JSON schema."
        raise FieldError(message, param=f"{PARAM}{place}")
    return part


def check_keywords(schema: Mapping[str, Any], place: str) -> None:
    """Raises FieldError for a keyword that would have to be ignored."""
    for keyword in schema:
        if keyword in EXPLAINING | _NAMING | _UNDERSTOOD or keyword.startswith("x-"):
            continue
        raise refusal(place, keyword, "a value read from a page cannot be promised to fit it")


def kinds_of(schema: Mapping[str, Any], place: str) -> tuple[tuple[str, ...], bool]:
    """The types that a value may have, in the order to try them, and whether it may be null."""
    given = schema.get("type", _told_by_keywords(schema))
    kinds = given if isinstance(given, list) else [given]
    if unknown := [kind for kind in kinds if not isinstance(kind, str) or kind not in _TYPES]:
        raise refusal(place, "type", f"{unknown[0]!r} is no type of JSON Schema")
    nullable = "null" in kinds
    plain = {kind for kind in kinds if kind != "null"}
    if not plain:
        raise refusal(place, "type", "it allows nothing but null")
    if plain & {"object", "array"} and len(plain) > 1:
        raise refusal(place, "type", "an object or array may not be one of several types")
    ordered = [kind for kind in _ORDER if kind in plain]
    return tuple(ordered or plain), nullable


def _told_by_keywords(schema: Mapping[str, Any]) -> list[str]:
    if "properties" in schema or "additionalProperties" in schema:
        return ["object"]
    if "items" in schema:
        return ["array"]
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    values = values if isinstance(values, list) else []
    return sorted({_type_of(value) for value in values}) or ["string"]


def _type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"


def leaf(
    schema: Mapping[str, Any], kinds: tuple[str, ...], nullable: bool, place: str, names: Names
) -> Leaf:
    """The form of a single value.

    Args:
        schema: The part of the schema.
        kinds: Its types, in the order to try them.
        nullable: Whether its type allows null.
        place: Where it stands.
        names: What its label may say.
    """
    choices, allows_null = _choices(schema, kinds, place)
    chosen_format = schema.get("format", "")
    if chosen_format and (not isinstance(chosen_format, str) or chosen_format not in _FORMATS):
        raise refusal(place, "format", f"{chosen_format!r} cannot be promised")
    most = bound_of(schema, "maxLength", place)
    return Leaf(
        names=names,
        kinds=cast(tuple[ValueKind, ...], kinds),
        format=cast(Format, chosen_format),
        choices=choices,
        is_fixed="const" in schema,
        nullable=nullable and allows_null,
        smallest=bound_of(schema, "minimum", place),
        largest=bound_of(schema, "maximum", place),
        above=bound_of(schema, "exclusiveMinimum", place),
        below=bound_of(schema, "exclusiveMaximum", place),
        min_length=int(bound_of(schema, "minLength", place) or 0),
        max_length=None if most is None else int(most),
    )


def _choices(
    schema: Mapping[str, Any], kinds: tuple[str, ...], place: str
) -> tuple[tuple[Any, ...], bool]:
    """The values that an `enum` or `const` leaves, and whether null may be one of them."""
    if "const" not in schema and "enum" not in schema:
        return (), True
    keyword = "const" if "const" in schema else "enum"
    values = [schema["const"]] if keyword == "const" else schema["enum"]
    given = values if isinstance(values, list) else []
    fitting = [each for each in given if _is_one_of(each, kinds)]
    if not fitting:
        raise refusal(place, keyword, f"no value of it is a {' or '.join(kinds)}")
    return tuple(fitting), None in given


def _is_one_of(value: object, kinds: tuple[str, ...]) -> bool:
    kind = _type_of(value)
    # An integer may have more digits than a float holds.
    is_whole = kind == "number" and (isinstance(value, int) or cast(float, value).is_integer())
    return kind in kinds or (is_whole and "integer" in kinds)


def names_in(value: object, keyword: str, place: str) -> list[str]:
    """A list of keys."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise refusal(place, keyword, "it is no list of keys")
    return value


def bound_of(schema: Mapping[str, Any], keyword: str, place: str) -> Decimal | None:
    """A keyword's number, None where it is not given."""
    value = schema.get(keyword)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise refusal(place, keyword, f"{value!r} is no number")
    return Decimal(str(value))
