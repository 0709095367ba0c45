"""The mean of all rewards so far: δ of BCO.

Needs no torch, so that a checkpoint's copy can be read anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

START_COUNT = 1e-24
"""Not 0, so that the mean of nothing is 0 and not a division by zero; TRL's RunningMoments."""


@dataclass
class RunningMean:
    """A plain average over everything that was ever added: nothing is forgotten.

    A step's δ must hold the step's own rewards (upstream updates before it takes the loss), but
    the rewards of other packs of the same step may not be known yet. So a pack's δ is
    `including` its own rewards, and when the step is done `update` takes those of all packs of
    all processes. With one pack in a step that is upstream's rule to the letter; with more, δ of
    a step lacks the step's other packs, which weigh less the longer training goes on, and in return
    nothing depends on how packs were spread over processes.

    Attributes:
        mean: 0 at the start.
        count: How many rewards it is of, and `START_COUNT`.
    """

    mean: float = 0.0
    count: float = START_COUNT

    def including(self, total: float, count: int) -> float:
        """The mean when `count` more rewards that sum to `total` are counted in.

        Changes nothing.
        """
        return self.mean + (total - count * self.mean) / (self.count + count)

    def update(self, total: float, count: int) -> None:
        """Count rewards in for good.

        Args:
            total: Their sum, over all processes.
            count: How many they are, over all processes.
        """
        self.mean = self.including(total, count)
        self.count += count

    def state_dict(self) -> dict[str, float]:
        """For a checkpoint; Python's floats, so nothing is rounded."""
        return {"mean": self.mean, "count": self.count}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Go on where `state_dict` was taken."""
        self.mean, self.count = float(state["mean"]), float(state["count"])
