"""Choosing the best of several candidates: the one small idea behind test-time scaling.

Several answers to one question cost several times the computing; what they gain hangs on how the
best is told. Critics score every candidate, the weighted sum of their scores decides. Knows
neither what the candidates are nor who made them: readings of a line, answers of a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Protocol, TypeVar

T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")


class Critic(Protocol[T_contra]):
    """Says how good each of some candidates is."""

    @property
    def name(self) -> str:
        """What the critic is called in weights and reasons; one critic a name."""
        ...

    def scores(self, candidates: Sequence[T_contra]) -> Sequence[float]:
        """One number a candidate, higher for better; minus infinity rules a candidate out.

        Only differences between candidates count. They are *not* normalised: a critic that means
        natural logarithms of probabilities is twice as loud about a line of twice the length. Give
        scores in units in which one point is worth the same on every question, and weigh those.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which candidate is best, and why.

    Attributes:
        winner: Its index.
        runner_up: The index of the second best; None for a single candidate.
        totals: The weighted sum of each candidate's scores.
        scores: What each critic said of each candidate, unweighted, by the critic's name.
        reason: Which critics were for the winner and which for the runner-up, for people to read.
    """

    winner: int
    runner_up: int | None
    totals: tuple[float, ...]
    scores: Mapping[str, tuple[float, ...]]
    reason: str

    @property
    def margin(self) -> float:
        """How far the winner's total lies above the runner-up's, 0 or more; inf for one alone."""
        if self.runner_up is None:
            return float("inf")
        best, second = self.totals[self.winner], self.totals[self.runner_up]
        return best - second if best > second else 0.0


def best_of(
    candidates: Sequence[T], critics: Sequence[Critic[T]], weights: Mapping[str, float]
) -> Selection:
    """The candidate with the highest weighted sum of scores.

    Among equals the earlier wins: put first what stands unless something beats it.

    Args:
        candidates: At least one.
        critics: Each is asked once about all candidates; not at all where its weight is 0.
        weights: A factor for each critic's scores, by the critic's name.

    Raises:
        ValueError: There is no candidate, a critic gave other than one number a candidate, or a
            number that is none.
        KeyError: A critic has no weight.
    """
    if not candidates:
        raise ValueError("There is nothing to choose from.")
    heard = [critic for critic in critics if weights[critic.name]]
    scores = {critic.name: _checked(critic, candidates) for critic in heard}
    totals = tuple(
        sum((weights[name] * given[n] for name, given in scores.items()), start=0.0)
        for n in range(len(candidates))
    )
    ranked = sorted(range(len(candidates)), key=lambda n: (-totals[n], n))
    winner, runner_up = ranked[0], ranked[1] if len(ranked) > 1 else None
    reason = _reason(winner, runner_up, scores, weights)
    return Selection(
        winner=winner, runner_up=runner_up, totals=totals, scores=scores, reason=reason
    )


def _checked(critic: Critic[T], candidates: Sequence[T]) -> tuple[float, ...]:
    scores = tuple(float(score) for score in critic.scores(candidates))
    if len(scores) != len(candidates):
        raise ValueError(f"{critic.name}: {len(scores)} scores for {len(candidates)} candidates.")
    if any(map(isnan, scores)):
        raise ValueError(f"{critic.name}: a score is not a number.")
    return scores


def _reason(
    winner: int,
    runner_up: int | None,
    scores: Mapping[str, tuple[float, ...]],
    weights: Mapping[str, float],
) -> str:
    if runner_up is None:
        return "the only candidate"
    leads = {
        name: weights[name] * (given[winner] - given[runner_up])
        for name, given in scores.items()
        if given[winner] != given[runner_up]
    }
    if not leads:
        return "first among equals"
    return ", ".join(f"{name} {lead:+.3g}" for name, lead in leads.items())
