"""What a held-out set forbids. Needs no torch.

- `NoClearDrop`, the default: refused when the error rate rose by more than a margin *and* the 95 %
  interval of the rise, by paired bootstrap over items, leaves out 0. The first alone would refuse
  small sets for chance, the second alone large ones for a trifle.
- `NothingBroken`, for short lists of what must stay right whatever happens: refused when any item
  that was read without an error now has one. One character among ten thousand moves no rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from shuowen.train.gate_score import SetChange


class Rule(Protocol):
    """Decides over one set."""

    def refusal(self, change: SetChange) -> str:
        """Why the new weights are refused, in a few words; empty: they are not."""
        ...


@dataclass(frozen=True)
class NoClearDrop:
    """Refuses a rise of the error rate beyond `margin` that is more than chance.

    Attributes:
        margin: 0.01 is one point.
    """

    margin: float = 0.01

    def refusal(self, change: SetChange) -> str:
        """See `Rule`."""
        if change.rise > self.margin and change.is_beyond_chance:
            return f"{100 * change.rise:.1f} points worse, allowed are {100 * self.margin:.1f}"
        return ""


@dataclass(frozen=True)
class NothingBroken:
    """Refuses when items that were right are wrong.

    Attributes:
        num_allowed: So many may break.
    """

    num_allowed: int = 0

    def refusal(self, change: SetChange) -> str:
        """See `Rule`."""
        if len(change.broken) <= self.num_allowed:
            return ""
        shown = ", ".join(change.broken[:5]) + (" …" if len(change.broken) > 5 else "")
        return f"{len(change.broken)} items broke ({shown}), allowed are {self.num_allowed}"


@dataclass(frozen=True, kw_only=True)
class GateOptions:
    """Which rule decides over which set."""

    default: Rule = NoClearDrop()
    rules: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))
    """By name of a set, where it is not the default."""

    def rule_of(self, name: str) -> Rule:
        """The rule for the set of that name."""
        return self.rules.get(name, self.default)
