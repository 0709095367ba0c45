"""Mixed preference optimisation (InternVL3 §2.3): learn to prefer the chosen answer.

::

    pairs ─ pack ─┬─ policy ──── log π of both answers ─┐
                  └─ reference ─ log π₀ of both answers ─┴─ rewards ─ 0.8 DPO + 0.2 BCO + 1 NLL

The step is otherwise that of every stage; what is minimised is a mean over pairs.

Shapes: P pairs of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from shuowen.errors import UsageError
from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch
from shuowen.train.logprobs import answer_log_probs, check_pairs, num_targets_of, pairs_of
from shuowen.train.options import RunOptions
from shuowen.train.parallel import Processes, processes
from shuowen.train.preference_loss import Rewards, mpo_terms, rewards_of
from shuowen.train.pretrain import check_stage
from shuowen.train.recipe import MpoOptions, Recipe
from shuowen.train.reference import Reference, ReferenceKind, reference_on_the_fly
from shuowen.train.reference_pass import precomputed_reference
from shuowen.train.run import Evaluate, RunResult, run_stage
from shuowen.train.running_mean import RunningMean

_REFERENCES = {"on_the_fly": reference_on_the_fly, "precomputed": precomputed_reference}


def mpo(
    recipe: Recipe,
    options: RunOptions,
    evaluate: Evaluate | None = None,
    *,
    reference: ReferenceKind = "on_the_fly",
) -> RunResult:
    """Train a model on preferences.

    Args:
        recipe: Of the stage "mpo"; its data are preferences.
        options: Where and how it runs.
        evaluate: Asked for scores now and then; they go to metrics.jsonl.
        reference: How the model that the policy started from is asked; changes memory and time,
            not what is learnt.

    Returns:
        The model folder, the losses, and what to do where the run was stopped.

    Raises:
        UsageError: The recipe is for another stage, or there is no such kind of reference.
        InputError: A record is no preference.
        ConflictError: The precomputed reference is of other weights or other data.
        TrainingStopped, OutputError and others: See `run_stage`.
    """
    check_stage(recipe, "mpo")
    assert recipe.mpo is not None  # a recipe of this stage has it
    if reference not in _REFERENCES:
        raise UsageError(
            f"There is no reference {reference!r}.", f"Choose {' or '.join(_REFERENCES)}."
        )
    options.folder.mkdir(parents=True, exist_ok=True)
    with processes(options.device) as here:
        frozen = _REFERENCES[reference](recipe, options, here)
        objective = MixedPreference(recipe.mpo, frozen, here)
        return run_stage(recipe, options, objective, evaluate)


class MixedPreference:
    """The `Objective` of this stage.

    Metrics are means over pairs: the loss, its terms dpo, bco and nll, reward_chosen,
    reward_rejected, reward_margin, reward_accuracy and reward_shift, BCO's δ.

    Args:
        options: β and the weights of the terms.
        reference: The frozen model.
        here: This process; BCO's δ is of the rewards of all.
    """

    def __init__(self, options: MpoOptions, reference: Reference, here: Processes) -> None:
        self._options, self._reference, self._here = options, reference, here
        self._mean = RunningMean()
        self._step_sums = (0.0, 0)

    def weight(self, batch: Batch) -> float:
        """Pairs of a pack."""
        return batch.num_examples / 2

    def loss(self, model: InternVL, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Sum over the pairs of a pack; chosen and rejected go through the model together.

        Raises:
            InputError: The examples do not come in pairs.
        """
        check_pairs(batch)
        # The reference first: what it needed is free again before the policy keeps its activations.
        before = pairs_of(self._reference.log_probs(model, batch))
        policy = pairs_of(answer_log_probs(model, batch))
        rewards = rewards_of(policy, before, self._options.beta)
        shift = self._shift(rewards)
        num_chosen_P = num_targets_of(batch)[::2]
        terms = mpo_terms(policy, rewards, num_chosen_P, shift, self._options)
        shift_sum = torch.tensor(shift * len(terms.loss_P))
        return terms.loss_P.sum(), {**terms.metric_sums(), "reward_shift": shift_sum}

    def _shift(self, rewards: Rewards) -> float:
        """BCO's δ for a pack: all steps before, and the pack itself."""
        total, count = self._step_sums
        self._step_sums = total + rewards.sum, count + rewards.count
        return self._mean.including(rewards.sum, rewards.count)

    def after_step(self, means: Mapping[str, float]) -> None:
        """Count in the rewards of all packs of all processes."""
        total, count = self._here.sums(self._step_sums)
        self._mean.update(total, round(count))
        self._step_sums = (0.0, 0)

    def state(self) -> dict[str, float]:
        """The running mean, without the step that is under way."""
        return self._mean.state_dict()

    def restore(self, state: Mapping[str, float]) -> None:
        """Go on where `state` was taken."""
        self._mean.load_state_dict(state)
