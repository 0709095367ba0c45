"""What the gate found. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.train.gate_score import SetChange


@dataclass(frozen=True)
class JudgedSet:
    """One set, and what its rule says.

    Attributes:
        change: Before and after.
        refusal: Why the set forbids the new weights; empty where it does not.
    """

    change: SetChange
    refusal: str


@dataclass(frozen=True)
class GateResult:
    """Every held-out set before and after."""

    sets: tuple[JudgedSet, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether no set forbids the new weights."""
        return not any(each.refusal for each in self.sets)
