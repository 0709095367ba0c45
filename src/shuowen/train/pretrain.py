"""Native multimodal pre-training (InternVL3 §2.2): one stage, text and pictures together.

Next-token loss on the text alone; the token of an example with l of them weighs 1 / √l.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from shuowen.errors import UsageError
from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch
from shuowen.train.losses import weighted_cross_entropy
from shuowen.train.options import RunOptions
from shuowen.train.recipe import Recipe, StageName
from shuowen.train.run import Evaluate, RunResult, run_stage


class NextToken:
    """Weighted cross-entropy of the target tokens, and how many of them are guessed right."""

    def weight(self, batch: Batch) -> float:
        """Sum of the weights of the target tokens."""
        return float(batch.target_weights_N.double().sum())

    def loss(self, model: InternVL, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Only the rows that have a target go through the head."""
        logits_NV = model(
            batch.token_ids_T,
            batch.positions_T,
            batch.lengths,
            batch.visual_mask_T,
            batch.pixels_MCHW,
            rows_N=batch.target_rows_N,
        )
        loss, _ = weighted_cross_entropy(logits_NV, batch.target_ids_N, batch.target_weights_N)
        is_right_N = logits_NV.detach().argmax(-1) == batch.target_ids_N
        return loss, {"accuracy": (batch.target_weights_N * is_right_N).sum()}

    def after_step(self, means: Mapping[str, float]) -> None:
        """Nothing to keep."""

    def state(self) -> dict[str, float]:
        """Nothing to keep."""
        return {}

    def restore(self, state: Mapping[str, float]) -> None:
        """Nothing was kept."""


def pretrain(recipe: Recipe, options: RunOptions, evaluate: Evaluate | None = None) -> RunResult:
    """Pre-train a model.

    Args:
        recipe: Of the stage "pretrain".
        options: Where and how it runs.
        evaluate: Asked for scores now and then; they go to metrics.jsonl.

    Returns:
        The model folder, the losses, and what to do where the run was stopped.

    Raises:
        UsageError: The recipe is for another stage.
        TrainingStopped, OutputError and others: See `run_stage`.
    """
    check_stage(recipe, "pretrain")
    return run_stage(recipe, options, NextToken(), evaluate)


def check_stage(recipe: Recipe, stage: StageName) -> None:
    """Raise `UsageError` where a recipe is for another stage."""
    if recipe.stage != stage:
        raise UsageError(
            f"The recipe {recipe.name} is for the stage {recipe.stage}, not {stage}.",
            f"Run: shuowen train {recipe.stage} {recipe.name}",
        )
