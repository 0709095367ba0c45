"""Reading a JSON schema into a form, and refusing by name what cannot be promised.

What says how a value looks is understood; what only explains (`default`, `examples`, `$comment`,
anything that begins with `x-`) changes nothing, as the standard has it; any other keyword is
refused, for the answer must fit the whole schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shuowen.errors import FieldError
from shuowen.server.chat.key_values.form import Form, Group, Leaf, Rows
from shuowen.server.chat.key_values.names import Names, key_names, merged, told_names
from shuowen.server.chat.key_values.schema_parts import (
    EXPLAINING,
    PARAM,
    bound_of,
    check_keywords,
    kinds_of,
    leaf,
    mapping,
    names_in,
    refusal,
)

MAX_FIELDS, MAX_DEPTH = 500, 8
"""Every field is looked for in every row, so a schema may not ask for any number of them."""


def read_schema(schema: Mapping[str, Any]) -> Group:
    """The form that `schema` asks for; `{"type": "object"}` asks for all labels and values.

    Raises:
        FieldError: A keyword, type or format that cannot be promised, by name.
    """
    try:
        form = _Reader(schema).form(schema or {"type": "object"}, "", {}, ())
    except RecursionError as error:  # references may lead on and on without a ring
        raise _too_much() from error
    if not isinstance(form, Group) or form.nullable:
        raise refusal("", "type", 'the whole answer must be of type "object"')
    return form


class _Reader:
    """Reads one schema.

    The methods' arguments: the part of the schema; where it stands, for errors
    (".properties.total"); what its key calls it; and the references on the way to it.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.num_fields = 0

    def form(self, part: object, place: str, names: Names, seen: tuple[str, ...]) -> Form:
        """The form of a part of the schema."""
        self._count(place)
        schema, seen = self._resolved(mapping(part, place), place, seen)
        check_keywords(schema, place)
        names = merged(names, told_names(schema))
        if "anyOf" in schema:
            return self._any_of(schema, place, names, seen)
        kinds, nullable = kinds_of(schema, place)
        if kinds == ("object",):
            return self._group(schema, place, names, nullable, seen)
        if kinds == ("array",):
            return self._rows(schema, place, names, nullable, seen)
        return leaf(schema, kinds, nullable, place, names)

    def _count(self, place: str) -> None:
        self.num_fields += 1
        if self.num_fields > MAX_FIELDS or place.count(".properties") > MAX_DEPTH:
            raise _too_much()

    def _resolved(
        self, schema: Mapping[str, Any], place: str, seen: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """`schema` with what its `$ref`, or its only `allOf`, says put in its place."""
        for keyword in ("allOf", "$ref"):
            if keyword not in schema:
                continue
            rest = {key: value for key, value in schema.items() if key != keyword}
            if keyword == "$ref":
                reference = str(schema["$ref"])
                if reference in seen:
                    raise refusal(place, "$ref", f"{reference} holds itself")
                seen, found = (*seen, reference), self._found(reference, place)
            else:
                found = _only(schema["allOf"], place)
            if clash := set(rest) & set(found) - EXPLAINING:
                raise refusal(place, keyword, f"{sorted(clash)[0]} is given twice")
            return self._resolved({**found, **rest}, place, seen)
        return schema, seen

    def _found(self, reference: str, place: str) -> Mapping[str, Any]:
        found: object = self.root
        if reference != "#":
            for step in reference.removeprefix("#/").split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                found = found.get(name) if isinstance(found, Mapping) else None
        if not reference.startswith("#") or found is None:
            raise refusal(place, "$ref", f"{reference} is not in the schema")
        return mapping(found, place)

    def _any_of(
        self, schema: Mapping[str, Any], place: str, names: Names, seen: tuple[str, ...]
    ) -> Form:
        """The first alternative that can be promised; it is enough that the answer fits one."""
        parts = schema["anyOf"]
        if not isinstance(parts, list) or not parts:
            raise refusal(place, "anyOf", "it is no list of schemas")
        if clash := {"type", "enum", "const", "properties", "items"} & set(schema):
            raise refusal(place, "anyOf", f"{sorted(clash)[0]} stands beside it")
        others = [part for part in parts if mapping(part, place).get("type") != "null"]
        nullable, failure = len(others) < len(parts), None
        for index, part in enumerate(others):
            try:
                form = self.form(part, f"{place}.anyOf[{index}]", names, seen)
            except FieldError as error:
                failure = failure or error
                continue
            return replace(form, nullable=form.nullable or nullable)
        raise failure or refusal(place, "anyOf", "it allows nothing but null")

    def _group(
        self,
        schema: Mapping[str, Any],
        place: str,
        names: Names,
        nullable: bool,
        seen: tuple[str, ...],
    ) -> Group:
        properties = dict(mapping(schema.get("properties", {}), place))
        others = schema.get("additionalProperties", True)
        required = names_in(schema.get("required", []), "required", place)
        for key in required:
            if key not in properties and others is False:
                raise refusal(place, "required", f"{key} is required and not allowed")
            properties.setdefault(key, others)
        fields = {
            key: self.form(part, f"{place}.properties.{key}", key_names(key), seen)
            for key, part in properties.items()
        }
        return Group(
            names=names,
            fields=fields,
            required=frozenset(required),
            others=None if fields or others is False else self._others(others, place, seen),
            nullable=nullable,
        )

    def _others(self, part: object, place: str, seen: tuple[str, ...]) -> Leaf:
        form = self.form(part, f"{place}.additionalProperties", {}, seen)
        if not isinstance(form, Leaf):
            raise refusal(place, "additionalProperties", "it must be a string, number or boolean")
        return form

    def _rows(
        self,
        schema: Mapping[str, Any],
        place: str,
        names: Names,
        nullable: bool,
        seen: tuple[str, ...],
    ) -> Rows:
        item = self.form(schema.get("items", {}), f"{place}.items", {}, seen)
        if isinstance(item, Rows) or _has_list(item):
            raise refusal(place, "items", "a list inside a list cannot be found by labels")
        most = bound_of(schema, "maxItems", place)
        return Rows(
            names=merged(names, item.names),
            item=item,
            fewest=int(bound_of(schema, "minItems", place) or 0),
            most=None if most is None else int(most),
            nullable=nullable,
        )


def _too_much() -> FieldError:
    return FieldError(
        "The schema asks for too many fields, or nests them too deep.",
        f"Ask for at most {MAX_FIELDS} fields, {MAX_DEPTH} deep.",
        param=PARAM,
    )


def _has_list(form: Form) -> bool:
    if isinstance(form, Group):
        return any(map(_has_list, form.fields.values()))
    return isinstance(form, Rows)


def _only(parts: object, place: str) -> Mapping[str, Any]:
    if not isinstance(parts, list) or len(parts) != 1:
        raise refusal(place, "allOf", "only one schema may stand in it")
    return mapping(parts[0], place)
