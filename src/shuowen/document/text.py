"""Joining lines into a paragraph, the way each script needs it.

Chinese and Japanese join without a space, other scripts with one; a word that was broken at the
end of a line becomes whole again, while a hyphen that belongs to the word stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from shuowen.document.model import Line

SOFT_HYPHEN = "\u00ad"
HYPHENS = "-\u2010"
UNSPACED_AFTER = "-\u2010\u2013\u2014/"
"""After these a line goes on without a space: dashes and slashes."""
WIDE_GAP = 0.5
"""White on one level, in line heights, that stands for a space even between Chinese characters."""

COMPOUND_HEADS = frozenset(
    (
        "after",
        "all",
        "anti",
        "best",
        "co",
        "cross",
        "ex",
        "far",
        "follow",
        "full",
        "half",
        "hand",
        "high",
        "ill",
        "large",
        "life",
        "light",
        "long",
        "low",
        "mid",
        "multi",
        "near",
        "new",
        "non",
        "off",
        "on",
        "one",
        "open",
        "over",
        "part",
        "post",
        "pre",
        "quasi",
        "re",
        "real",
        "second",
        "self",
        "semi",
        "short",
        "single",
        "small",
        "so",
        "third",
        "three",
        "time",
        "two",
        "ultra",
        "under",
        "vice",
        "well",
        "wide",
        "world",
    )
)
"""First parts of English compounds that are commonly written with a hyphen."""

_LAST_WORD = re.compile(r"[^\W\d_]+$")
_FIRST_WORD = re.compile(r"^[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def join_lines(lines: Sequence[Line], vocabulary: frozenset[str] = frozenset()) -> str:
    """The text of a paragraph.

    Args:
        lines: The paragraph's lines in reading order; pieces of one level left to right.
        vocabulary: Words seen elsewhere, lower case (see `words_of`): evidence for whether a
            hyphen at a line's end belongs to the word.

    Returns:
        One line of text without line breaks.
    """
    if not lines:
        return ""
    text = lines[0].text.strip()
    for previous, line in pairwise(lines):
        text = _join(text, line.text.strip(), vocabulary, _has_wide_gap(previous, line))
    return text


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """The words in texts, lower case; a word with a hyphen inside counts as one.

    The first and the last word of a text are left out: they may be halves of a broken word.
    """
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text)[1:-1])


def is_wide(character: str) -> bool:
    """Whether a character fills a square: Chinese, Japanese, Korean, and their marks."""
    return unicodedata.east_asian_width(character) in "WF"


def is_unspaced(character: str) -> bool:
    """Whether a character belongs to a script written without spaces: Chinese, Japanese."""
    return is_wide(character) and not unicodedata.name(character, "").startswith("HANGUL")


def _join(text: str, following: str, vocabulary: frozenset[str], has_wide_gap: bool) -> str:
    if not text or not following:
        return text + following
    if text.endswith(SOFT_HYPHEN):
        return text[:-1] + following
    if has_wide_gap:
        return f"{text} {following}"
    if text[-1] in HYPHENS and _is_broken_word(text[:-1], following, vocabulary):
        return text[:-1] + following
    if _goes_on(text) or is_unspaced(text[-1]) or is_unspaced(following[0]):
        return text + following
    return f"{text} {following}"


def _goes_on(text: str) -> bool:
    """Whether a line ends within a word: after a dash or a slash that follows a character."""
    return text[-1] in UNSPACED_AFTER and len(text) > 1 and not text[-2].isspace()


def _is_broken_word(before: str, after: str, vocabulary: frozenset[str]) -> bool:
    """Whether the hyphen between two lines was put there only to break a word.

    It was not when the second half has a capital or a digit, when the first is itself part of a
    chain (state-of-the-), a common head of compounds, or when the page knows the compound, or
    both halves as words of their own; unless it knows the whole word.
    """
    head, tail = _LAST_WORD.search(before), _FIRST_WORD.search(after)
    if head is None or tail is None or not tail.group()[0].islower():
        return False
    first, second = head.group().lower(), tail.group().lower()
    if first + second in vocabulary:
        return True
    is_chain = before[: head.start()].endswith(tuple(HYPHENS))
    is_known = f"{first}-{second}" in vocabulary or {first, second} <= vocabulary
    return not (is_chain or is_known or first in COMPOUND_HEADS)


def _has_wide_gap(previous: Line, line: Line) -> bool:
    """Whether two lines are pieces of one level with white between them."""
    first, second = previous.box, line.box
    if line.direction == "vertical":
        shared = min(first.right, second.right) - max(first.left, second.left)
        gap, thickness = second.top - first.bottom, min(first.width, second.width)
    else:
        shared = min(first.bottom, second.bottom) - max(first.top, second.top)
        gap, thickness = second.left - first.right, min(first.height, second.height)
    return shared > 0.5 * thickness and gap > WIDE_GAP * thickness
