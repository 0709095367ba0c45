"""Preference pairs that no person has to write. Needs no torch.

Two ways, both of MPO (Wang et al. 2024 §4; `tools/reasoning_data_pipeline` upstream):

- By correctness, where the truth is known: right answers are chosen, wrong ones rejected.
- By DropoutNTP, where it is not: the model's answer is chosen; the same answer, continued from its
  middle without the picture, is rejected, for it can only be made up.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from shuowen.errors import UsageError
from shuowen.train.answer_sampler import AnswerSampler, Question, SampleRequest, sample, seed_of
from shuowen.train.records import Preference

IsRight = Callable[[str, str], bool]
"""Whether an answer, given first, is as good as the truth, given second."""


@dataclass(frozen=True, kw_only=True)
class CorrectnessOptions:
    """How samples become pairs; the defaults are those of upstream's scripts.

    Raises:
        UsageError: A number out of its range.
    """

    num_samples: int = 32
    """Answers drawn for every question."""
    temperature: float = 0.7
    max_pairs: int = 15
    """Most pairs of one question."""

    def __post_init__(self) -> None:
        if self.num_samples < 1 or self.max_pairs < 1 or self.temperature < 0:
            raise UsageError(
                f"num_samples is {self.num_samples}, max_pairs {self.max_pairs} and temperature"
                f" {self.temperature}.",
                "Choose at least 1, at least 1 and at least 0.",
            )


def same_reading(answer: str, truth: str) -> bool:
    """Whether two readings are the same text.

    Unicode's composed and decomposed forms are one, and white at the end of a line is nothing; all
    else counts.
    """
    return _plain(answer) == _plain(truth)


def _plain(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def correctness_pairs(
    key: str,
    question: Question,
    truth: str,
    answers: Sequence[str],
    *,
    max_pairs: int = CorrectnessOptions.max_pairs,
    is_right: IsRight = same_reading,
) -> tuple[Preference, ...]:
    """Pairs of one question whose truth is known.

    Every distinct right answer is paired with every distinct wrong one, in an order that only hangs
    on `key`, up to `max_pairs`. An answer that was drawn twice counts once, or the commonest
    mistake would be all that is learnt. Where no answer is right the truth itself is chosen: such
    questions are those that the model most needs, and upstream, whose truths are single words and
    no answers, has to drop them. That pair is off-policy: the model may never have written the
    chosen answer.

    Args:
        key: Names the record; pairs are called key#0, key#1, …
        question: What was asked.
        truth: The right answer.
        answers: What the model said, any number of times.
        max_pairs: At most so many pairs.
        is_right: How answers are compared.

    Returns:
        None where all answers are right: there is nothing to reject.
    """
    distinct = list(dict.fromkeys(answers))
    right = [answer for answer in distinct if is_right(answer, truth)] or [truth]
    wrong = [answer for answer in distinct if not is_right(answer, truth)]
    pairs = list(product(right, wrong))
    random.Random(seed_of(key)).shuffle(pairs)
    return tuple(
        _pair(f"{key}#{number}", question, *pair) for number, pair in enumerate(pairs[:max_pairs])
    )


def _pair(key: str, question: Question, chosen: str, rejected: str) -> Preference:
    return Preference(
        key=key,
        turns=question.turns,
        pictures=question.pictures,
        chosen=chosen,
        rejected=rejected,
    )


def sampled_pairs(
    key: str,
    question: Question,
    truth: str,
    sampler: AnswerSampler,
    options: CorrectnessOptions | None = None,
    is_right: IsRight = same_reading,
) -> tuple[Preference, ...]:
    """`correctness_pairs` of answers that are drawn here.

    Raises:
        EngineError: The sampler gave another number of answers.
    """
    options = options or CorrectnessOptions()
    request = SampleRequest(
        question=question,
        num_answers=options.num_samples,
        temperature=options.temperature,
        seed=seed_of(key),
    )
    answers = sample(sampler, request)
    return correctness_pairs(
        key, question, truth, answers, max_pairs=options.max_pairs, is_right=is_right
    )


def dropout_pair(
    key: str,
    question: Question,
    answer: str,
    sampler: AnswerSampler,
    *,
    share: float = 0.5,
    temperature: float = 1.0,
) -> Preference | None:
    """A pair by DropoutNTP: the answer, and its beginning continued without the pictures.

    Args:
        key: Names the record.
        question: What was asked, with its pictures.
        answer: What the model said to it; becomes the chosen answer.
        sampler: Continues the beginning.
        share: How much of the answer is kept, in characters; 0.5 is best (MPO-P §8.2).
        temperature: Of the continuation.

    Returns:
        None where the answer is too short to be cut, or the continuation says the same.

    Raises:
        UsageError: The share is not between 0 and 1.
        EngineError: The sampler gave other than one answer.
    """
    if not 0 < share < 1:
        raise UsageError(f"share is {share}.", "Choose a number between 0 and 1, such as 0.5.")
    begun = answer[: round(share * len(answer))]
    if not begun or begun == answer:
        return None
    request = SampleRequest(
        question=question.without_pictures(),
        num_answers=1,
        temperature=temperature,
        begun=begun,
        seed=seed_of(key),
    )
    (rejected,) = sample(sampler, request)
    if same_reading(rejected, answer):
        return None
    return _pair(key, question, answer, rejected)
