"""All labels of the documents with their values, for an object that names no keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from shuowen.server.chat.key_values.book import Book, Match
from shuowen.server.chat.key_values.finding import Candidate, candidates_at
from shuowen.server.chat.key_values.form import Leaf
from shuowen.server.chat.key_values.label_names import known_names
from shuowen.server.chat.key_values.labels import COLON
from shuowen.server.chat.key_values.rows import Row
from shuowen.server.chat.key_values.words import SKIPPED, is_han, is_letters

_MOST_WORDS, _MOST_HAN = 5, 10
"""A label is no longer than that; more before a colon is a sentence."""
_MOST_IN_ROW, _MOST_PAIRS = 8, 3000
"""Labels with a colon that are looked at: in a row, and in all."""
_SURE = 0.9
"""What a common label without a colon needs as support."""


def pairs_of(leaf: Leaf, book: Book) -> list[tuple[str, Candidate]]:
    """Labels and values in reading order, each value once.

    A label is what stands before a colon, or a common one whose value stands beside or below it.
    """
    found: dict[tuple[object, ...], tuple[str, Candidate]] = {}
    for label, candidate in (*_with_colon(leaf, book), *_common(leaf, book)):
        part = candidate.part
        place = part.document_number, part.page_number, part.box
        if place not in found and candidate.label is not None and not candidate.value.note:
            found[place] = label, candidate
    labels = {candidate.label.box for _, candidate in found.values() if candidate.label}
    kept = [pair for pair in found.values() if pair[1].part.box not in labels]
    return sorted(kept, key=_reading_order)


def _reading_order(pair: tuple[str, Candidate]) -> tuple[float, ...]:
    part = pair[1].part
    middle = part.level.center[1] // (part.level.height or 1.0)
    return part.document_number, part.page_number, middle, part.level.left


def _with_colon(leaf: Leaf, book: Book) -> Iterator[tuple[str, Candidate]]:
    labels = (found for row in book.labelled for found in _first_labels(row))
    for row, match, end in islice(labels, _MOST_PAIRS):
        best = max(candidates_at(match, 1.0, leaf, book), key=_score, default=None)
        label = row.part(match.start, end)
        if best is not None and label is not None:
            yield label.text, replace(best, label=label)


def _common(leaf: Leaf, book: Book) -> Iterator[tuple[str, Candidate]]:
    for name in sorted(known_names(), key=len, reverse=True):
        for match in book.matches(name):
            best = max(candidates_at(match, 1.0, leaf, book), key=_score, default=None)
            if best is not None and best.label is not None and best.score >= _SURE:
                yield best.label.text, best


def _score(candidate: Candidate) -> float:
    return candidate.score


def _first_labels(row: Row) -> Iterator[tuple[Row, Match, int]]:
    for match, end in islice(_labels_before_colons(row), _MOST_IN_ROW):
        yield row, match, end


def _labels_before_colons(row: Row) -> Iterator[tuple[Match, int]]:
    """Labels that end in a colon, each with the place of the colon."""
    for colon in COLON.finditer(row.text):
        before = row.text[: colon.start()]
        start = max(before.rfind(mark) for mark in "\t:：,，;；。") + 1
        start = max([start, *(joint for joint in row.joints if joint < colon.start())])
        bracket = max(before.rfind("(", start), before.rfind("（", start))
        if bracket > max(before.rfind(")"), before.rfind("）")):
            start = bracket + 1  # "(Disc: 1.53)"
        words = [
            index
            for index, word in enumerate(row.words)
            if start <= word.start < colon.start() and word.key not in SKIPPED
        ]
        while words and not is_letters(row.words[words[0]].key):
            words.pop(0)
        if words and _is_label([row.words[index].key for index in words]):
            yield Match(row, words[0], words[-1], 1.0), colon.start()


def _is_label(keys: list[str]) -> bool:
    num_han = sum(map(is_han, keys))
    return num_han <= _MOST_HAN and len(keys) - num_han <= _MOST_WORDS
