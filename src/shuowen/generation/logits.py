"""Pure steps over one row of logits, (V,) float32; fast for the 151,674 tokens of Qwen.

Definitions are those of vLLM, which are OpenAI's where OpenAI has the option. The steps that change
a row change it in place; those that choose return token ids and sort only what they return.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]
"""(V,), one logit for each token; minus infinity for a token that cannot come."""
Ids = NDArray[np.intp]

_BLOCK = 64
_DRAW_BLOCK = 512
_TOP_P_FLOORS = (1e-3, 1e-4, 1e-5, 1e-6, 0.0)


def add_bias(logits_V: Row, bias: Mapping[int, float]) -> None:
    """Add a bias to some logits; ids outside the vocabulary are skipped."""
    for token_id, amount in bias.items():
        if 0 <= token_id < len(logits_V):
            logits_V[token_id] += amount


def penalise_repetition(logits_V: Row, seen_ids_N: Ids, penalty: float) -> None:
    """Divide the positive logits of seen tokens, multiply the negative (CTRL, arXiv 1909.05858)."""
    seen_N = logits_V[seen_ids_N]
    logits_V[seen_ids_N] = np.where(seen_N > 0, seen_N / penalty, seen_N * penalty)


def penalise_counts(
    logits_V: Row, seen_ids_N: Ids, counts_N: NDArray[np.int64], frequency: float, presence: float
) -> None:
    """Subtract `frequency` times each token's count, and `presence` once where it is above 0."""
    amount_N = frequency * counts_N + presence * (counts_N > 0)
    logits_V[seen_ids_N] -= amount_N.astype(np.float32)


def likeliest(logits_V: Row, count: int) -> Ids:
    """The ids of the `count` largest logits, largest first, the lower id first among equals."""
    ids = top_k_ids(logits_V, count)
    return ids[np.argsort(-logits_V[ids], kind="stable")[:count]]


def top_k_ids(logits_V: Row, count: int) -> Ids:
    """Ids, ascending, of all tokens that are no less likely than the k-th likeliest.

    Equal logits stand or fall together, so that there may be more than k.
    """
    if count >= len(logits_V):
        return np.arange(len(logits_V))
    ids = np.flatnonzero(logits_V >= _lower_bound_of_kth(logits_V, count))
    some = logits_V[ids]
    kth = np.partition(some, len(some) - count)[len(some) - count]
    kept: Ids = ids[some >= kth]
    return kept


def _lower_bound_of_kth(logits_V: Row, count: int) -> float:
    """A value that at least `count` logits reach: the k-th largest of the maxima of blocks.

    Seldom much lower than the k-th largest of all, and several times cheaper than partitioning all.
    """
    num_blocks = len(logits_V) // _BLOCK
    if num_blocks < 4 * count:
        return -np.inf
    highest = logits_V[: num_blocks * _BLOCK].reshape(num_blocks, _BLOCK).max(axis=1)
    return float(np.partition(highest, num_blocks - count)[num_blocks - count])


def top_p_ids(logits_N: Row, top_p: float) -> Ids:
    """Indices of the fewest tokens whose probabilities reach `top_p`.

    A token is kept if those likelier than it have less than `top_p` together; the likeliest always
    is (nucleus sampling, arXiv 1904.09751 §3.1). Equal logits are taken by index.
    """
    weights_N = np.exp(logits_N - logits_N.max())
    enough = top_p * float(weights_N.sum())
    ceiling, mass_above = np.inf, 0.0  # all that lies above the ceiling is kept, and is not sorted
    for floor in _TOP_P_FLOORS:
        ids = np.flatnonzero((weights_N > floor) & (weights_N <= ceiling))
        mass = float(weights_N[ids].sum())
        if mass_above + mass >= enough or floor == 0:
            break
        ceiling, mass_above = floor, mass_above + mass
    falling = np.sort(weights_N[ids])[::-1].astype(np.float64)
    likelier = mass_above + np.cumsum(falling) - falling
    num_kept = int(np.count_nonzero(likelier < enough))
    if num_kept == 0:  # nothing is left below the ceiling
        return np.flatnonzero(weights_N > ceiling)
    least = falling[num_kept - 1]
    num_equal = num_kept - int(np.count_nonzero(falling > least))
    equal = np.flatnonzero(weights_N == least)[:num_equal]
    return np.concatenate([np.flatnonzero(weights_N > least), equal])


def min_p_ids(logits_N: Row, min_p: float) -> Ids:
    """Indices of tokens at least `min_p` times as likely as the likeliest (arXiv 2407.01082)."""
    return np.flatnonzero(logits_N >= logits_N.max() + np.float32(np.log(min_p)))


def draw(logits_N: Row, uniform: float) -> int:
    """The index that falls to a uniform number, 0 ≤ uniform < 1, each by its probability.

    Probabilities are summed up by blocks first, and token by token only where the number falls.
    """
    weights_N = np.exp(logits_N - logits_N.max())
    starts = np.arange(0, len(weights_N), _DRAW_BLOCK)
    sums = np.cumsum(np.add.reduceat(weights_N, starts), dtype=np.float64)
    target = uniform * sums[-1]
    block = int(np.searchsorted(sums, target, side="right"))
    start = int(starts[block])
    inside = np.cumsum(weights_N[start : start + _DRAW_BLOCK], dtype=np.float64)
    rest = target - (sums[block - 1] if block else 0.0)
    rest = min(rest, np.nextafter(inside[-1], 0))  # the two ways of summing round differently
    return start + int(np.searchsorted(inside, rest, side="right"))


def log_total(logits_V: Row) -> float:
    """ln Σ exp(logit): what to subtract from a logit to have its log-probability."""
    highest = float(logits_V.max())
    return highest + float(np.log(np.exp(logits_V - np.float32(highest)).sum(dtype=np.float64)))
