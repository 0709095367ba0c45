from __future__ import annotations

from typing import Any

import click
import pytest

from shuowen.cli.values import Amount, Format, Nearest, short_amount
from shuowen.writers import WRITERS


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1", 1), ("250M", 250_000_000), ("2g", 2 * 10**9), ("1.5 k", 1500), ("3GB", 3 * 10**9)],
)
def test_amounts(text: str, amount: int) -> None:
    assert Amount().convert(text, None, None) == amount


@pytest.mark.parametrize("text", ["", "M", "-5", "0", "0.1", "1e6", "12Q", "五"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(click.BadParameter, match="250M"):
        Amount().convert(text, None, None)


@pytest.mark.parametrize("amount", [1, 999, 5 * 10**6, 250_000_000, 2 * 10**9])
def test_a_short_amount_reads_back(amount: int) -> None:
    assert Amount().convert(short_amount(amount), None, None) == amount


@pytest.mark.parametrize(
    ("values", "wrong", "advice"),
    [
        (Nearest(["fast", "normal", "max"]), "maxx", "Did you mean 'max'"),
        (Nearest(["fast", "normal", "max"]), "NORMAL", "Did you mean 'normal'"),
        (Nearest(["fast", "normal", "max"]), "zzz", "There are: fast, normal, max."),
        (Format(), "Markdown", "Did you mean 'md'"),
        (Format(), "zzz", ", ".join(WRITERS)),
    ],
)
def test_a_wrong_word_gets_advice(values: Any, wrong: str, advice: str) -> None:
    with pytest.raises(click.BadParameter, match=advice):
        values.convert(wrong, None, None)


def test_right_words() -> None:
    assert Nearest(["fast"]).convert("fast", None, None) == "fast"
    assert [Format().convert(name, None, None) for name in WRITERS] == list(WRITERS)
