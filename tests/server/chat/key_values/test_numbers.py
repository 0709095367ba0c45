"""Numbers as they are printed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.chat.key_values.numbers import number_in
from shuowen.server.chat.key_values.numerals import chinese_amount, chinese_number

NUMBERS = {
    "RM 1,234.50": "1234.50",
    "60.44€": "60.44",
    "$55.96": "55.96",
    "1.234,56": "1234.56",
    "12,50": "12.50",
    "1,891": "1891",
    "-2.16": "-2.16",
    "(12.00)": "-12.00",
    "￥8.00": "8.00",
    "380元": "380",
    "14人": "14",
    "58.9↓": "58.9",
    "4 ×": "4",
    "： 09": "9",
    "一百二十": "120",
    "二〇二五": "2025",
    "一万两千三百册": "12300",
    "壹佰贰拾元整": "120",
    "贰仟零伍元伍角": "2005.5",
    "叁拾元零伍分": "30.05",
}
NOT_ONE_NUMBER = [
    *("<20", "0--40", "A-12", "216_01/21047", "3 114", "12/05", "12:30", "RM", "1.2.3", "一", ""),
    *("(6%)", "TOTAL 5", "~30", "5.00 CASH 5.00", "1,23,4"),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_a_printed_number(text: str, number: str) -> None:
    assert number_in(text) == Decimal(number)


@pytest.mark.parametrize("text", NOT_ONE_NUMBER)
def test_what_is_not_one_number_is_none(text: str) -> None:
    assert number_in(text) is None


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_thousands_and_decimals_in_both_customs(number: Decimal) -> None:
    english = f"{number:,.2f}"
    german = english.translate({ord(","): ".", ord("."): ","})
    assert number_in(english) == number
    assert number_in(f"EUR {german}") == number


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    number_in(text)
    chinese_number(text)
    chinese_amount(text)
