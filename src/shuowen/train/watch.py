"""What must not go on unnoticed: numbers that are no numbers, and losses that leap.

Dead data are noticed in `stream`, a full disk in `checkpoint`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from math import isfinite
from statistics import median

from shuowen.errors import EngineError
from shuowen.train.options import OnSpike

_log = logging.getLogger("shuowen")
_HISTORY = 100
_MIN_HISTORY = 20


class TrainingStopped(EngineError):
    """A step that would have spoiled the model; it was not taken."""

    code = "training_stopped"


class LossWatch:
    """Compares every loss with those before it.

    Args:
        on_spike: Stop, or only say so.
        factor: A loss so many times the median of the last 100 is a spike.
        losses: Those before, where a run goes on.
    """

    def __init__(self, on_spike: OnSpike, factor: float, losses: Iterable[float] = ()) -> None:
        self._on_spike, self._factor = on_spike, factor
        self._losses = deque(losses, maxlen=_HISTORY)

    def check(self, step: int, loss: float, grad_norm: float) -> None:
        """Look at a step before the weights are changed.

        Raises:
            TrainingStopped: The loss or the gradient is not finite, or the loss is a spike.
        """
        if not isfinite(loss) or not isfinite(grad_norm):
            raise TrainingStopped(
                f"Step {step} has the loss {loss} and a gradient of length {grad_norm}.",
                "The weights before it are saved; start again, which goes on with the next data,"
                " or lower the learning rate.",
            )
        if len(self._losses) >= _MIN_HISTORY:
            usual = median(self._losses)
            if loss > self._factor * usual:
                self._report(step, loss, usual)
        self._losses.append(loss)

    def _report(self, step: int, loss: float, usual: float) -> None:
        message = f"The loss of step {step} is {loss:.3g}; it was about {usual:.3g} before."
        if self._on_spike == "warn":
            _log.warning("%s", message)
            return
        raise TrainingStopped(
            message,
            "The weights before it are saved; start again, which goes on with the next data, lower"
            " the learning rate, or let spikes pass.",
        )
