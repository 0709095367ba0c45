r"""Who chooses among several answers: critics, and what each of their points is worth.

===========  ======================================================================================
vote         Self-consistency: the result that most answers come to; among equally many the
             likeliest answer. For questions with a short result, such as `\boxed{}`.
likelihood   The answer whose tokens are likeliest on average.
agreement    The text most like all others. For transcriptions and other long texts.
random       Any; what the others are compared with.
oracle       The one that is right, for who knows the truth: what a perfect critic would gain.
===========  ======================================================================================

A network as critic (prm, orm) is the engine's to add: `engines.best_of`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Literal

from shuowen.generation.agreement import AgreementCritic
from shuowen.generation.best_of_n import Critic, Selection, best_of
from shuowen.generation.engine import Request
from shuowen.generation.results import Candidate
from shuowen.generation.self_consistency import LikelihoodCritic, VoteCritic, normalised_answer

Need = Literal["nothing", "ties", "scores"]


@dataclass(frozen=True, kw_only=True)
class Jury:
    """Critics of answers to one question.

    Attributes:
        critics: Each is asked once about all answers.
        weights: A factor for each critic's scores, by its name.
        likelihoods: What it needs to know how likely the answers are for.
    """

    critics: tuple[Critic[Candidate], ...]
    weights: Mapping[str, float]
    likelihoods: Need = "nothing"

    @classmethod
    def of(cls, critic: Critic[Candidate], likelihoods: Need = "nothing") -> Jury:
        """One critic alone."""
        return cls(critics=(critic,), weights={critic.name: 1.0}, likelihoods=likelihoods)

    def choose(self, candidates: Sequence[Candidate]) -> Selection:
        """The best of at least one answer; among equals the earlier."""
        return best_of(candidates, self.critics, self.weights)


JuryMaker = Callable[[Request], Jury]
"""Makes the jury for one question."""


@dataclass(frozen=True)
class TextAgreement:
    """`AgreementCritic` for answers."""

    name: str = "agreement"

    def scores(self, candidates: Sequence[Candidate]) -> list[float]:
        """Each text's mean similarity to the others, 0 to 1."""
        return AgreementCritic().scores([each.text for each in candidates])


@dataclass(frozen=True)
class RandomCritic:
    """Knows nothing; the same seed and answers give the same scores."""

    seed: int = 0
    name: str = "random"

    def scores(self, candidates: Sequence[Candidate]) -> list[float]:
        """Each 0 to 1."""
        joined = "\0".join(each.text for each in candidates).encode(errors="replace")
        random = Random(f"{self.seed} {hashlib.sha256(joined).hexdigest()}")
        return [random.random() for _ in candidates]


def _is_right(text: str, truth: str) -> bool:
    return normalised_answer(text) == normalised_answer(truth)


@dataclass(frozen=True)
class OracleCritic:
    """Knows the truth; only for evaluation, as the bound of what any critic can reach.

    Attributes:
        truth: The right answer.
        is_right: Whether an answer's text is right.
    """

    truth: str
    is_right: Callable[[str, str], bool] = _is_right
    name: str = "oracle"

    def scores(self, candidates: Sequence[Candidate]) -> list[float]:
        """1 for a right answer, 0 for a wrong one."""
        return [float(self.is_right(each.text, self.truth)) for each in candidates]


_HALF_A_VOTE = 0.5
"""Probabilities are at most 1, so that they decide only between equally many votes."""


def _vote(request: Request) -> Jury:
    return Jury(
        critics=(VoteCritic(), LikelihoodCritic()),
        weights={"vote": 1.0, "likelihood": _HALF_A_VOTE},
        likelihoods="ties",
    )


def _likelihood(request: Request) -> Jury:
    return Jury.of(LikelihoodCritic(), "scores")


def _agreement(request: Request) -> Jury:
    return Jury.of(TextAgreement())


def _random(request: Request) -> Jury:
    return Jury.of(RandomCritic(request.params.seed or 0))


JURIES: Mapping[str, JuryMaker] = MappingProxyType(
    {"vote": _vote, "likelihood": _likelihood, "agreement": _agreement, "random": _random}
)
"""Those that need no network, by name."""


def oracle_jury(truth: str) -> JuryMaker:
    """For evaluation: a jury that knows the right answer."""
    return lambda request: Jury.of(OracleCritic(truth))
