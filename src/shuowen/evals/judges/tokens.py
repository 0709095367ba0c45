"""F1 over the words or characters of a picture, whatever their order: CC-OCR's two reading tracks.

Source of the rules: Yang et al., "CC-OCR", 2024 (arXiv 2412.02210), section 4, and its published
evaluation (AlibabaResearch/AdvancedLiterateMachinery, Benchmarks/CC-OCR, ocr_evaluator.py). Small
letters throughout; characters for Arabic, Japanese, Korean and Chinese, words elsewhere, and in the
track multi_scene_ocr only the letters A to Z and the digits of a word count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from shuowen.evals.reading import Reading

_MARKS = re.compile(r"###|\*\*\*")
_NOT_ALPHANUMERIC = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class TokenF1:
    """F1 of the tokens read and true; its mean over files is the published macro F1."""

    truth: str
    tokenise: Callable[[str], list[str]]
    name: str = "F1"

    def score(self, reading: Reading) -> float:
        """2 · |common| / (|read| + |truth|), 0 to 1; 0 when nothing is common."""
        read, truth = self.tokenise(reading.text), self.tokenise(self.truth)
        num_common = (Counter(read) & Counter(truth)).total()
        return 2 * num_common / (len(read) + len(truth)) if num_common else 0.0


def words(text: str) -> list[str]:
    """What stands between white space, in small letters."""
    return _MARKS.sub("", text).lower().split()


def alphanumeric_words(text: str) -> list[str]:
    """The same with nothing but a to z and 0 to 9; words that hold neither are gone."""
    return [kept for word in words(text) if (kept := _NOT_ALPHANUMERIC.sub("", word))]


def characters(text: str) -> list[str]:
    """Every character but white space, in small letters."""
    return list("".join(words(text)))
