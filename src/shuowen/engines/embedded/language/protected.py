"""Which characters of a line the picture alone decides.

The rule: **the protected characters of the best reading by the picture alone are kept as they
are**. The language model cannot turn a digit or a letter of a name into another one, nor into
anything else, nor delete one, nor insert one; and what stands between two of them it can neither
take away altogether nor put there, so that numbers are never joined ("3个5" to "35") nor split.

In a line with Chinese everything is protected but ideographs, and punctuation of sentences that has
no protected neighbour. So digits are, Latin letters and with them names and codes, signs of
currencies, the point in "3.5". Of ideographs these are protected: numerals everywhere, in amounts
("三千五百元", "叁仟") as in dates; units of money and time after a number ("3日" is not "3月"); and
those that name a party, a sex, a side or a finding ("甲", "男", "阳"), which no context tells.

In a line without Chinese everything is protected but the letters of words that are written in
small letters throughout, have three or more of them and do not follow a number: names, codes,
abbreviations and units are, as are spaces and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from shuowen.engines.embedded.language.folding import NUMERALS

SENTENCE_PUNCTUATION = frozenset("，。、；：？！,;:?!")
"""Brackets and quotes are not here, since what opens must close, nor bullets and dashes, which the
model has hardly seen: it would drop them."""
LABELS = frozenset("甲乙丙丁阴阳陰陽男女左右")
"""Ideographs of which the text around is as likely with the one as with the other."""
UNITS = frozenset("元圆圓角分年月日号號时時点點秒")
"""Ideographs that belong to the number before them."""
SMALL_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
FREE_RUN = "\0"
"""Stands in a skeleton for one or more characters that the language model may choose."""

_TOKEN = re.compile(r"\S+")
_SMALL_WORD = re.compile(r"[\"'“‘(\[]*((?:[a-z]+['’-])*[a-z]{3,})[\"'”’)\].,;:?!]*")


@lru_cache(maxsize=1 << 15)
def is_ideograph(character: str) -> bool:
    """Whether a character is a Chinese one, numerals among them."""
    return len(character) == 1 and unicodedata.name(character, "").startswith("CJK ")


def is_word_character(character: str) -> bool:
    """Whether a character is an ideograph, but neither a numeral nor a label."""
    return character not in NUMERALS and character not in LABELS and is_ideograph(character)


def is_chinese(text: str) -> bool:
    """Whether a line counts as Chinese: it has an ideograph."""
    return any(map(is_ideograph, text))


def may_be_chosen(character: str, *, chinese: bool) -> bool:
    """Whether the language model may ever choose this character in such a line."""
    if chinese:
        return is_word_character(character) or character in SENTENCE_PUNCTUATION
    return character in SMALL_LETTERS


def protected(text: str) -> list[bool]:
    """For each character of a line, whether the picture alone decides it."""
    return _protected_chinese(text) if is_chinese(text) else _protected_latin(text)


def skeleton(text: str) -> str:
    """The protected characters in their order, each run of others as one `FREE_RUN`."""
    parts: list[str] = []
    for character, is_protected in zip(text, protected(text), strict=True):
        if is_protected:
            parts.append(character)
        elif parts[-1:] != [FREE_RUN]:
            parts.append(FREE_RUN)
    return "".join(parts)


def _protected_chinese(text: str) -> list[bool]:
    fixed = [
        not may_be_chosen(character, chinese=True)
        or (character in UNITS and _is_number(text[max(position - 1, 0) : position]))
        for position, character in enumerate(text)
    ]
    return [
        is_fixed or (not is_word_character(character) and _has_neighbour(fixed, position))
        for position, (character, is_fixed) in enumerate(zip(text, fixed, strict=True))
    ]


def _is_number(character: str) -> bool:
    return character.isdigit() or character in NUMERALS


def _has_neighbour(fixed: list[bool], position: int) -> bool:
    return any(fixed[max(position - 1, 0) : position + 2])


def _protected_latin(text: str) -> list[bool]:
    flags = [True] * len(text)
    follows_number = False
    for token in _TOKEN.finditer(text):
        word = _SMALL_WORD.fullmatch(token.group())
        if word and not follows_number:
            first, end = (token.start() + edge for edge in word.span(1))
            flags[first:end] = [one not in SMALL_LETTERS for one in text[first:end]]
        follows_number = token.group()[-1].isdigit()
    return flags
