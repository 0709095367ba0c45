r"""Critics that look at the answers alone: how many agree on a result, and how likely each is.

Self-consistency (Wang et al. 2022, arXiv 2203.11171): of several lines of thought, the result that
most of them come to is likelier right than that of any one. What counts is the result, not the
words: what stands in `\boxed{}`, or after "Answer:", else the whole answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import exp

from shuowen.generation.answers import find_boxed
from shuowen.generation.results import Candidate

_ANSWER = re.compile(r"(?:final answer|answer|答案)(?:\s+is|为|是)?\s*[::]?\s*", re.IGNORECASE)
_CHOICE = re.compile(r"\(?([a-z])\)?[.:)]?")
_WRAPPED = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MARKS = "$*`_\"' \t\r\n"
_ENDS = ".。,,;;!!"
_MAX_DIGITS = 60


@dataclass(frozen=True)
class VoteCritic:
    """Scores each answer by the number of answers that come to the same result, itself included."""

    name: str = "vote"

    def scores(self, candidates: Sequence[Candidate]) -> list[float]:
        """1 to the number of candidates; an answer without a result counts for itself."""
        results = [normalised_answer(each.text) for each in candidates]
        votes = Counter(results)
        return [float(votes[result]) if result else 1.0 for result in results]


@dataclass(frozen=True)
class LikelihoodCritic:
    """Scores each answer by the geometric mean of its tokens' probabilities."""

    name: str = "likelihood"

    def scores(self, candidates: Sequence[Candidate]) -> list[float]:
        """0 to 1; 0 where no log-probabilities are known."""
        return [mean_probability(each) for each in candidates]


def mean_probability(candidate: Candidate) -> float:
    """exp of the mean log-probability of its tokens; 0 where none is known."""
    given = [token.logprob for token in candidate.logprobs]
    return exp(min(0.0, sum(given) / len(given))) if given else 0.0


def final_answer(text: str) -> str:
    r"""What an answer comes to.

    The last `\boxed{…}`; else what follows the last "Answer:", "Final answer:" or "答案:" on its
    line; else all of the text.
    """
    boxed = find_boxed(text)
    if boxed is not None:
        return boxed
    *_, last = [None, *_ANSWER.finditer(text)]
    if last is None:
        return text
    line, _, _ = text[last.end() :].partition("\n")
    return line if line.strip(_MARKS) else text


def normalised_answer(text: str) -> str:
    """The result of an answer in one form, so that equal results are equal texts.

    Width, case, spaces, marks of Markdown and LaTeX and a full stop at the end do not count; equal
    numbers are equal however they are written (1,234.50 and 1234.5), and so are (B), B. and b.
    """
    found = unicodedata.normalize("NFKC", final_answer(text)).casefold()
    found = _FRACTION.sub(r"\1/\2", _WRAPPED.sub(r"\1", found))
    found = " ".join(found.replace("\\left", "").replace("\\right", "").split())
    found = found.strip(_MARKS).rstrip(_ENDS).strip(_MARKS)
    number = _number(found)
    if number is not None:
        return number
    choice = _CHOICE.fullmatch(found)
    return choice[1] if choice else found


def _number(text: str) -> str | None:
    """A number as short as it can be written; None for what is none."""
    digits = _THOUSANDS.sub("", text)
    if len(digits) > _MAX_DIGITS or not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", digits):
        return None
    try:
        value = Decimal(digits).normalize()
    except InvalidOperation:
        return None
    return "0" if value == 0 else f"{value:f}"
