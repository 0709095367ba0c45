"""Checks of olmOCR-bench on the text of a page: present, absent, order, format, footnote, baseline.

Source of the rules: Poznanski et al., "olmOCR: unlocking trillions of tokens in PDFs with vision
language models", 2025, section on olmOCR-Bench, and its published code (allenai/olmocr,
olmocr/bench/tests.py). Every check passes or fails. `max_diffs` is how many characters may differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.judges.checked_page import CheckedPage, normalise
from shuowen.evals.judges.near_matches import near_match_starts

_NUM_FOOTNOTE_CHARACTERS = 200
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_PATTERNS = {
    "heading": (r"(?m)^#{1,6}\s+(.+?)$", r"(?is)<h[1-6][^>]*>(.*?)</h[1-6]>"),
    "bold": (
        r"(?s)\*\*(.*?)\*\*|__(.*?)__",
        r"(?is)<b(?:\s[^>]*)?>(.*?)</b>|<strong[^>]*>(.*?)</strong>",
    ),
    "italic": (
        r"(?s)(?<!\*)\*(?!\*)(.*?)(?<!\*)\*(?!\*)|(?<!_)_(?!_)(.*?)(?<!_)_(?!_)",
        r"(?is)<i(?:\s[^>]*)?>(.*?)</i>|<em(?:\s[^>]*)?>(.*?)</em>",
    ),
}
# The scripts that only a reader that went astray writes on these pages, and pictographs.
_ASTRAY = re.compile(
    "[\u3040-\u30ff\u4e00-\u9fff\U0001f1e0-\U0001f1ff\U0001f300-\U0001f64f\U0001f680-\U0001f6ff]"
)
_PICTURE = re.compile(r"!\[.{0,1000}?\]\(.{0,1000}?\)")
_MAX_NGRAM = 5


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Whether `text` is on the page, or, turned round, is not."""

    text: str
    is_wanted: bool
    max_diffs: int = 0
    case_sensitive: bool = True
    first_n: int | None = None
    last_n: int | None = None

    def passes(self, page: CheckedPage) -> bool:
        """Looks at the first and last characters alone where those are given."""
        wanted, found = normalise(self.text), page.normalised
        if not self.case_sensitive:
            wanted, found = wanted.lower(), found.lower()
        head = found[: self.first_n] if self.first_n else ""
        tail = found[-self.last_n :] if self.last_n else ""
        return is_within(wanted, head + tail or found, self.max_diffs) == self.is_wanted


@dataclass(frozen=True, kw_only=True)
class Order:
    """Whether `before` begins somewhere before a place where `after` begins."""

    before: str
    after: str
    max_diffs: int = 0

    def passes(self, page: CheckedPage) -> bool:
        """Whether both are there, in this order."""
        text = page.normalised
        before = near_match_starts(normalise(self.before), text, self.max_diffs)
        after = near_match_starts(normalise(self.after), text, self.max_diffs)
        return bool(before and after) and min(before) < max(after)


@dataclass(frozen=True, kw_only=True)
class Format:
    """Whether `text` is a heading, bold or italic, in Markdown or HTML."""

    text: str
    format: Literal["heading", "bold", "italic"]
    max_diffs: int = 0
    case_sensitive: bool = True

    def passes(self, page: CheckedPage) -> bool:
        """Whether a stretch of that format holds the text."""
        fold: Callable[[str], str] = str if self.case_sensitive else str.lower
        wanted = fold(normalise(self.text))
        stretches = [
            fold(normalise(next(filter(None, found.groups()), "")))
            for pattern in _PATTERNS[self.format]
            for found in re.finditer(pattern, page.markup)
        ]
        return any(is_within(wanted, stretch, self.max_diffs) for stretch in stretches)


@dataclass(frozen=True, kw_only=True)
class Footnote:
    """Whether a footnote's mark is raised, and stands after and before what it should."""

    marker: str
    before: str = ""
    after: str = ""
    max_diffs: int = 0

    def passes(self, page: CheckedPage) -> bool:
        """Whether the mark is there, one with `before` behind it, one with `after` ahead."""
        mark = re.escape(self.marker)
        raised = self.marker.translate(_SUPERSCRIPTS) if self.marker.isdecimal() else ""
        pattern = rf"\[\^{mark}\](?!:)|(?i:<sup[^>]*>{mark}</sup>)"
        marks = list(re.finditer(pattern + (f"|{raised}" if raised else ""), page.text))
        reach = _NUM_FOOTNOTE_CHARACTERS
        behind = [page.text[max(each.start() - reach, 0) : each.start()] for each in marks]
        ahead = [page.text[each.end() : each.end() + reach] for each in marks]
        fits = self._adjoins(self.before, behind, -1) and self._adjoins(self.after, ahead, 1)
        return bool(marks) and fits

    def _adjoins(self, wanted: str, stretches: Sequence[str], direction: int) -> bool:
        letters = _letters(wanted)
        threshold = 1 - self.max_diffs / max(len(normalise(wanted)), 1)
        for stretch in map(_letters, stretches):
            near = stretch[::direction][: 2 * len(letters)][::direction]
            if near and _partial_ratio(letters, near) >= threshold:
                return True
        return not wanted


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Whether a page reads like one at all; with `max_length`, whether it is as good as blank."""

    max_length: int | None = None
    skips_pictures: bool = False
    max_repeats: int = 30
    checks_characters: bool = True

    def passes(self, page: CheckedPage) -> bool:
        """Not empty, no endless repetition at its end, nothing in scripts that are not there."""
        if self.max_length is not None:
            text = _PICTURE.sub("", page.text) if self.skips_pictures else page.text
            return sum(map(str.isalnum, text)) <= self.max_length
        if not any(map(str.isalnum, page.text)):
            return False
        if any(count > self.max_repeats for count in repeats_at_end(page.text)):
            return False
        return not (self.checks_characters and _ASTRAY.search(page.text))


def repeats_at_end(text: str) -> list[int]:
    """How often in a row the last character stands there, the last 2 characters, … the last 5."""
    text = re.sub(r"\s+", " ", text)
    return [_repeats(text, size) for size in range(1, _MAX_NGRAM + 1)]


def _repeats(text: str, size: int) -> int:
    last, count = text[-size:], 0
    starts = range(len(text) - size, -1, -size)
    while count < len(starts) and text.startswith(last, starts[count]):
        count += 1
    return count


def is_within(wanted: str, text: str, max_diffs: int) -> bool:
    """Whether the likest stretch of `text` is like enough: 1 - max_diffs / length of `wanted`."""
    return _partial_ratio(wanted, text) >= 1 - max_diffs / max(len(wanted), 1)


def _partial_ratio(first: str, second: str) -> float:
    fuzz = import_from_bench_extra("rapidfuzz.fuzz")
    return float(fuzz.partial_ratio(first, second)) / 100


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalise(text))).lower()
