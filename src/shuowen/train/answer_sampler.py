"""How the makers of training data ask a model: a function that is handed in. Needs no torch.

Who makes pairs and labels does not know what answers: an engine, a server, a table in a test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shuowen.errors import EngineError
from shuowen.train.records import PICTURE_MARK, PictureSource, Turn


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a model is asked.

    Attributes:
        turns: In order; the last is the user's.
        pictures: In the order of their marks.
    """

    turns: tuple[Turn, ...]
    pictures: tuple[PictureSource, ...] = ()

    def without_pictures(self) -> Question:
        """The same words, and nothing to look at."""
        turns = tuple(
            replace(turn, text=turn.text.replace(f"{PICTURE_MARK}\n", "").replace(PICTURE_MARK, ""))
            if turn.role == "user"
            else turn
            for turn in self.turns
        )
        return Question(turns=turns)


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """One call of a sampler.

    Attributes:
        question: What is asked.
        num_answers: How many answers are wanted, at least 1.
        temperature: 0 is greedy; 1 draws from the model's own distribution.
        begun: How every answer begins; the model goes on from there.
        seed: The same request gives the same answers, where the engine can keep that.
    """

    question: Question
    num_answers: int
    temperature: float
    begun: str = ""
    seed: int = 0


class AnswerSampler(Protocol):
    """Draws answers from a model."""

    def __call__(self, request: SampleRequest) -> Sequence[str]:
        """As many answers as are wanted; each is only what comes after `request.begun`."""
        ...


def sample(sampler: AnswerSampler, request: SampleRequest) -> tuple[str, ...]:
    """Whole answers, the beginning included.

    Raises:
        EngineError: The sampler gave more or fewer answers than it was asked for.
    """
    ends = sampler(request)
    if len(ends) != request.num_answers:
        raise EngineError(
            f"{request.num_answers} answers were asked for and {len(ends)} came.",
            "Mend the sampler: it must answer every request in full.",
        )
    return tuple(request.begun + end for end in ends)


def seed_of(key: str, number: int = 0) -> int:
    """A seed for a record, the same in every process: 63 bits of a hash of its key."""
    digest = hashlib.sha256(f"{key}\0{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
