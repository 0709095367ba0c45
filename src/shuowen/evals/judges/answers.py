"""Whether a question about a picture was answered: ANLS and containment.

Sources of the rules: ANLS is from Biten et al., "Scene text visual question answering", ICCV 2019,
section 5, as the evaluation of DocVQA applies it (Mathew et al., "DocVQA", WACV 2021, section 5.1;
VLMEvalKit, vlmeval/dataset/utils/vqa_eval.py): both texts in small letters, white space as single
blanks, a similarity below 0.5 counts as 0. Containment is from OCRBench v1 (Liu et al., "OCRBench",
Science China Information Sciences 67, 2024; Yuliang-Liu/MultimodalOCR, OCRBench/example.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shuowen.evals.judges.likeness import likeness
from shuowen.evals.reading import Reading

ANLS_THRESHOLD = 0.5
"""A likeness below this is a wrong answer, not a right one with an error of reading."""


@dataclass(frozen=True, kw_only=True)
class AnswerLikeness:
    """ANLS of one question: the likeness to the most similar of `answers`, at least one."""

    answers: tuple[str, ...]
    name: str = "ANLS"

    def score(self, reading: Reading) -> float:
        """The best likeness, 0.5 to 1, or 0 when none reaches the threshold."""
        said = _one_line(reading.text)
        best = max(likeness(said, _one_line(answer)) for answer in self.answers)
        return best if best >= ANLS_THRESHOLD else 0.0


@dataclass(frozen=True, kw_only=True)
class AnswerContained:
    """Whether one of `answers` stands somewhere in what was said, after `clean`."""

    answers: tuple[str, ...]
    clean: Callable[[str], str]
    name: str = "right"

    def score(self, reading: Reading) -> float:
        """1 when an answer is contained, else 0."""
        said = self.clean(reading.text)
        return float(any(self.clean(answer) in said for answer in self.answers))


def clean_answer(text: str) -> str:
    """As OCRBench compares words: small letters, no white space around, line ends as blanks."""
    return text.lower().strip().replace("\n", " ")


def clean_expression(text: str) -> str:
    """As OCRBench compares the formulas of HME100k: no blanks and line ends, capitals as such."""
    return text.strip().replace("\n", " ").replace(" ", "")


def _one_line(text: str) -> str:
    return " ".join(text.lower().split())
