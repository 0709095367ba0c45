"""Numbers as documents write them: sums, dates, times, codes, amounts with units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from shuowen.train.synthesize.lexicon import Split, phrases

Generator = np.random.Generator
Item = TypeVar("Item")

_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SMALL_DIGITS = "〇一二三四五六七八九"


def pick(rng: Generator, items: Sequence[Item]) -> Item:
    """One of them, each as likely."""
    return items[int(rng.random() * len(items))]


def chance(rng: Generator, probability: float) -> bool:
    """Whether it happens this time."""
    return bool(rng.random() < probability)


def digits(rng: Generator, count: int) -> str:
    """So many digits, any of them first."""
    return "".join(map(str, rng.integers(0, 10, count).tolist()))


def plain(rng: Generator) -> str:
    """A number of one to six digits, sometimes with decimals."""
    whole = int(rng.integers(0, 10 ** int(rng.integers(1, 7))))
    decimals = pick(rng, (0, 0, 1, 2, 3))
    return f"{whole}.{digits(rng, decimals)}" if decimals else str(whole)


def number(rng: Generator, split: Split) -> str:
    """A number as a table's cell has it: grouped, with a sign, a percentage, a range."""
    whole = int(rng.integers(0, 10 ** int(rng.integers(1, 9))))
    forms = (
        lambda: plain(rng),
        lambda: plain(rng),
        lambda: f"{whole:,}",
        lambda: f"{whole:,}.{digits(rng, 2)}",
        lambda: f"{pick(rng, '+-±')}{plain(rng)}",
        lambda: f"{plain(rng)}%",
        lambda: f"({whole:,})",
        lambda: f"{plain(rng)}-{plain(rng)}",
        lambda: f"{plain(rng)}±{rng.random():.2f}",
        lambda: f"{int(rng.integers(1, 100))}/{int(rng.integers(1, 100))}",
        lambda: f"p<0.{digits(rng, 3)}",
        lambda: f"{pick(rng, '≤≥<>≠')}{plain(rng)}",
        lambda: f"{int(rng.integers(1, 99))}×{int(rng.integers(1, 99))}",
        lambda: pick(rng, ("-", "—", "/", "0", "0.00", "--")),
    )
    return pick(rng, forms)()


def money(rng: Generator, split: Split) -> str:
    """A sum with the mark or the name of its currency."""
    whole = int(rng.integers(0, 10 ** int(rng.integers(1, 8))))
    decimals = f".{digits(rng, 2)}" if chance(rng, 0.7) else ""
    text = f"{whole:,}{decimals}" if chance(rng, 0.5) else f"{whole}{decimals}"
    if chance(rng, 0.3):
        return text + pick(rng, ("元", "元", "万元", "亿元", "元整"))
    return pick(rng, ("¥", "￥", "¥", "$", "€", "£", "RMB ", "USD ", "")) + text


def money_in_words(rng: Generator, split: Split) -> str:
    """A sum in the capital numerals of cheques and receipts."""
    cents = int(rng.integers(1, 10 ** int(rng.integers(2, 10))))
    if chance(rng, 0.6):
        cents = max(cents // 100, 1) * 100
    text = capitals_of_money(cents)
    return f"人民币{text}" if chance(rng, 0.15) else text


def capitals_of_money(cents: int) -> str:
    """A sum of less than a hundred million yuan in capital numerals: 壹佰零伍元叁角整."""
    yuan, (jiao, fen) = cents // 100, divmod(cents % 100, 10)
    text = f"{capitals(yuan)}元" if yuan else ""
    if jiao:
        text += f"{_CAPITALS[jiao]}角"
    if fen:
        between = "零" if yuan and not jiao else ""
        return f"{text}{between}{_CAPITALS[fen]}分"
    return text + "整"


def capitals(value: int) -> str:
    """A number from 1 to 99,999,999 in capital numerals: 10500 is 壹万零伍佰."""
    high, low = divmod(value, 10_000)
    if not high:
        return _four_capitals(low)
    between = "零" if 0 < low < 1000 else ""
    return f"{_four_capitals(high)}万{between}{_four_capitals(low) if low else ''}"


def _four_capitals(value: int) -> str:
    text, zeros = "", False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if zeros and text else "") + _CAPITALS[digit] + _PLACES[place]
        zeros = not digit
    return text


def date(rng: Generator, split: Split) -> str:
    """A day, a month or a year, in one of the usual forms."""
    year, month, day = (int(rng.integers(*ends)) for ends in ((1950, 2036), (1, 13), (1, 29)))
    name = pick(rng, phrases("months_en"))
    years = "".join(_SMALL_DIGITS[int(one)] for one in str(year))
    forms = (
        lambda: f"{year}年{month}月{day}日",
        lambda: f"{year}年{month:02d}月{day:02d}日",
        lambda: f"{year}年{month}月",
        lambda: f"{month}月{day}日",
        lambda: f"{years}年{_in_words(month)}月{_in_words(day)}日",
        lambda: f"{year}-{month:02d}-{day:02d}",
        lambda: f"{year}-{month:02d}-{day:02d}",
        lambda: f"{year}/{month}/{day}",
        lambda: f"{year}.{month:02d}.{day:02d}",
        lambda: f"{year}{month:02d}{day:02d}",
        lambda: f"{day:02d}/{month:02d}/{year}",
        lambda: f"{name} {day}, {year}",
        lambda: f"{day} {name} {year}",
        lambda: f"{year}年度",
    )
    return pick(rng, forms)()


def _in_words(value: int) -> str:
    """A number from 1 to 31 as it is read: 二十三."""
    tens, ones = divmod(value, 10)
    text = ("" if tens == 1 else _SMALL_DIGITS[tens]) + "十" if tens else ""
    return text + (_SMALL_DIGITS[ones] if ones else "")


def time(rng: Generator, split: Split) -> str:
    """A time of day, or two."""
    hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
    forms = (
        lambda: f"{hour:02d}:{minute:02d}",
        lambda: f"{hour:02d}:{minute:02d}:{int(rng.integers(0, 60)):02d}",
        lambda: f"{hour}时{minute:02d}分",
        lambda: f"{pick(rng, ('上午', '下午', '晚上'))}{hour % 12 + 1}点{pick(rng, ('', '半'))}",
        lambda: f"{hour:02d}:{minute:02d}-{(hour + 2) % 24:02d}:{minute:02d}",
        lambda: f"{hour % 12 + 1}:{minute:02d} {pick(rng, ('AM', 'PM'))}",
    )
    return pick(rng, forms)()


def code(rng: Generator, split: Split) -> str:
    """A telephone number, an identity number, a number plate, the number of an order."""
    letters = "".join(pick(rng, "ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(int(rng.integers(1, 4))))
    some = int(rng.integers(3, 9))
    forms = (
        lambda: f"1{pick(rng, '356789')}{digits(rng, 9)}",
        lambda: f"1{pick(rng, '356789')}{digits(rng, 1)} {digits(rng, 4)} {digits(rng, 4)}",
        lambda: f"0{digits(rng, 2)}-{digits(rng, 8)}",
        lambda: f"400-{digits(rng, 3)}-{digits(rng, 4)}",
        lambda: f"{pick(rng, '123456')}{digits(rng, 16)}{pick(rng, '0123456789X')}",
        lambda: f"{letters}{digits(rng, some)}",
        lambda: f"{letters}-{digits(rng, some)}",
        lambda: f"No.{digits(rng, some)}",
        lambda: f"№{digits(rng, some)}",
        lambda: digits(rng, some),
        lambda: f"京{pick(rng, 'ABCDEF')}{digits(rng, 5)}",
        lambda: f"#{digits(rng, 3)}",
        lambda: f"V{int(rng.integers(1, 9))}.{int(rng.integers(0, 20))}",
    )
    return pick(rng, forms)()


def quantity(rng: Generator, split: Split) -> str:
    """A number with its unit."""
    if chance(rng, 0.5):
        return f"{plain(rng)}{pick(rng, phrases('units_zh'))}"
    return f"{plain(rng)}{pick(rng, ('', ' '))}{pick(rng, phrases('units_latin'))}"
