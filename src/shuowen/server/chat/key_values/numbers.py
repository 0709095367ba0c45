"""Numbers as they are printed: "RM 1,234.50", "60.44€", "3 pcs", "（12.00）"; or none at all."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from shuowen.server.chat.key_values.numerals import chinese_amount, chinese_number

_CURRENCY = (
    r"(?:RM|NT\$|US\$|HK\$|S\$|A\$|[$¥€£₹￦₩]|USD|EUR|GBP|CNY|RMB|MYR|TWD|HKD|人民币|人民幣)"
)
_DIGITS = r"\d{1,3}(?:[,’']\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+(?:[.,]\d+)*"
_NUMBER = re.compile(
    rf"""^[\s=:*#·.…_-]*?
    (?P<minus>[-−]|\()?\s*{_CURRENCY}?\s*[:：]?\s*(?P<sign>[-−+])?\s*
    (?P<digits>{_DIGITS})
    (?P<rest>[^\d]*)$""",
    re.VERBOSE | re.IGNORECASE,
)
FIRST_NUMBER = re.compile(rf"(?:{_CURRENCY}\s*)?[-−+]?(?<![\d.,])(?:{_DIGITS})", re.IGNORECASE)
"""Where in a text a number may begin."""
_RANGE_OR_BOUND = re.compile(r"^\s*(?:[<>≤≥≦≧~～±]|约|約)|[~～±]\s*$")
_MOST_UNIT, _LONGEST = 10, 60


def number_in(text: str) -> Decimal | None:
    """The one number that `text` is, with or without a currency or a unit.

    None for anything else: two numbers, a range, a bound such as "<20", a code such as "A-12".
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if len(plain) > _LONGEST:
        return None
    amount = chinese_amount(plain.replace(" ", "")) or _chinese(plain)
    if amount is not None:
        return amount
    match = _NUMBER.match(plain)
    if match is None or _RANGE_OR_BOUND.search(plain):
        return None
    rest = match["rest"].strip()
    is_closed = match["minus"] == "(" and rest.startswith(")")
    if len(rest) > _MOST_UNIT or (match["minus"] == "(" and not is_closed):
        return None
    value = _value(match["digits"])
    is_negative = is_closed or match["minus"] in ("-", "−") or match["sign"] in ("-", "−")
    return -value if value is not None and is_negative else value


def is_bare_currency(text: str) -> bool:
    """Whether `text` names a currency and no amount."""
    return re.fullmatch(_CURRENCY, unicodedata.normalize("NFKC", text).strip(), re.I) is not None


def _chinese(text: str) -> Decimal | None:
    bare = text.rstrip("个册人件页份元整号日")
    # A lone 一 is as often a dash that was taken for it.
    number = None if bare == "一" else chinese_number(bare)
    return None if number is None else Decimal(number)


def _value(digits: str) -> Decimal | None:
    """Digits with separators: the last of two kinds of sign is the decimal one."""
    digits = digits.replace("’", "").replace("'", "")
    dot, comma = digits.rfind("."), digits.rfind(",")
    if comma > dot >= 0:
        return Decimal(digits.replace(".", "").replace(",", "."))
    if comma < 0:
        return Decimal(digits) if digits.count(".") <= 1 else None
    groups = digits.partition(".")[0].split(",")
    if all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3:
        return Decimal(digits.replace(",", ""))
    is_decimal = len(groups) == 2 and len(groups[1]) <= 2 and dot < 0
    return Decimal(digits.replace(",", ".")) if is_decimal else None
