"""Candidates for one value of a form, each with how well it is supported by the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shuowen.server.chat.key_values.book import Book, Match
from shuowen.server.chat.key_values.form import Leaf
from shuowen.server.chat.key_values.label_names import LITTLE_WORDS
from shuowen.server.chat.key_values.labels import words_before
from shuowen.server.chat.key_values.names import Names
from shuowen.server.chat.key_values.rows import Part
from shuowen.server.chat.key_values.spots import Spot, spots_of
from shuowen.server.chat.key_values.values import Value, value_in
from shuowen.server.chat.key_values.words import is_han

FoundBy = Literal["label", "table", "shape", "heading"]

LEAST_SCORE = 0.5
"""Candidates below this are too weak to stand."""
_MOST_OTHERS = 3
"""With more words around a name it is no label but a sentence."""
_TORN = 0.85
"""What a label is worth in a row across a table's cells, which have several lines each."""
_OTHER_WORDS = 0.65
"""How much of a label's worth goes when all its words but the name's are others."""


@dataclass(frozen=True)
class Candidate:
    """A value that a form's field may have.

    Attributes:
        value: As JSON has it, with a note when it stays open.
        part: What was read, and where.
        label: What the label says and where; None where no label told.
        score: How well label and place support it, 0 to about 1.
        found_by: What told.
    """

    value: Value
    part: Part
    label: Part | None
    score: float
    found_by: FoundBy = "label"


def candidates(leaf: Leaf, names: Names, book: Book) -> list[Candidate]:
    """What stands at labels that say one of `names`, the best supported first."""
    found: dict[tuple[object, ...], Candidate] = {}
    for match, worth in _longest(names, book):
        for each in candidates_at(match, worth, leaf, book):
            key = (each.part.document_number, each.part.page_number, each.part.box)
            if key not in found or found[key].score < each.score:
                found[key] = each
    return sorted(found.values(), key=lambda each: -each.score)


def _longest(names: Names, book: Book) -> list[tuple[Match, float]]:
    """Where names stand, none of them inside a longer one: "invoice" of "invoice number"."""
    found: dict[tuple[int, int], tuple[Match, float]] = {}
    for name in sorted(names, key=len):
        for match in book.matches(name):
            for index in range(match.first, match.last + 1):
                found[id(match.row), index] = match, names[name]
    return list({id(match): (match, worth) for match, worth in found.values()}.values())


def candidates_at(match: Match, worth: float, leaf: Leaf, book: Book) -> Iterator[Candidate]:
    """What stands at one label; `worth` says how well its name fits, 0 to about 1."""
    label = match.row.part(match.start, match.end)
    num_before = words_before(match)
    num_name, name = _num_words(match), match.row.words[match.last].key
    for spot in spots_of(match, book.below(match.row)):
        text = spot.row.text[spot.start : spot.end]
        value = value_in(leaf, text, book.order, spot.is_exact)
        if value is None:
            continue
        part = spot.row.part(spot.start + value.start, spot.start + value.end)
        if part is None:
            continue
        if num_before and name in LITTLE_WORDS:
            continue
        num_others = num_before + _num_between(spot, value, text)
        if num_others > _MOST_OTHERS:
            continue
        cover = num_name / (num_name + num_others)
        score = worth * match.quality * spot.weight * (1 - _OTHER_WORDS * (1 - cover))
        score *= _TORN if book.is_in_table(match.row) else 1.0
        if score >= LEAST_SCORE:
            yield Candidate(value, part, label, score)


def _num_words(match: Match) -> float:
    keys = [word.key for word in match.row.words[match.first : match.last + 1]]
    return max(1.0, sum(0.5 if is_han(key) else key.isalnum() for key in keys))


def _num_between(spot: Spot, value: Value, text: str) -> int:
    if spot.is_exact:
        return spot.num_between
    return sum(word.isalpha() for word in text[: value.start].replace(".", " ").split())
