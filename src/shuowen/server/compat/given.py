"""Values of a request's fields, each read as what it should be; what is wrong is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shuowen.errors import FieldError

_TRUE = frozenset(("true", "1", "yes", "on"))
_FALSE = frozenset(("false", "0", "no", "off"))
_MAX_DIGITS = 19  # of 64 bits, which is what clients send for "no end"


class Given:
    """The fields of one request.

    Args:
        values: By name. From JSON they are of any kind; a form's field is a tuple of all the texts
            that came under its name, of which the last one counts where one is asked for.
        prefix: Where the fields are, with a final dot, for errors.
    """

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix

    def has(self, name: str) -> bool:
        """Whether the field is given, and not as null."""
        return self._values.get(name) is not None

    def is_object(self, name: str) -> bool:
        """Whether the field holds other fields."""
        return isinstance(self._values.get(name), dict)

    def flag(self, name: str, *, default: bool) -> bool:
        """A truth value, as JSON or forms spell one."""
        value = self._last(name)
        flag = default if value is None else as_flag(value)
        if flag is None:
            raise self.wrong(name, "true or false")
        return flag

    def integer(self, name: str, *, default: int, minimum: int, maximum: int) -> int:
        """A whole number from `minimum` to `maximum`."""
        value = self._last(name)
        number = default if value is None else as_integer(value)
        if number is None or not minimum <= number <= maximum:
            raise self.wrong(name, f"a whole number from {minimum} to {maximum}")
        return number

    def number(self, name: str, *, minimum: float) -> float | None:
        """A number of at least `minimum`, not endless; None when not given."""
        value = self._last(name)
        if value is None:
            return None
        number = _as_number(value)
        if number is None or not minimum <= number < float("inf"):
            raise self.wrong(name, f"a number of {minimum:g} or more")
        return number

    def text(self, name: str, *, default: str = "") -> str:
        """Any text."""
        value = self._last(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def choice(self, name: str, choices: Iterable[str], *, default: str) -> str:
        """One of some words."""
        known = tuple(choices)
        value = self.text(name, default=default)
        if value not in known:
            raise self.wrong(name, f"one of: {', '.join(known)}")
        return value

    def several(self, name: str) -> list[Any]:
        """All values of a list, or of a field that came several times; one value is a list too."""
        value = self._values.get(name)
        if value is None:
            return []
        return list(value) if isinstance(value, list | tuple) else [value]

    def inside(self, name: str) -> dict[str, Any]:
        """An object; empty when not given."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return value

    def wrong(self, name: str, expected: str) -> FieldError:
        """The error that says what a field should be."""
        path = f"{self._prefix}{name}"
        return FieldError(
            f"{path} has a value that it does not take.", f"Use {expected}.", param=path
        )

    def _last(self, name: str) -> Any:
        value = self._values.get(name)
        return value[-1] if isinstance(value, tuple) and value else value


def as_flag(value: Any) -> bool | None:
    """True or False as JSON and forms spell them; None for anything else."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def as_integer(value: Any) -> int | None:
    """A whole number as JSON and forms spell one; None for anything else, or for a huge one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS
    return int(text) if is_number else None


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
