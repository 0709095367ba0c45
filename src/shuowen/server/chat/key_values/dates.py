"""Dates as they are printed, and which of two numbers is the day.

"06-05-2018" is the 6th of May in Malaysia and the 5th of June in the USA. The page itself tells,
by another date or by its currency; where it does not, the date is left open and not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

from shuowen.server.chat.key_values.numerals import DIGIT_CHARACTERS, chinese_number

Order = Literal["day", "month", "year"]
"""What comes first in a date of numbers."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_SIGN = r"\s*(?P<sign>[-/.])\s*"
# Recognition drops the space before a time of day: "06-05-201812:22:06".
_NO_MORE = r"(?!\d(?!\d?:\d\d))(?!\.\d)"
_FIRST = r"(?<![\d.,])"

_YEAR_FIRST = re.compile(
    rf"{_FIRST}(?P<year>(?:1[5-9]|20|21)\d\d)\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*"
    rf"(?P<day>\d{{1,2}}){_NO_MORE}[日号號]?"
)
_COMPACT = re.compile(rf"{_FIRST}(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)")
# The Republic of China counts from 1912: 113年 is 2024.
_MINGUO = re.compile(
    rf"(?:(?:民[国國]|中[华華]民[国國])\s*(?P<named>\d{{2,3}})|{_FIRST}(?P<year>1\d\d))"
    rf"\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}}){_NO_MORE}[日号號]?"
)
_CHINESE = re.compile(
    rf"(?P<year>[{DIGIT_CHARACTERS}OoΟ]{{4}})年(?P<month>[{DIGIT_CHARACTERS}十]{{1,3}})月"
    rf"(?P<day>[{DIGIT_CHARACTERS}十]{{1,3}})[日号號]"
)
_DAY_MONTH_NAME = re.compile(
    rf"{_FIRST}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,./-]*(?:of\s+)?{_MONTH}[\s,./-]*"
    rf"(?P<year>\d{{4}}|\d\d){_NO_MORE}",
    re.IGNORECASE,
)
_MONTH_NAME_DAY = re.compile(
    rf"(?<![a-z]){_MONTH}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,./-]+(?P<year>\d{{4}}){_NO_MORE}",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(
    rf"{_FIRST}(?P<a>\d{{1,2}}){_SIGN}(?P<b>\d{{1,2}})\s*(?P=sign)\s*(?P<c>\d{{4}}|\d\d){_NO_MORE}"
)
_CLEAR = (_YEAR_FIRST, _MINGUO, _CHINESE, _DAY_MONTH_NAME, _MONTH_NAME_DAY)

_DAY_FIRST_PLACES = re.compile(r"\bRM\s?\d|\bMYR\b|\bSGD\b|[£€₹]|\bVAT\b|\bGST\b|\bABN\b", re.I)
_MONTH_FIRST_PLACES = re.compile(r"\$\s?\d|\bUSD\b|\b[A-Z]{2} \d{5}\b")
_HAN = re.compile("[\u4e00-\u9fff]")


class FoundDate(NamedTuple):
    """A date in a text.

    Attributes:
        value: None where day and month cannot be told apart.
        start, end: Its characters.
    """

    value: date | None
    start: int
    end: int


def dates_in(text: str, order: Order | None) -> list[FoundDate]:
    """The dates in `text` in order, none twice.

    Args:
        text: Of a row or a value.
        order: What comes first where only numbers are given; None where that is not known.
    """
    found: list[FoundDate] = []
    for pattern in _CLEAR:
        found += [each for match in pattern.finditer(text) if (each := _clear(match))]
    found += [each for match in _YEAR_LAST.finditer(text) if (each := _in_order(match, order))]
    found += [each for match in _COMPACT.finditer(text) if (each := _clear(match))]
    apart: list[FoundDate] = []
    for each in found:
        if all(each.end <= other.start or each.start >= other.end for other in apart):
            apart.append(each)
    return sorted(apart, key=lambda each: each.start)


def order_told_by(texts: Iterable[str]) -> Order | None:
    """What comes first in the dates of a document, told by its other dates and its currency."""
    whole = "\n".join(texts)
    orders: set[Order] = set()
    for match in _YEAR_LAST.finditer(whole):
        first, second = int(match["a"]), int(match["b"])
        if len(match["c"]) == 4 and (first > 12) != (second > 12):
            orders.add("day" if first > 12 else "month")
    if len(orders) == 1:
        return orders.pop()
    if orders:
        return None
    is_day = _DAY_FIRST_PLACES.search(whole) is not None
    is_month = _MONTH_FIRST_PLACES.search(whole) is not None
    if is_day != is_month:
        return "day" if is_day else "month"
    is_chinese = len(_HAN.findall(whole)) * 4 > len(whole)
    return "year" if is_chinese and not is_day else None


def _clear(match: re.Match[str]) -> FoundDate | None:
    """A date whose parts say themselves what they are."""
    parts = match.groupdict()
    minguo = parts.get("named") or (parts["year"] if match.re is _MINGUO else None)
    year = int(minguo) + 1911 if minguo else _number(parts["year"])
    value = _date(year if year > 99 else 2000 + year, _month(parts["month"]), _number(parts["day"]))
    return FoundDate(value, match.start(), match.end()) if value else None


def _month(text: str) -> int:
    short = text[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else _number(text)


def _number(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    return chinese_number(text.replace("O", "〇").replace("o", "〇").replace("Ο", "〇")) or 0


def _in_order(match: re.Match[str], order: Order | None) -> FoundDate | None:
    """A date of three numbers whose year is not written first with four digits."""
    a, b, c = (int(match[name]) for name in "abc")
    has_century = len(match["c"]) == 4
    before = match.string[: match.start()][-1:]
    if not has_century and before.isascii() and before.isalpha():
        return None  # a code: "HD03-04-06"
    year = c if has_century else 2000 + c
    readings: dict[Order, date | None] = {
        "day": _date(year, b, a),
        "month": _date(year, a, b),
        "year": None if has_century else _date(2000 + a, b, c),
    }
    possible = {each for each in readings.values() if each}
    if not possible:
        return None
    told = readings[order] if order else None
    value = told or (possible.pop() if len(possible) == 1 else None)
    return FoundDate(value, match.start(), match.end())


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
