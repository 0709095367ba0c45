"""Telling labels from values: what is a label, and where the next one begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shuowen.server.chat.key_values.book import Match
from shuowen.server.chat.key_values.label_names import known_names
from shuowen.server.chat.key_values.rows import Row
from shuowen.server.chat.key_values.words import SKIPPED, Word, is_han, is_letters

COLON = re.compile(r"(?<!\d)[:：](?!//)|[:：](?!\d|//)")
"""A colon that is not in a time of day or an address."""
_TO_COLON = re.compile(
    r"^(?:[^:：\d\t(（]|[(（][^)）\t:：]{0,24}[)）]){0,40}?(?:(?<!\d)[:：](?!//)|[:：](?!\d|//))"
)
_INNER_LABEL = re.compile(
    r"[\s,，;；、]((?:[^\W\d_][\w.'’/()&-]{0,30}\s?){1,3}|[\u4e00-\u9fff]{2,8})\s*[:：](?!//)"
)
_BRACKETED = re.compile(r"[(（][^)）]{0,6}[)）]")
_LONGEST_NAME = 6


def colon_after(row: Row, start: int, end: int) -> int | None:
    """The place after the colon that ends a label, whose name ends at `start`; None without."""
    match = _TO_COLON.match(row.text[start:end])
    return start + match.end() if match else None


def num_words(text: str) -> int:
    """How many words a piece of a label has; two Chinese characters are one, a unit is none."""
    bare = _BRACKETED.sub(" ", text)
    num_han = sum(map(is_han, bare))
    latin = re.findall(r"[^\W\d_]+", re.sub("[\u3400-\u9fff]", " ", bare))
    return len(latin) + (num_han + 1) // 2


def words_before(match: Match) -> int:
    """How many words of the same script belong to the label and stand before its name."""
    words, count = match.row.words, 0
    is_wide = is_han(words[match.first].key)
    for index in range(match.first - 1, -1, -1):
        word = words[index]
        between = match.row.text[word.end : words[index + 1].start]
        if "\t" in between or is_han(word.key) != is_wide or (is_wide and between):
            break
        if word.key in SKIPPED:
            continue
        if not is_letters(word.key):
            break
        count += 1
    return count


def label_at(words: Sequence[Word], position: int) -> Word | None:
    """The last word of the longest common label that begins at `position` of a row."""
    following = [word for word in words if word.start >= position and word.key not in SKIPPED]
    keys = tuple(word.key for word in following[:_LONGEST_NAME])
    for count in range(len(keys), 0, -1):
        if keys[:count] in known_names():
            return following[count - 1]
    return None


def same_label_goes_on(match: Match, end: int) -> int:
    """Where a label ends that is printed in two languages: "Contact 联系人"."""
    row = match.row
    rest = row.text[match.end : end]
    first = next(
        (w for w in row.words if match.end <= w.start < end and w.key not in SKIPPED), None
    )
    if not rest.strip() or first is None:
        return match.end
    last = label_at(row.words, first.start)
    is_other = is_han(first.key) != is_han(row.words[match.last].key)
    return last.end if last and last.end <= end and is_other else match.end


def is_label(row: Row, start: int, end: int) -> bool:
    """Whether a piece is a label with a colon, or nothing but common labels."""
    colon = colon_after(row, start, end)
    if colon is not None and num_words(row.text[start:colon]):
        return True
    position, is_first = start, True
    while position < end:
        word = label_at(row.words, position)
        if word is None or word.end > end:
            return not is_first and not row.text[position:end].strip(" /()（）.:")
        position, is_first = word.end, False
    return not is_first


def value_end(row: Row, start: int, end: int) -> int:
    """Where a value ends that begins at `start`: before the next label of its row."""
    text = row.text[start:end]
    lead = len(text) - len(text.lstrip(" :：."))
    if label := _INNER_LABEL.search(text, lead + 1):
        end = start + label.start()
    for joint in sorted(row.joints):
        if start + lead < joint < end and label_at(row.words, joint):
            return joint
    return end
