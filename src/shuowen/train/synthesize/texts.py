"""Texts to draw: words, phrases, numbers and codes, each a pure function of a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from shuowen.errors import UsageError
from shuowen.train.synthesize import numbers
from shuowen.train.synthesize.alphabet import alphabet_by_kind, has_hanzi, is_writable
from shuowen.train.synthesize.lexicon import (
    Split,
    divided_phrases,
    is_in_split,
    phrases,
    words,
)
from shuowen.train.synthesize.numbers import chance, pick

Generator = np.random.Generator
MAX_UNITS = 32
"""Longest text: a Chinese character counts 2, any other 1.3, so 16 Chinese or 24 Latin ones."""
CHINESE_UNITS, OTHER_UNITS = 2.0, 1.3
_TEXT_STREAM = 1
_MOST_TRIES = 400


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text and which generator made it."""

    text: str
    kind: str


def chinese(rng: Generator, split: Split) -> str:
    """One to five words of Chinese, sometimes with a comma or a stop."""
    some = words("zh", split)
    count = pick(rng, (1, 1, 1, 2, 2, 3, 4, 5))
    # Squared: frequent words more often, yet all of them seen.
    parts = [some[int(len(some) * rng.random() ** 2)] for _ in range(count)]
    text = (
        pick(rng, "，、，：；·").join(parts) if count > 2 and chance(rng, 0.3) else "".join(parts)
    )
    return text + pick(rng, "。。！？；：，…") if chance(rng, 0.12) else text


def bracketed(rng: Generator, split: Split) -> str:
    """A word in the marks that come in pairs, alone or after another."""
    some = words("zh", split)
    marks = pick(rng, ("（）", "（）", "《》", "“”", "‘’", "【】"))
    text = f"{marks[0]}{pick(rng, some)}{marks[1]}"
    before = pick(rng, some) if chance(rng, 0.5) else ""
    return before + text + (pick(rng, some) if chance(rng, 0.3) else "")


def english(rng: Generator, split: Split) -> str:
    """One to four English words in one of the usual forms."""
    some = words("en", split)
    text = " ".join(pick(rng, some) for _ in range(pick(rng, (1, 1, 2, 2, 3, 4))))
    written = pick(rng, (text, text, text.title(), text.upper(), text.capitalize()))
    return written + pick(rng, (*"....,!?:;", "'s")) if chance(rng, 0.15) else written


def random_hanzi(rng: Generator, split: Split) -> str:
    """Chinese characters in any order, so that the rare ones are seen as often as the others."""
    hanzi = alphabet_by_kind()["hanzi"]
    return "".join(pick(rng, hanzi) for _ in range(pick(rng, (1, 1, 2, 2, 3, 4, 5, 6, 8, 12))))


def random_latin(rng: Generator, split: Split) -> str:
    """Letters, digits or marks in any order; in one case, for size alone cannot tell s from S."""
    kinds = alphabet_by_kind()
    upper = kinds["latin"][:26]
    pools = (upper, upper.lower(), kinds["digits"], kinds["digits"] + kinds["ascii_punctuation"])
    pool = pick(rng, pools)
    return "".join(pick(rng, pool) for _ in range(int(rng.integers(2, 10))))


def with_marks(rng: Generator, split: Split) -> str:
    """A word or a number beside one of the rarer marks."""
    kinds = alphabet_by_kind()
    if chance(rng, 0.5):
        return pick(rng, words("zh", split)) + pick(rng, kinds["chinese_punctuation"])
    number = numbers.plain(rng)
    mark = pick(rng, kinds["symbols"] + kinds["ascii_punctuation"])
    return number + mark if chance(rng, 0.4) else f"{number}{mark}{numbers.plain(rng)}"


def label(rng: Generator, split: Split) -> str:
    """The name of a field, in Chinese or English."""
    name = pick(rng, ("labels_zh", "labels_zh", "labels_en"))
    text = pick(rng, divided_phrases(name, split))
    if text[-1] not in "：.!" and chance(rng, 0.25):
        text += "：" if has_hanzi(text) else ":"
    return text


def value(rng: Generator, split: Split) -> str:
    """What stands in a field."""
    return pick(rng, divided_phrases("values_zh", split))


def filled_field(rng: Generator, split: Split) -> str:
    """A field's name and what stands in it."""
    fill = pick(rng, (value, numbers.date, numbers.money, person, numbers.code))
    if chance(rng, 0.75):
        return f"{pick(rng, phrases('labels_zh')).rstrip('：')}：{fill(rng, split)}"
    fill = pick(rng, (numbers.date, numbers.money, numbers.code))
    return f"{pick(rng, phrases('labels_en')).rstrip('.!')}: {fill(rng, split)}"


def person(rng: Generator, split: Split) -> str:
    """A name of two or three Chinese characters, or an English one."""
    if chance(rng, 0.25):
        names = phrases("names_en")
        return f"{pick(rng, names)} {pick(rng, names)}"
    given = "".join(pick(rng, phrases("given")) for _ in range(pick(rng, (1, 2, 2))))
    return pick(rng, phrases("surnames")) + given


def address(rng: Generator, split: Split) -> str:
    """A street with its number, often with its town."""
    town = pick(rng, phrases("cities")) if chance(rng, 0.6) else ""
    unit = pick(rng, ("号", "号", f"号{rng.integers(1, 30)}楼", f"号{rng.integers(101, 2500)}室"))
    return f"{town}{pick(rng, phrases('streets'))}{rng.integers(1, 999)}{unit}"


def mixed(rng: Generator, split: Split) -> str:
    """Chinese, Latin and digits in one text."""
    some, latin = words("zh", split), words("en", split)
    name = pick(rng, latin)
    name = pick(rng, (name, name.title(), name.upper()[:4]))
    number = str(int(rng.integers(1, 3000)))
    forms = (
        lambda: f"{pick(rng, some)}{name}",
        lambda: f"{name}{pick(rng, some)}",
        lambda: f"{name} {number}{pick(rng, some)}",
        lambda: f"{pick(rng, some)}（{name}）",
        lambda: f"{pick(rng, some)}{number}{pick(rng, phrases('units_zh'))}",
        lambda: f"{int(rng.integers(1, 30))}.{pick(rng, some)}{pick(rng, some)}",
        lambda: f"{pick(rng, some)}{numbers.plain(rng)}%",
        lambda: f"第{number}{pick(rng, '号页条次章节')}",
        lambda: f"（{pick(rng, '一二三四五六七八九十')}）{pick(rng, some)}",
    )
    return pick(rng, forms)()


def email(rng: Generator, split: Split) -> str:
    """An address of electronic mail or of a site."""
    name = pick(rng, words("en", split)) + pick(rng, ("", "", str(int(rng.integers(1, 999)))))
    domain = pick(rng, phrases("domains"))
    return f"{name}@{domain}" if chance(rng, 0.7) else f"www.{name}.{pick(rng, ('com', 'cn'))}"


GENERATORS: Mapping[str, Callable[[Generator, Split], str]] = MappingProxyType(
    {
        "chinese": chinese,
        "bracketed": bracketed,
        "english": english,
        "random_hanzi": random_hanzi,
        "random_latin": random_latin,
        "with_marks": with_marks,
        "label": label,
        "value": value,
        "filled_field": filled_field,
        "person": person,
        "address": address,
        "mixed": mixed,
        "email": email,
        "number": numbers.number,
        "money": numbers.money,
        "money_in_words": numbers.money_in_words,
        "date": numbers.date,
        "time": numbers.time,
        "code": numbers.code,
        "quantity": numbers.quantity,
    }
)

DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "chinese": 22,
        "bracketed": 3,
        "english": 10,
        "random_hanzi": 17,
        "random_latin": 5,
        "with_marks": 4,
        "label": 6,
        "value": 4,
        "filled_field": 4,
        "person": 3,
        "address": 2,
        "mixed": 5,
        "email": 1,
        "number": 5,
        "money": 3,
        "money_in_words": 2,
        "date": 4,
        "time": 1,
        "code": 3,
        "quantity": 3,
    }
)
"""How often each generator is asked, in any unit; about a quarter of all text is random."""


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """Which texts are made.

    Attributes:
        split: "train" and "held_out" have no text of two or more characters in common.
        weights: How often each of `GENERATORS` is asked.
        max_units: Longest text, see `MAX_UNITS`.
    """

    split: Split = "train"
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    max_units: float = MAX_UNITS

    def __post_init__(self) -> None:
        if not CHINESE_UNITS <= self.max_units <= MAX_UNITS:
            raise UsageError(
                f"max_units is {self.max_units}.", f"Choose {CHINESE_UNITS:g} to {MAX_UNITS}."
            )


def make_text(seed: int, options: TextOptions = TextOptions()) -> Text:  # noqa: B008
    """The text of a seed: one line, in the alphabet, of at most `MAX_UNITS` units."""
    rng = np.random.default_rng((_TEXT_STREAM, seed))
    return draw_text(rng, options)


def draw_text(rng: Generator, options: TextOptions) -> Text:
    """The next text: one of a length and a part that fit, from a generator chosen by weight."""
    names = tuple(options.weights)
    bounds = np.cumsum([options.weights[name] for name in names])
    kind = names[int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))]
    for _ in range(_MOST_TRIES):
        text = GENERATORS[kind](rng, options.split)
        if fits(text, options.max_units) and is_in_split(text, options.split):
            return Text(text=text, kind=kind)
    # A list of few phrases may have none in a part, or none so short; single characters always do.
    return Text(text=pick(rng, alphabet_by_kind()["hanzi"]), kind="random_hanzi")


def fits(text: str, max_units: float = MAX_UNITS) -> bool:
    """Whether the alphabet can write it, on one line that is not too long."""
    units = sum(CHINESE_UNITS if ord(one) > 0x2E80 else OTHER_UNITS for one in text)
    return 0 < units <= max_units and is_writable(text) and text == text.strip()
