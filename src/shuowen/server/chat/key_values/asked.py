"""Values that a question asks for by their label: "What is the total?", 合计多少？"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shuowen.document.model import Document
from shuowen.server.chat.key_values.book import Book
from shuowen.server.chat.key_values.finding import candidates
from shuowen.server.chat.key_values.form import Leaf
from shuowen.server.chat.key_values.label_names import LITTLE_WORDS, Keys, known_names
from shuowen.server.chat.key_values.names import names_of
from shuowen.server.chat.key_values.words import SKIPPED, words_of
from shuowen.source.stop import Stop

_MOST_WORDS = 30
"""A longer question is about more than a label."""
_LONGEST_NAME = 6
_SURE = 0.7


@dataclass(frozen=True)
class AskedValue:
    """A label with its value, as they were read."""

    label: str
    text: str
    document_number: int
    page_number: int


def asked_values(
    documents: Sequence[Document], question: str, stop: Stop | None = None
) -> list[AskedValue]:
    """The values of the labels that a question names, in its order; `stop` as for `extract`."""
    names = list(_labels_in(question))
    if not names:
        return []
    book = Book(documents, stop)
    values = []
    for name in names:
        found = candidates(Leaf(names={}), names_of(name), book)[:1]
        values += [
            AskedValue(
                each.label.text if each.label else "",
                each.part.text,
                each.part.document_number,
                each.part.page_number,
            )
            for each in found
            if each.score >= _SURE
        ]
    return list(dict.fromkeys(values))


def _labels_in(question: str) -> Iterator[Keys]:
    """The common labels that a question names, the longest at each place."""
    keys = [word.key for word in words_of(question) if word.key not in SKIPPED]
    at = 0
    while at < len(keys) <= _MOST_WORDS:
        for count in range(min(_LONGEST_NAME, len(keys) - at), 0, -1):
            name = tuple(keys[at : at + count])
            if name in known_names() and not (count == 1 and name[0] in LITTLE_WORDS):
                yield name
                at += count - 1
                break
        at += 1
