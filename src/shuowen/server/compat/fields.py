"""What becomes of every field of a foreign contract, said once: checked, shown and published.

A field is honoured, accepted without effect for a reason, or refused for a reason. A refused field
passes at a value that asks for nothing (`harmless`), as clients send their defaults along. A field
that is not in the table is refused too: nothing is ever ignored in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from shuowen.errors import FieldError
from shuowen.server.compat.given import as_flag

Stance = Literal["honoured", "accepted", "refused"]
Schema = Mapping[str, Any]

BOOLEAN: Schema = {"type": ["boolean", "null"]}
TEXT: Schema = {"type": ["string", "null"]}


def one_of(*words: str) -> Schema:
    """The schema of a field that takes one of some words, or null."""
    return {"enum": [*words, None]}


def whole(minimum: int, maximum: int | None = None) -> Schema:
    """The schema of a field that takes a whole number, or null."""
    schema = {"type": ["integer", "null"], "minimum": minimum}
    return schema if maximum is None else {**schema, "maximum": maximum}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a contract.

    Attributes:
        name: As clients spell it.
        stance: Whether it has its effect, none, or is refused.
        note: What it does here, why it has no effect, or why it is refused; no full stop.
        harmless: For a refused field, the values that ask for nothing.
        schema: JSON Schema of its values.
        is_required: Whether a request must have it.
    """

    name: str
    stance: Stance
    note: str
    harmless: tuple[Any, ...] = ()
    schema: Schema = field(default_factory=dict)
    is_required: bool = False

    def refuses(self, value: Any) -> bool:
        """Whether this value is not taken."""
        return self.stance == "refused" and not _is_harmless(value, self.harmless)

    def described(self) -> dict[str, Any]:
        """JSON Schema of its values, with what becomes of them."""
        opening = {"honoured": "", "accepted": "Accepted without effect: ", "refused": "Refused: "}
        harmless = {"enum": list(self.harmless)} if self.stance == "refused" else {}
        return {**self.schema, **harmless, "description": f"{opening[self.stance]}{self.note}."}


def honoured(name: str, note: str, schema: Schema, *, required: bool = False) -> Field:
    """A field that has its effect."""
    return Field(name=name, stance="honoured", note=note, schema=schema, is_required=required)


def accepted(names: str, note: str) -> tuple[Field, ...]:
    """Fields, parted by spaces, that are taken and have no effect, all for one reason."""
    return tuple(Field(name=name, stance="accepted", note=note) for name in names.split())


def refused(names: str, note: str, *harmless: Any) -> tuple[Field, ...]:
    """Fields, parted by spaces, that are refused for one reason; None is always harmless."""
    values = (None, *harmless)
    return tuple(
        Field(name=name, stance="refused", note=note, harmless=values) for name in names.split()
    )


@dataclass(frozen=True, kw_only=True)
class FieldTable:
    """The fields of one object.

    Attributes:
        fields: Every field that clients may send.
        prefix: Where the object is in the request, with a final dot: "document.".
    """

    fields: tuple[Field, ...]
    prefix: str = ""

    def check(self, given: Mapping[str, Any]) -> None:
        """Lets pass what the table lets pass; None counts as not given.

        Raises:
            FieldError: A field is unknown, refused or missing; it is named.
        """
        known = {each.name: each for each in self.fields}
        for name, value in given.items():
            path = f"{self.prefix}{name}"
            if name not in known:
                raise FieldError(f"There is no field {path!r}.", "Leave it out.", param=path)
            if known[name].refuses(value):
                message = f"{path} is not supported: {known[name].note}."
                raise FieldError(message, "Leave it out.", param=path)
        for each in self.fields:
            if each.is_required and given.get(each.name) is None:
                path = f"{self.prefix}{each.name}"
                raise FieldError(f"{path} is missing.", "Add it.", param=path)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the object."""
        return {
            "type": "object",
            "properties": {each.name: each.described() for each in self.fields},
            "required": [each.name for each in self.fields if each.is_required],
            "additionalProperties": False,
        }

    def rows(self) -> list[str]:
        """Rows of a Markdown table: fields, stance, note; those that say the same share one."""
        groups = groupby(self.fields, lambda each: (each.stance, each.note))
        return [
            f"| {', '.join(f'`{self.prefix}{each.name}`' for each in own)} | {stance} | {note} |"
            for (stance, note), own in groups
        ]


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One foreign contract, for people.

    Attributes:
        title: Whose it is, and as of which release.
        endpoints: Such as "POST /v1/ocr".
        encoding: How the fields travel.
        tables: The fields of its objects.
        remarks: What else is worth knowing, a sentence each.
    """

    title: str
    endpoints: tuple[str, ...]
    encoding: str
    tables: tuple[FieldTable, ...]
    remarks: tuple[str, ...] = ()

    def markdown(self) -> str:
        """A section with the table of fields."""
        endpoints = ", ".join(f"`{each}`" for each in self.endpoints)
        rows = [row for table in self.tables for row in table.rows()]
        return "\n".join(
            (
                f"### {self.title}\n",
                f"{endpoints}. Fields travel as {self.encoding}.\n",
                *(f"{remark}\n" for remark in self.remarks),
                "| Field | Here | What it does, or why not |",
                "|---|---|---|",
                *rows,
            )
        )


def _is_harmless(value: Any, harmless: tuple[Any, ...]) -> bool:
    """Whether a value is one that asks for nothing; of a form, where all is text, too."""
    if isinstance(value, tuple):
        return all(_is_harmless(each, harmless) for each in value)
    for each in harmless:
        if isinstance(each, bool) and as_flag(value) is each:
            return True
        if type(value) is type(each) and value == each:
            return True
    return False
