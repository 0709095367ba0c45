"""Supervised fine-tuning (InternVL3 §2.3): the loss of pre-training on conversations.

What differs is in the recipe: it starts from a model, tiles are compressed as JPEG at random
quality, and often only a part of the weights, or a small adapter beside them, is trained.
"""

from __future__ import annotations

from shuowen.train.options import RunOptions
from shuowen.train.pretrain import NextToken, check_stage
from shuowen.train.recipe import Recipe
from shuowen.train.run import Evaluate, RunResult, run_stage


def sft(recipe: Recipe, options: RunOptions, evaluate: Evaluate | None = None) -> RunResult:
    """Fine-tune a model.

    Args:
        recipe: Of the stage "sft".
        options: Where and how it runs.
        evaluate: Asked for scores now and then; they go to metrics.jsonl.

    Returns:
        The model folder (adapters are merged into it), the losses, and what to do where the run
        was stopped.

    Raises:
        UsageError: The recipe is for another stage.
        TrainingStopped, OutputError and others: See `run_stage`.
    """
    check_stage(recipe, "sft")
    return run_stage(recipe, options, NextToken(), evaluate)
