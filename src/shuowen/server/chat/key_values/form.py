"""A JSON schema as a form to fill: what is looked for, under which names, as which type.

The part of JSON Schema that says what values look like is understood; what only explains
(`default`, `examples`, `$comment` …) changes nothing, as the standard has it; every other keyword
is refused by name, for an answer must fit the whole schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from shuowen.server.chat.key_values.label_names import Keys

ValueKind = Literal["string", "number", "integer", "boolean"]
Format = Literal["", "date", "email", "uri"]


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One value.

    Attributes:
        names: What its label may say, word by word, each with its worth, 0 to 1.
        kinds: Types that it may have, in the order in which they are tried.
        format: What a string is: "date" is written as 2025-10-12.
        choices: The values that it may have; empty for any.
        is_fixed: Whether the schema leaves only `choices[0]`, so that nothing is looked for.
        nullable: Whether null says that it is not there.
        smallest, largest: Bounds of a number, None for none; the bound itself is allowed.
        above, below: Bounds that are not themselves allowed.
        min_length, max_length: Bounds of a string's length in characters.
    """

    names: dict[Keys, float]
    kinds: tuple[ValueKind, ...] = ("string",)
    format: Format = ""
    choices: tuple[Any, ...] = ()
    is_fixed: bool = False
    nullable: bool = False
    smallest: Decimal | None = None
    largest: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    min_length: int = 0
    max_length: int | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Several values under names.

    Attributes:
        names: What a heading over them may say.
        fields: By their key in the answer.
        required: Keys that must be there.
        others: What any other label and value found becomes; None to leave them out.
        nullable: Whether null says that nothing of it is there.
    """

    names: dict[Keys, float]
    fields: dict[str, Form]
    required: frozenset[str] = frozenset()
    others: Leaf | None = None
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A list: rows of a table, or several values behind one label.

    Attributes:
        names: What its label or its table's heading may say.
        item: What each element is.
        fewest, most: Bounds of how many there are.
        nullable: Whether null says that there is none.
    """

    names: dict[Keys, float]
    item: Leaf | Group
    fewest: int = 0
    most: int | None = None
    nullable: bool = False


Form = Leaf | Group | Rows
