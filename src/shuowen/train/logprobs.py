"""How likely a model finds the answers of a packed sequence.

Shapes: B examples of a batch, P pairs (B = 2 P).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from shuowen.errors import InputError
from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch
from shuowen.train.example_keys import tiles_of_examples
from shuowen.train.losses import sequence_log_probs
from shuowen.train.preference_loss import PairLogProbs


def answer_log_probs(
    model: InternVL, batch: Batch, *, recompute_activations: bool = False
) -> Tensor:
    """log π(y | x) of every example, summed over its target tokens; (B,) float32.

    One forward pass for all; only rows with a target go through the head.

    Args:
        model: Policy or reference.
        batch: Of the model's device.
        recompute_activations: See `InternVL.forward`.
    """
    logits_NV = model(
        batch.token_ids_T,
        batch.positions_T,
        batch.lengths,
        batch.visual_mask_T,
        batch.pixels_MCHW,
        rows_N=batch.target_rows_N,
        recompute_activations=recompute_activations,
    )
    return sequence_log_probs(
        logits_NV, batch.target_ids_N, batch.example_of_target_N, batch.num_examples
    )


def pairs_of(log_probs_B: Tensor) -> PairLogProbs:
    """Chosen and rejected, which stand next to each other in a packed sequence."""
    chosen_P, rejected_P = log_probs_B.view(-1, 2).unbind(dim=1)
    return PairLogProbs(chosen_P, rejected_P)


def check_pairs(batch: Batch) -> None:
    """Make sure that neighbours are two answers to one prompt behind the same pictures.

    A row of data that is no preference would otherwise be taken for half of one, and nothing would
    look wrong.

    Raises:
        InputError: They are not.
    """
    prompts = _prompts(batch)
    if len(prompts) % 2 == 0 and all(map(_is_same, prompts[::2], prompts[1::2])):
        return
    raise InputError(
        f"{batch.num_examples} examples are not pairs of a chosen and a rejected answer.",
        "Preference optimisation needs data in which every record is a preference.",
    )


def _prompts(batch: Batch) -> list[tuple[Tensor, ...]]:
    """Of every example: the tokens before its first target, and its pixels."""
    sizes = num_targets_of(batch).tolist()
    rows = torch.split(batch.target_rows_N.cpu(), sizes)
    parts = [torch.split(batch.token_ids_T.cpu(), list(batch.lengths))]
    if batch.pixels_MCHW is not None:
        parts.append(torch.split(batch.pixels_MCHW, tiles_of_examples(batch)))
    prompts, start = [], 0
    for rows_N, (token_ids_T, *pixels), length in zip(
        rows, zip(*parts, strict=True), batch.lengths, strict=True
    ):
        end = int(rows_N[0]) + 1 - start if len(rows_N) else length
        prompts.append((token_ids_T[:end], *pixels))
        start += length
    return prompts


def _is_same(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    return all(map(torch.equal, one, other))


def num_targets_of(batch: Batch) -> Tensor:
    """Target tokens of every example, (B,) int64."""
    return torch.bincount(batch.example_of_target_N, minlength=batch.num_examples)
