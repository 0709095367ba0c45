"""From text to the symbols that a model counts: one for what it need not tell apart."""

from __future__ import annotations

import re

NUMBER_SYMBOL = "0"
"""Stands for a number in digits, or for two and more Chinese numerals in a row."""
LATIN_SYMBOL = "a"
"""Stands for a run of Latin letters among Chinese."""
OTHER_SYMBOL = "#"
"""Stands for a run of whatever else is among English."""

NUMERALS = frozenset(
    "〇○零一二三四五六七八九十百千万亿两廿卅萬億兩壹贰叁肆伍陆柒捌玖拾佰仟弌弍弎貳貮參叄陸"
)
"""Chinese characters that are digits or units of a number, those of cheques among them."""

_SPACE = re.compile(r"\s+")
_DIGITS = r"[0-9０-９]+(?:[.,:：/-][0-9]+)*"
_NUMBER = re.compile(rf"{_DIGITS}|[{''.join(sorted(NUMERALS))}]{{2,}}")
_LATIN = re.compile(r"[A-Za-zÀ-ɏＡ-Ｚａ-ｚ]+")
_NOT_ENGLISH = re.compile(r"[^a-z0 .,;:'\-]+")


def fold_chinese(text: str) -> str:
    """`text` without white space, with numbers and Latin runs as one symbol each.

    So a sentence with a number is the same to the model whatever the number is. A single Chinese
    numeral stays itself: it is as often part of a word ("一定") as a number.
    """
    return _LATIN.sub(LATIN_SYMBOL, _NUMBER.sub(NUMBER_SYMBOL, _SPACE.sub("", text)))


def fold_english(text: str) -> str:
    """`text` in small letters, with numbers and runs of other signs as one symbol each."""
    small = _SPACE.sub(" ", text).lower().replace("’", "'")
    return _NOT_ENGLISH.sub(OTHER_SYMBOL, re.sub(_DIGITS, NUMBER_SYMBOL, small))
