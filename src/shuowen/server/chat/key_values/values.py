"""A piece of text as the value that a form asks for, or nothing at all: never a guess."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shuowen.server.chat.key_values.dates import Order, dates_in
from shuowen.server.chat.key_values.form import Leaf
from shuowen.server.chat.key_values.numbers import FIRST_NUMBER, number_in
from shuowen.server.chat.key_values.words import label_keys

UNCLEAR_DATE = "day and month cannot be told apart"

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URI = re.compile(r"https?://[^\s<>\"，。；]+", re.IGNORECASE)
_YES = frozenset(("yes", "y", "true", "是", "有", "对", "√", "✓", "✔", "☑", "■"))
_NO = frozenset(("no", "n", "false", "否", "无", "没有", "☐", "□"))
_OPENING = re.compile(r"[(（\[【]")
_LEADING = re.compile(r"^(?:[\s:：=·…_*]|\.(?!\d)|#|-(?!\d)|[-—–]{2,})+")


@dataclass(frozen=True)
class Value:
    """What a text is as a value.

    Attributes:
        value: As JSON has it; None where `note` says why it stays open.
        start, end: Which characters of the text it comes from.
        note: Why a value that is there cannot be given.
    """

    value: Any
    start: int
    end: int
    note: str = ""


def value_in(leaf: Leaf, text: str, order: Order | None, is_exact: bool = True) -> Value | None:
    """The value that `text` is for `leaf`; None when it is none.

    Args:
        leaf: What is asked for.
        text: What stands where the value should be; signs before it do not matter.
        order: What comes first in the document's dates of numbers.
        is_exact: Whether the text begins with the value; else words may stand before it, the rest
            of a label, and no string is found.
    """
    lead = _LEADING.match(text)
    start = lead.end() if lead else 0
    for kind in leaf.kinds:
        if kind == "string":
            found = _string(leaf, text, start, order, is_exact)
        elif kind == "boolean":
            found = _boolean(text, start, is_exact)
        else:
            found = _number(text, start, is_exact)
        if found and (found.note or _fits(leaf, kind, found.value)):
            return _as_choice(leaf, found)
    return None


def _string(leaf: Leaf, text: str, start: int, order: Order | None, is_exact: bool) -> Value | None:
    if leaf.format == "date":
        for found in dates_in(text, order):
            note = "" if found.value else UNCLEAR_DATE
            value = found.value.isoformat() if found.value else None
            return Value(value, found.start, found.end, note)
        return None
    if leaf.format:
        match = (_EMAIL if leaf.format == "email" else _URI).search(text)
        return Value(match.group(), match.start(), match.end()) if match else None
    if not is_exact:
        return None
    end = len(text.rstrip())
    while text[start:end].endswith((")", "）", "]", "】")) and not _OPENING.search(text[start:end]):
        end -= 1  # the bracket that the label opened
    value = " ".join(text[start:end].split())
    return Value(value, start, end) if any(map(str.isalnum, value)) else None


def _boolean(text: str, start: int, is_exact: bool) -> Value | None:
    word = unicodedata.normalize("NFKC", text[start:]).strip().casefold().rstrip(".。")
    if not is_exact or word not in _YES | _NO:
        return None
    return Value(word in _YES, start, len(text))


def _number(text: str, start: int, is_exact: bool) -> Value | None:
    if not is_exact:
        match = FIRST_NUMBER.search(text, start)
        if match is None or text[match.end() :].lstrip()[:1] in ("%", "％"):
            return None
        start = match.start()
    value = number_in(text[start:])
    return None if value is None else Value(value, start, len(text))


def _fits(leaf: Leaf, kind: str, value: Any) -> bool:
    if isinstance(value, Decimal):
        if kind == "integer" and value != value.to_integral_value():
            return False
        return _is_within(leaf, value)
    if isinstance(value, str) and not leaf.choices:
        most = leaf.max_length
        return leaf.min_length <= len(value) and (most is None or len(value) <= most)
    return True


def _is_within(leaf: Leaf, value: Decimal) -> bool:
    return (
        (leaf.smallest is None or value >= leaf.smallest)
        and (leaf.largest is None or value <= leaf.largest)
        and (leaf.above is None or value > leaf.above)
        and (leaf.below is None or value < leaf.below)
    )


def _as_choice(leaf: Leaf, found: Value) -> Value | None:
    """The value as JSON, and as the schema's `enum` writes it."""
    value = found.value
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if leaf.choices:
        choices = [each for each in leaf.choices if _says(value, each)]
        if len(choices) != 1:
            return None
        value = choices[0]
    return Value(value, found.start, found.end, found.note)


def _says(value: Any, choice: Any) -> bool:
    """Whether what was read is this choice: the same number, or its words and no other's."""
    if isinstance(value, str) and isinstance(choice, str):
        keys, words = label_keys(value), label_keys(choice)
        places = range(len(keys) - len(words) + 1)
        return bool(words) and any(keys[at : at + len(words)] == words for at in places)
    return type(value) is type(choice) and bool(value == choice)
