"""A process reward model (VisualPRM, arXiv 2503.10291): after every step, is all right so far?

The loss is that of fine-tuning, on the tokens + and - alone: `Encoder.stepwise` makes them the only
targets. What is added are measures that nine right steps in ten do not hide a bad critic behind.

Shapes: N targets of a batch, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from shuowen.errors import InputError
from shuowen.hub.download import resolve_model
from shuowen.model.critic_signs import Signs
from shuowen.model.internvl import InternVL
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.train.collate import Batch
from shuowen.train.losses import weighted_cross_entropy
from shuowen.train.model_start import start_model
from shuowen.train.options import RunOptions
from shuowen.train.parallel import Processes, processes
from shuowen.train.pretrain import NextToken, check_stage
from shuowen.train.recipe import Recipe
from shuowen.train.run import Evaluate, RunResult, run_stage


def prm(recipe: Recipe, options: RunOptions, evaluate: Evaluate | None = None) -> RunResult:
    """Train a critic of solution steps.

    Args:
        recipe: Of the stage "prm"; its data are judged solutions.
        options: Where and how it runs.
        evaluate: Asked for scores now and then; they go to metrics.jsonl.

    Returns:
        The model folder, the losses, and what to do where the run was stopped.

    Raises:
        UsageError: The recipe is for another stage.
        ModelError: The tokenizer has no single tokens + and -.
        TrainingStopped, OutputError and others: See `run_stage`.
    """
    check_stage(recipe, "prm")
    options.folder.mkdir(parents=True, exist_ok=True)
    with processes(options.device) as here:
        signs = Signs.of(_tokenizer(recipe, options, here))
        return run_stage(recipe, options, StepVerdicts(signs), evaluate)


def _tokenizer(recipe: Recipe, options: RunOptions, here: Processes) -> Tokenizer:
    if isinstance(recipe.init, str):
        return Tokenizer.from_folder(resolve_model(recipe.init))
    return start_model(recipe, options.folder, here).processor.tokenizer


class StepVerdicts(NextToken):
    """The `Objective` of this stage: the loss of fine-tuning, with a critic's measures.

    Only the logits of + and - are compared, as a critic is asked. Metrics are weighted means over
    steps: loss, accuracy, and the shares of steps that are

    - wrong: labelled -;
    - found: labelled - and called so; found / wrong is the recall of errors;
    - blamed: labelled + and called -; found / (found + blamed) is the precision.

    Args:
        signs: Their tokens.
    """

    def __init__(self, signs: Signs) -> None:
        self._signs = signs

    def loss(self, model: InternVL, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Weighted sum over the verdicts of a pack.

        Raises:
            InputError: Something else is to be learnt: the data are no judged solutions.
        """
        self._check(batch)
        logits_NV = model(
            batch.token_ids_T,
            batch.positions_T,
            batch.lengths,
            batch.visual_mask_T,
            batch.pixels_MCHW,
            rows_N=batch.target_rows_N,
        )
        weights_N = batch.target_weights_N
        loss, _ = weighted_cross_entropy(logits_NV, batch.target_ids_N, weights_N)
        return loss, self._measures(logits_NV.detach(), batch)

    def _check(self, batch: Batch) -> None:
        is_sign_N = torch.isin(
            batch.target_ids_N,
            batch.target_ids_N.new_tensor((self._signs.good_id, self._signs.bad_id)),
        )
        if not bool(is_sign_N.all()):
            raise InputError(
                "Some target is neither + nor -: a record is no judged solution.",
                'Rows should have "prompt", "completions" (the steps) and "labels".',
            )

    def _measures(self, logits_NV: Tensor, batch: Batch) -> dict[str, Tensor]:
        is_wrong_N = batch.target_ids_N == self._signs.bad_id
        is_blamed_N = logits_NV[:, self._signs.bad_id] > logits_NV[:, self._signs.good_id]
        measures = {
            "accuracy": is_wrong_N == is_blamed_N,
            "wrong": is_wrong_N,
            "found": is_wrong_N & is_blamed_N,
            "blamed": ~is_wrong_N & is_blamed_N,
        }
        weights_N = batch.target_weights_N
        return {
            name: torch.where(holds_N, weights_N, 0.0).sum() for name, holds_N in measures.items()
        }
