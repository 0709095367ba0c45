"""A run that is under way: its parts, how far it is, and how that is kept and restored."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from torch import Tensor

from shuowen.model.internvl import InternVL
from shuowen.train.checkpoint import Checkpoints
from shuowen.train.loop import Objective
from shuowen.train.model_start import Start
from shuowen.train.optimiser import Optimiser
from shuowen.train.options import RunOptions
from shuowen.train.parallel import Processes
from shuowen.train.recipe import Recipe
from shuowen.train.run_data import RunData

_log = logging.getLogger("shuowen")


@dataclass
class Run:
    """A run that is under way.

    Attributes:
        recipe, options: What is computed, and where and how.
        here: This process.
        start: The model, which is changed, and where it comes from.
        objective: What is minimised.
        optimiser: Changes the model.
        data: Packed sequences of this process.
        checkpoints: Where the run is kept.
        num_steps: Of the whole run.
        step: Steps done.
        saved_step: Step of the newest checkpoint of this run; -1 if there is none.
        signals: Those that asked it to stop.
    """

    recipe: Recipe
    options: RunOptions
    here: Processes
    start: Start
    objective: Objective
    optimiser: Optimiser
    data: RunData
    checkpoints: Checkpoints
    num_steps: int
    step: int = 0
    saved_step: int = -1
    signals: list[int] = field(default_factory=list)

    @property
    def model(self) -> InternVL:
        """What is trained."""
        return self.start.model

    @property
    def is_time_to_save(self) -> bool:
        """Whether the options want a checkpoint of this step."""
        every, extra = self.options.save_every_steps, self.options.save_at_steps
        return self.step % every == 0 or self.step in extra

    def save(self) -> None:
        """Write a checkpoint of this step, if there is none yet."""
        if self.saved_step != self.step:
            self._save(prune=True)

    def save_without_step(self) -> None:
        """The weights as they are and the data after those of a step that is not taken.

        No older checkpoint is removed: the weights may already be worse than they look.
        """
        self._save(prune=False)

    def restore(self) -> None:
        """Go on from the newest checkpoint, if there is one."""
        state = self.checkpoints.load(self._tensors())
        if state is None:
            return
        if state["num_steps"] != self.num_steps:
            _log.warning(
                "The run was to have %d steps and now has %d; learning rates change with it.",
                state["num_steps"],
                self.num_steps,
            )
        self.step = self.saved_step = int(state["step"])
        self.data.restore(state["streams"])
        self.objective.restore(state["objective"])
        _log.info("Going on after step %d of %d.", self.step, self.num_steps)

    def _save(self, *, prune: bool) -> None:
        states = self.here.gathered(self.data.state())
        run = {
            "recipe": self.recipe.name,
            "num_steps": self.num_steps,
            "streams": {number: state for each in states for number, state in each.items()},
            "objective": self.objective.state(),
        }
        is_kept = self.step in self.options.save_at_steps
        self.checkpoints.save(self.step, self._tensors(), run, prune=prune, is_kept=is_kept)
        self.saved_step = self.step

    def _tensors(self) -> dict[str, Tensor]:
        """All that is in a checkpoint: trained weights and moments."""
        weights = {
            f"model.{name}": each.data
            for name, each in self.model.named_parameters()
            if each.requires_grad
        }
        moments = {f"optimiser.{name}": each for name, each in self.optimiser.tensors().items()}
        return weights | moments
