"""Passages of documents that share words with a question, ranked as search engines do (BM25).

A word that stands in few passages weighs more than one that stands everywhere; Chinese, which has
no spaces, is compared by pairs of characters.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from shuowen.document.model import Document, Region
from shuowen.writers.plain import single_line
from shuowen.writers.tables import shown_table, table_rows

MOST_PASSAGES = 5
_LONGEST = 600
"""Characters of a passage; longer paragraphs are cut between sentences."""
_SATURATION, _LENGTH_WEIGHT = 1.2, 0.75
"""BM25's k1 and b at their usual values."""
_WEAK = 0.4
"""Passages that score less than this share of the best are left out."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
_RUN = re.compile(rf"[{_HAN}]+|(?:(?![{_HAN}])\w)+")
_SENTENCE_END = re.compile(r"[.!?;]\s+|[。！？；]\s*")
_BETWEEN_CELLS = " | "
_DIGIT = re.compile(r"\d")
_SHORT_NUMBER = re.compile(r"(?<![\da-zA-Z.,])\d{1,2}(?![\da-zA-Z]|[.,]\d)")
_AMOUNT = re.compile(
    r"\bhow (?:many|much)\b|\b(?:number|amount|count) of\b|多少|几[^乎]|数量", re.IGNORECASE
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be by can could did do does for from had has have how i if in into"
        " is it its me my no not of on or our say says so tell that the their them there these they"
        " this to was we were what when where which who whom whose why will with would you your"
        " about give please show find into than then also been being but only just all each s t",
    )
)
_TOTAL = re.compile(r"(?:合计|总计|(?:grand )?total\b)", re.IGNORECASE)
_HEADS_WEIGHT = 0.5
"""What words in the headings of a row's table are worth, next to words in the row."""
_COMMON_PHRASE = re.compile(
    r"\bin (?:the|this) (?:document|file|picture|image|photo|page)\b"
    "|在文[档件][中里]|查找|找出|是什么|什么|多少|哪里|哪个|哪些|怎么|怎样|如何|为什么|请问|告诉我|一下|请|吗|呢|的|了|是|有|在|和|与|及|里|中|上",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Passage:
    """A piece of a document.

    Attributes:
        text: As it was read, on one line.
        document_index: Which document it is from, from 0.
        page_number: Which page, from 1.
        heads: The headings of the columns, for a row of a table that has some.
        is_heads: Whether it is the row of headings itself.
    """

    text: str
    document_index: int
    page_number: int
    heads: str = ""
    is_heads: bool = False


def passages_of(documents: Sequence[Document]) -> list[Passage]:
    """All paragraphs, list items and table rows, in reading order."""
    passages: list[Passage] = []
    for place, group in groupby(_placed(documents), key=itemgetter(0)):
        index, page_number, table = place
        texts = [text for _, text in group]
        heads = texts[0] if table and _has_heads(texts) else ""
        passages += [
            Passage(text, index, page_number, heads if at else "", bool(heads) and not at)
            for at, text in enumerate(texts)
        ]
    return passages


def best_passages(passages: Sequence[Passage], question: str) -> list[Passage]:
    """The passages that fit a question, the best first; empty when none shares a word with it."""
    scores = _answering(passages, question)
    least = max(0.0, _WEAK * max(scores, default=0.0))
    wants_number = _AMOUNT.search(question) is not None

    def rank(index: int) -> tuple[bool, float, bool]:
        text = passages[index].text
        has_number = _DIGIT.search(text) is not None
        return wants_number and not has_number, -scores[index], _TOTAL.match(text) is None

    kept = (index for index, score in enumerate(scores) if score > least)
    chosen = sorted(kept, key=rank)
    distinct = {passages[index].text: passages[index] for index in reversed(chosen)}
    return list(reversed(distinct.values()))[:MOST_PASSAGES]


def _answering(passages: Sequence[Passage], question: str) -> list[float]:
    """How well each passage answers a question.

    Short numbers count only beside a word, and a row of headings speaks through the rows below it:
    what is asked for stands in those.
    """
    texts = [text for each in passages for text in (each.text, each.heads)]
    scores = relevance(texts, question)
    by_words = relevance(texts, _SHORT_NUMBER.sub(" ", question))
    joined = [
        own + _HEADS_WEIGHT * heads if own_words + heads_words > 0 else 0.0
        for own, heads, own_words, heads_words in zip(
            scores[::2], scores[1::2], by_words[::2], by_words[1::2], strict=True
        )
    ]
    return [0.0 if each.is_heads else score for each, score in zip(passages, joined, strict=True)]


def relevance(texts: Sequence[str], question: str) -> list[float]:
    """How well each text fits a question, by BM25; 0 where they share no word that counts."""
    asked = set(terms_of(_COMMON_PHRASE.sub(" ", question)))
    return _scores(asked, [Counter(terms_of(text)) for text in texts])


def terms_of(text: str) -> Iterator[str]:
    """The words of a text that count, in comparable form; Chinese as pairs of characters."""
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        if re.match(f"[{_HAN}]", run):
            yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
        elif run not in _COMMON:
            yield run[:-1] if len(run) > 3 and run.endswith("s") else run


def _scores(asked: set[str], counts: Sequence[Counter[str]]) -> list[float]:
    lengths = [max(1, count.total()) for count in counts]
    mean = sum(lengths) / max(1, len(lengths))
    found_in = Counter(term for count in counts for term in count if term in asked)
    weights = {
        term: math.log(1 + (len(counts) - number + 0.5) / (number + 0.5))
        for term, number in found_in.items()
    }
    return [
        sum(
            weights[term] * _saturated(number, length / mean)
            for term, number in count.items()  # a question may be longer than all texts
            if term in asked
        )
        for count, length in zip(counts, lengths, strict=True)
    ]


def _saturated(count: int, length: float) -> float:
    damped = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length)
    return count * (_SATURATION + 1) / (count + damped)


def _placed(documents: Sequence[Document]) -> Iterator[tuple[tuple[int, int, str], str]]:
    """Document, page and table of each piece, and the piece; rows of texts count as tables too."""
    for index, document in enumerate(documents):
        for page in document.pages:
            for region in page.regions:
                for text in _pieces(region):
                    row = "rows" if _BETWEEN_CELLS in text else ""
                    table = region.id if shown_table(region) else row
                    yield (index, page.page_number, table), text


def _has_heads(rows: Sequence[str]) -> bool:
    """Whether the first row has no number, and one below it has."""
    return not _DIGIT.search(rows[0]) and any(map(_DIGIT.search, rows[1:]))


def _pieces(region: Region) -> Iterator[str]:
    if table := shown_table(region):
        for row in table_rows(table):
            cells = [single_line(cell.text) for cell in row if cell.text.strip()]
            if cells:
                yield _BETWEEN_CELLS.join(cells)
        return
    for line in region.text.splitlines():
        yield from _cut(single_line(line))


def _cut(text: str) -> Iterator[str]:
    """A paragraph in pieces that are short enough to quote, cut between sentences."""
    start = last = 0
    for match in (*_SENTENCE_END.finditer(text), None):
        end = match.end() if match else len(text)
        if end - start > _LONGEST and last > start:
            yield text[start:last].strip()
            start = last
        last = end
    if text[start:].strip():
        yield text[start:].strip()
