"""Option values: what they may be, and advice when they are something else."""

from __future__ import annotations

import difflib
import re
from math import isfinite
from typing import Any

import click

from shuowen.errors import UsageError
from shuowen.writers import WRITERS, writer_named

_SCALES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_MOST = 1e18
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)b?", re.IGNORECASE)


class Nearest(click.Choice):  # type: ignore[type-arg]  # generic in new versions of click only
    """One of several words; any other gets the nearest as advice."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word itself; fails with the words there are."""
        words = [str(choice) for choice in self.choices]
        if value in words:
            return value
        near = difflib.get_close_matches(str(value).lower(), words, n=1)
        advice = f"Did you mean {near[0]!r}? " if near else ""
        message = f"{value!r} is none of its values. {advice}There are: {', '.join(words)}."
        raise click.BadParameter(message, ctx, param)


class Format(click.Choice):  # type: ignore[type-arg]  # as above
    """The name of an output format; "markdown" and the like get the name as advice."""

    def __init__(self) -> None:
        super().__init__(list(WRITERS))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name itself; fails with the formats there are."""
        try:
            return writer_named(value).name
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Finite(click.FloatRange):
    """A number within a range that is neither infinite nor none at all."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; fails also for "inf" and "nan"."""
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value!r} is no number that can be reached.", param, ctx)
        return number


class Amount(click.ParamType):  # type: ignore[type-arg]  # as above
    """A whole number that may be written short: 250M is 250 000 000."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, at least 1; fails with how to write one."""
        if isinstance(value, int):
            return value
        match = _AMOUNT.fullmatch(value.strip())
        number = float(match[1]) * _SCALES[match[2].lower()] if match else 0.0
        amount = round(number) if number < _MOST else 0
        if amount < 1:
            self.fail(f"{value!r} is no amount. Write it like 5000000, 250M or 2G.", param, ctx)
        return amount


def short_amount(amount: int) -> str:
    """An amount the way `Amount` reads it, for help texts."""
    for letter, scale in (("G", 10**9), ("M", 10**6)):
        if amount >= scale:
            return f"{amount / scale:.3g}{letter}"
    return str(amount)
