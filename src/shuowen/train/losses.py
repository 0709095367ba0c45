"""Losses over the target tokens of packed sequences: pure functions of logits.

Shapes: N target tokens of a batch, V vocabulary, B examples of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from shuowen.errors import UsageError
from shuowen.train.recipe import Reduction

_WEIGHT_OF_COUNT: Mapping[str, Callable[[int], float]] = MappingProxyType(
    {
        "token": lambda count: 1.0,
        "sample": lambda count: 1.0 / count,
        "square": lambda count: 1.0 / math.sqrt(count),
    }
)


def target_weights(num_targets: Sequence[int], reduction: Reduction) -> tuple[float, ...]:
    """What one target token of each example weighs.

    With l target tokens: "token" 1, "sample" 1 / l, "square" 1 / √l (InternVL3 §2.2; InternVL2.5
    §4.2, `dataset_packed.py` upstream). Plain floats, since bfloat16 would round the weights.

    Args:
        num_targets: l of each example; one without targets weighs 0.
        reduction: Which rule.

    Raises:
        UsageError: There is no such rule.
    """
    rule = _WEIGHT_OF_COUNT.get(reduction)
    if rule is None:
        raise UsageError(
            f"There is no reduction {reduction!r}.",
            f"Choose one of {', '.join(_WEIGHT_OF_COUNT)}.",
        )
    return tuple(rule(count) if count > 0 else 0.0 for count in num_targets)


def weighted_cross_entropy(
    logits_NV: Tensor, target_ids_N: Tensor, weights_N: Tensor
) -> tuple[Tensor, Tensor]:
    """Σ w_i · −log p(target i), and Σ w_i.

    Whoever calls divides by the sum of weights over all processes, not of this batch, so that the
    loss does not depend on how examples were spread.

    Args:
        logits_NV: (N, V), any float type; the softmax is taken in float32.
        target_ids_N: (N,) int64.
        weights_N: (N,) float32, at least 0; see `target_weights`.

    Returns:
        Two float32 scalars; gradients flow through the first. Without targets both are 0, and the
        first still hangs on the logits.
    """
    weights_N = weights_N.to(torch.float32)
    log_probs_N = token_log_probs(logits_NV, target_ids_N)
    return -(weights_N * log_probs_N).sum(), weights_N.sum()


def token_log_probs(logits_NV: Tensor, target_ids_N: Tensor) -> Tensor:
    """log p of every target token, (N,) float32.

    Args:
        logits_NV: (N, V), any float type; the softmax is taken in float32.
        target_ids_N: (N,) int64.
    """
    return -F.cross_entropy(logits_NV.float(), target_ids_N, reduction="none")


def sequence_log_probs(
    logits_NV: Tensor, target_ids_N: Tensor, example_of_target_N: Tensor, num_examples: int
) -> Tensor:
    """log π(y | x) of every example: the sum over its target tokens.

    Args:
        logits_NV: (N, V).
        target_ids_N: (N,) int64.
        example_of_target_N: (N,) int64, 0 to B − 1: whose token it is.
        num_examples: B.

    Returns:
        log_probs_B (B,) float32; 0 for an example without targets.
    """
    log_probs_N = token_log_probs(logits_NV, target_ids_N)
    return log_probs_N.new_zeros(num_examples).index_add(0, example_of_target_N, log_probs_N)
