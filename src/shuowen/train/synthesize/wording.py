"""What made documents say: names, places, dates, sentences, from the words to train on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shuowen.train.synthesize.alphabet import is_writable
from shuowen.train.synthesize.lexicon import divided_phrases, phrases, words
from shuowen.train.synthesize.made import Language

_COMMON_WORDS = 6000
"""Chinese words come from so many of the most frequent."""
_TRADES_ZH = (
    "科技",
    "贸易",
    "建材",
    "食品",
    "电子",
    "物流",
    "印刷",
    "服装",
    "文化",
    "机电",
    "环保",
)
_TRADES_EN = ("Trading", "Foods", "Logistics", "Printing", "Systems", "Supplies", "Textiles")


def pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """One of `choices`."""
    return choices[int(rng.integers(len(choices)))]


def pick_writable(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """One of those `choices` that the alphabet has all characters of; there must be one."""
    return pick(rng, writable(choices))


def writable(choices: Sequence[str]) -> list[str]:
    """Those that the alphabet, and so the shipped fonts, have all characters of."""
    return [choice for choice in choices if is_writable(choice)]


def phrase(rng: np.random.Generator, language: Language, num_words: int) -> str:
    """So many words, as they are joined in the language."""
    known = words(language, "train")
    if language == "zh":
        return "".join(pick(rng, known[:_COMMON_WORDS]) for _ in range(num_words))
    return " ".join(pick(rng, known) for _ in range(num_words))


def heading(rng: np.random.Generator, language: Language) -> str:
    """A title, without a full stop."""
    text = phrase(rng, language, int(rng.integers(2, 6)))
    return text if language == "zh" else text.title()


def sentence(rng: np.random.Generator, language: Language) -> str:
    """A sentence of one to three clauses; its words are random, its marks are as they should be."""
    clauses = [phrase(rng, language, int(n)) for n in rng.integers(3, 9, int(rng.integers(1, 4)))]
    if rng.random() < 0.25:
        clauses[-1] += _with_number(rng, language)
    if language == "zh":
        return "，".join(clauses) + pick(rng, "。。。。；！？")
    text = ", ".join(clauses)
    return text[0].upper() + text[1:] + pick(rng, "....;!?")


def paragraph(rng: np.random.Generator, language: Language, num_sentences: int) -> str:
    """Sentences after one another."""
    return ("" if language == "zh" else " ").join(
        sentence(rng, language) for _ in range(num_sentences)
    )


def person(rng: np.random.Generator, language: Language) -> str:
    """A person's name."""
    if language == "zh":
        given = "".join(pick(rng, phrases("given")) for _ in range(rng.integers(1, 3)))
        return pick(rng, phrases("surnames")) + given
    return f"{pick(rng, phrases('names_en'))} {pick(rng, phrases('names_en'))}"


def company(rng: np.random.Generator, language: Language) -> str:
    """A firm's name; that a real firm has it is chance."""
    if language == "zh":
        city = pick(rng, phrases("cities"))
        name = "".join(pick(rng, phrases("given")) for _ in range(2))
        return f"{city}{name}{pick_writable(rng, _TRADES_ZH)}有限公司"
    name = pick(rng, words("en", "train")).capitalize()
    return f"{name} {pick(rng, _TRADES_EN)} {pick(rng, ('Ltd.', 'Inc.', 'Co.', 'LLC'))}"


def address(rng: np.random.Generator, language: Language) -> str:
    """A street and a number."""
    number = int(rng.integers(1, 300))
    if language == "zh":
        room = f"{rng.integers(1, 30)}号楼{rng.integers(101, 2900)}室" if rng.random() < 0.5 else ""
        return f"{pick(rng, phrases('cities'))}{pick(rng, phrases('streets'))}{number}号{room}"
    street = pick(rng, words("en", "train")).capitalize()
    return f"{number} {street} {pick(rng, ('Street', 'Road', 'Avenue', 'Lane'))}"


def date(rng: np.random.Generator, language: Language) -> str:
    """A day of 1990 to 2029, in one of the language's forms."""
    year, month, day = (int(rng.integers(*r)) for r in ((1990, 2030), (1, 13), (1, 29)))
    form = int(rng.integers(3))
    if form == 0:
        return f"{year}-{month:02}-{day:02}"
    if language == "zh":
        return f"{year}年{month}月{day}日" if form == 1 else f"{year}/{month}/{day}"
    return (
        f"{pick(rng, phrases('months_en'))} {day}, {year}" if form == 1 else f"{month}/{day}/{year}"
    )


def time_of_day(rng: np.random.Generator) -> str:
    """Hours and minutes, now and then seconds."""
    seconds = f":{rng.integers(60):02}" if rng.random() < 0.5 else ""
    return f"{rng.integers(24):02}:{rng.integers(60):02}{seconds}"


def phone(rng: np.random.Generator, language: Language) -> str:
    """A number that looks like a telephone's."""
    if language == "zh":
        return f"1{rng.integers(3, 10)}{rng.integers(10**8, 10**9)}"
    return f"({rng.integers(200, 1000)}) 555-{rng.integers(0, 10000):04}"


def code(rng: np.random.Generator) -> str:
    """A number of an order, a model or a member."""
    letters = "".join(pick(rng, "ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(rng.integers(0, 4)))
    digits = "".join(pick(rng, "0123456789") for _ in range(rng.integers(3, 9)))
    return f"{letters}-{digits}" if letters and rng.random() < 0.4 else letters + digits


def label(rng: np.random.Generator, language: Language) -> str:
    """What a box of a form or a column of a table is called, without a colon."""
    known = divided_phrases("labels_zh" if language == "zh" else "labels_en", "train")
    return pick(rng, known).rstrip("：")


def value(rng: np.random.Generator, language: Language) -> str:
    """A short entry: a state, a kind, a word or two."""
    if language == "zh" and rng.random() < 0.6:
        return pick(rng, divided_phrases("values_zh", "train"))
    return phrase(rng, language, int(rng.integers(1, 3)))


def _with_number(rng: np.random.Generator, language: Language) -> str:
    number = f"{rng.integers(1, 100000) / 10 ** int(rng.integers(0, 3)):g}"
    if language == "zh":
        return number + pick(rng, phrases("units_zh"))
    return f" {number} {pick(rng, phrases('units_latin'))}"
