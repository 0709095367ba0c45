"""Labels for solution steps, which a process reward model learns from. Needs no torch.

Two ways:

- `continuation_labels`: a step is right when from there the truth can still be reached: of 16
  continuations at least one ends right (VisualPRM §3, arXiv 2503.10291; `visualprm_build_data.sh`
  upstream).
- `reading_record`: where the answer is the text of a picture, the label is exact and costs nothing:
  a part is right when all that was read so far is how the truth begins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from shuowen.errors import UsageError
from shuowen.train.answer_sampler import AnswerSampler, Question, SampleRequest, sample, seed_of
from shuowen.train.records import Stepwise

MAX_STEPS = 16
"""Of one solution, in the v1.1 data script upstream; `generation.solution_steps` splits answers."""

_STEP_BREAK = "\n\n"

_WORD = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, kw_only=True)
class ContinuationOptions:
    """How often each solution step is tried; the defaults are upstream's.

    Raises:
        UsageError: A number out of its range.
    """

    num_continuations: int = 16
    temperature: float = 1.0
    threshold: float = 0.0
    """A step is right when a larger share of continuations ends right; VisualPRM §5: 0 is best."""

    def __post_init__(self) -> None:
        if self.num_continuations < 1 or not 0 <= self.threshold < 1 or self.temperature < 0:
            raise UsageError(
                f"num_continuations is {self.num_continuations}, threshold {self.threshold} and"
                f" temperature {self.temperature}.",
                "Choose at least 1, from 0 to below 1, and at least 0.",
            )


@dataclass(frozen=True)
class StepLabel:
    """What continuations tell of a solution step.

    Attributes:
        right_share: Share of continuations that end right, 0 to 1.
        is_right: Whether that is above the threshold.
    """

    right_share: float
    is_right: bool


def continuation_labels(
    key: str,
    question: Question,
    solution_steps: Sequence[str],
    is_right: Callable[[str], bool],
    sampler: AnswerSampler,
    options: ContinuationOptions | None = None,
) -> tuple[StepLabel, ...]:
    """Label every solution step; the first wrong one stops nothing, as upstream.

    After the last step nothing is left to be continued: it is as right as the whole answer.

    Args:
        key: Names the record; seeds hang on it.
        question: What was asked.
        solution_steps: In order; the answer is they, with blank lines between.
        is_right: Whether a whole answer ends right.
        sampler: Continues answers.
        options: How often, and when a step counts as right.

    Raises:
        EngineError: The sampler gave another number of answers.
    """
    options = options or ContinuationOptions()
    labels = []
    for number in range(1, len(solution_steps) + 1):
        begun = _STEP_BREAK.join(solution_steps[:number])
        if number == len(solution_steps):
            answers: tuple[str, ...] = (begun,)
        else:
            request = SampleRequest(
                question=question,
                num_answers=options.num_continuations,
                temperature=options.temperature,
                begun=begun + _STEP_BREAK,
                seed=seed_of(key, number),
            )
            answers = sample(sampler, request)
        share = sum(map(is_right, answers)) / len(answers)
        labels.append(StepLabel(share, share > options.threshold))
    return tuple(labels)


def reading_parts(text: str, max_parts: int = MAX_STEPS) -> tuple[str, ...]:
    """A reading as solution steps: characters that fill a square, words of all else.

    Several make a part where there are more than `max_parts`. Put together again the parts are the
    text, white included.

    Args:
        text: What was read.
        max_parts: At least 1.

    Returns:
        Nothing for an empty text.
    """
    units = list(_units(text))
    size = -(-len(units) // max_parts) or 1
    return tuple("".join(units[start : start + size]) for start in range(0, len(units), size))


def _units(text: str) -> Iterator[str]:
    """Each with the white that follows it; white at the start is one of its own."""
    for match in _WORD.finditer(text):
        unit = ""
        for character in match.group():
            # A square character, and what comes after one, begins a unit; white and accents do not.
            begins = _is_square(character) or (_is_square(unit[:1]) and _is_letter(character))
            if unit and begins:
                yield unit
                unit = ""
            unit += character
        yield unit


def _is_square(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"


def _is_letter(character: str) -> bool:
    return not character.isspace() and not unicodedata.combining(character)


def reading_labels(parts: Sequence[str], truth: str) -> tuple[bool, ...]:
    """For each part of a reading, whether all up to it is how the truth begins.

    A reading that stops too early has no wrong part: what is missing shows only to a critic that
    sees the end, and after a part nobody knows whether it was the last.

    Args:
        parts: See `reading_parts`.
        truth: What the picture says.
    """
    return tuple(truth.startswith(read) for read in accumulate(parts))


def reading_record(
    key: str, question: Question, reading: str, truth: str, max_parts: int = MAX_STEPS
) -> Stepwise | None:
    """A reading with exact labels, as a record.

    Args:
        key: Names the record.
        question: What was asked, with the picture.
        reading: What a model read.
        truth: What the picture says.
        max_parts: See `reading_parts`.

    Returns:
        None where nothing was read.
    """
    parts = reading_parts(reading, max_parts)
    return solution_record(key, question, parts, reading_labels(parts, truth)) if parts else None


def solution_record(
    key: str, question: Question, solution_steps: Sequence[str], labels: Sequence[bool]
) -> Stepwise:
    """A judged solution as a record.

    The critic's own system prompt takes the place of the question's, and it is shown the last
    user's turn alone: VisualPRM knows no chats.
    """
    return Stepwise(
        key=key,
        question=question.turns[-1].text,
        pictures=question.pictures,
        solution_steps=tuple(solution_steps),
        labels=tuple(labels),
    )
