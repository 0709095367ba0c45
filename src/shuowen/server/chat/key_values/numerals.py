"""Chinese numerals: 一百二十 as a number, 二〇二五 as digits, 贰佰元整 as an amount."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    **{character: value for value, character in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{character: value for value, character in enumerate("〇壹貳參肆伍陸柒捌玖")},
    "○": 0,
    "两": 2,
    "兩": 2,
    "叄": 3,
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_STEPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

DIGIT_CHARACTERS = "".join(_DIGITS)
_NUMBER = f"[{DIGIT_CHARACTERS}{''.join(_UNITS)}{''.join(_STEPS)}]+"
_AMOUNT = re.compile(rf"({_NUMBER})[元圆圓](?:整|正|({_NUMBER})角)?(?:整|({_NUMBER})分)?整?")


def chinese_number(text: str) -> int | None:
    """The number that `text` spells: 一百二十 is 120, 二〇二五 is 2025; None for anything else."""
    if text and all(character in _DIGITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total = section = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section += (digit or 1) * _UNITS[character]
            digit = 0
        elif character in _STEPS:
            total = (total + section + digit) * _STEPS[character]
            section = digit = 0
        else:
            return None
    return total + section + digit if text else None


def chinese_amount(text: str) -> Decimal | None:
    """The sum of money that the whole of `text` spells, in yuan: 壹佰元伍角 is 100.5."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    parts = [chinese_number(each or "零") for each in match.groups()]
    if None in parts:
        return None
    yuan, tenths, hundredths = (Decimal(each or 0) for each in parts)
    return yuan + tenths / 10 + hundredths / 100
