"""Estimates a back-off n-gram model from weighted texts, prunes it and writes it.

Interpolated absolute discounting with three discounts an order (Ney, Essen & Kneser 1994; the
discounts as Chen & Goodman 1999, section 3.2), lower orders from plain counts: Kneser and Ney's
continuation counts suffer when a model is pruned much (Chelba et al. 2010), and this one is; and
word lists, which have no context, would be counted as contexts.

Pruned by weighted difference (Seymore & Rosenfeld 1996): those n-grams go first whose loss costs
the text's probability least, until each level has the size that is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.language.storage import (
    STEPS_PER_NAT,
    Header,
    padded,
    write_header,
)

KEY_BITS = 64
"""An n-gram is one number; each of its symbols has as many bits as the longest n-gram allows."""
BREAK = 0
"""Symbol between texts, and of unknown characters: no n-gram has it."""
LEAST_PROBABILITY = float(np.exp(-255 / STEPS_PER_NAT))

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Level:
    """The n-grams of one length, sorted.

    Attributes:
        length: How many symbols each has.
        bits: Of each symbol in a key.
        keys: The symbols of each, the first in the highest bits.
        counts: How often each was seen, weighted.
        probabilities: Of the last symbol after the others.
        backoffs: The weight of what has not been counted after the n-gram; 1 where nothing was.
    """

    length: int
    bits: int
    keys: Keys
    counts: Floats
    probabilities: Floats
    backoffs: Floats

    @property
    def parents(self) -> Keys:
        """The n-grams without their last symbol."""
        return self.keys >> np.uint64(self.bits)

    @property
    def suffixes(self) -> Keys:
        """The n-grams without their first symbol."""
        return _suffix(self.keys, self.length, self.bits)

    @property
    def last(self) -> Keys:
        """The last symbol of each n-gram."""
        return self.keys & np.uint64((1 << self.bits) - 1)

    def places(self, keys: Keys) -> NDArray[np.intp]:
        """Where n-grams stand that are all there."""
        return np.searchsorted(self.keys, keys)


def count(
    symbols: NDArray[np.uint16], weights: NDArray[np.int64], length: int, bits: int
) -> tuple[Keys, Floats]:
    """The n-grams of `length` in a text and how often each occurs; a place counts `weights`."""
    places = len(symbols) - length + 1
    keys = np.zeros(places, np.uint64)
    whole = np.ones(places, bool)
    for offset in range(length):
        piece = symbols[offset : offset + places]
        keys = (keys << np.uint64(bits)) | piece
        whole &= piece != BREAK
    found, inverse = np.unique(keys[whole], return_inverse=True)
    counted = np.bincount(inverse, weights=weights[length - 1 :][whole], minlength=len(found))
    return found, counted.astype(np.float64)


def discounts(counts: Floats) -> Floats:
    """What is taken from counts of 1, 2, and 3 or more (Chen & Goodman 1999, equation 26)."""
    n1, n2, n3, n4 = (max(int((counts == number).sum()), 1) for number in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2)
    wanted = np.array([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return np.asarray(np.clip(wanted, 0.1, [0.9, 1.5, 2.0]), np.float64)


def estimate(
    symbols: NDArray[np.uint16],
    weights: NDArray[np.int64],
    *,
    num_symbols: int,
    num_unknown: int,
    order: int,
) -> list[Level]:
    """All levels of a model, nothing pruned.

    Args:
        symbols: The texts one after another, `BREAK` between them, (places,).
        weights: How often each place counts, (places,), at least 1.
        num_symbols: Symbols are below this, which is at most 2 to the power of 64 / `order`.
        num_unknown: How many characters have no symbol of their own, at least 1.
        order: Length of the longest n-grams.
    """
    bits = KEY_BITS // order
    if num_symbols > 1 << bits:
        raise ValueError(f"{num_symbols} symbols are too many for n-grams of {order}")
    levels = [_unigrams(symbols, weights, num_symbols, num_unknown, bits)]
    for length in range(2, order + 1):
        keys, counts = count(symbols, weights, length, bits)
        below = levels[-1]
        contexts, first = np.unique(keys >> np.uint64(bits), return_index=True)
        owner = np.repeat(np.arange(len(contexts)), np.diff(np.append(first, len(keys))))
        total = np.bincount(owner, weights=counts)
        taken = discounts(counts)[np.minimum(counts, 3).astype(int) - 1]
        freed = np.bincount(owner, weights=taken) / total
        lower = below.probabilities[below.places(_suffix(keys, length, bits))]
        probabilities = (counts - taken) / total[owner] + freed[owner] * lower
        below.backoffs[below.places(contexts)] = freed
        levels.append(_level(length, bits, keys, counts, probabilities))
    return levels


def _unigrams(
    symbols: NDArray[np.uint16],
    weights: NDArray[np.int64],
    num_symbols: int,
    num_unknown: int,
    bits: int,
) -> Level:
    counts = np.bincount(symbols, weights=weights, minlength=num_symbols).astype(np.float64)
    counts[BREAK] = 0
    seen = counts > 0
    taken = discounts(counts[seen])[0]  # one discount: nearly all counts are large
    uniform = 1 / (num_symbols - 1 + num_unknown)
    freed = taken * seen.sum() / counts.sum()
    probabilities = np.where(seen, counts - taken, 0) / counts.sum() + freed * uniform
    return _level(1, bits, np.arange(num_symbols, dtype=np.uint64), counts, probabilities)


def _level(length: int, bits: int, keys: Keys, counts: Floats, probabilities: Floats) -> Level:
    return Level(
        length=length,
        bits=bits,
        keys=keys,
        counts=counts,
        probabilities=probabilities,
        backoffs=np.ones(len(keys)),
    )


def _suffix(keys: Keys, length: int, bits: int) -> Keys:
    return keys & np.uint64((1 << (bits * (length - 1))) - 1)


def prune(levels: Sequence[Level], sizes: Sequence[int]) -> list[Level]:
    """The model with at most about `sizes` n-grams on its levels from the second on.

    A level may stay larger: what a longer n-gram begins with is never taken away.
    """
    kept: list[Level] = []
    needed = np.zeros(0, np.uint64)
    for level, below, size in zip(levels[:0:-1], levels[-2::-1], sizes[::-1], strict=True):
        lower = below.probabilities[below.places(level.suffixes)]
        backoffs = below.backoffs[below.places(level.parents)]
        gain = level.counts * np.log(level.probabilities / (backoffs * lower))
        is_kept = np.isin(level.keys, needed)
        gain[is_kept] = -np.inf
        best = np.argsort(-gain, kind="stable")[: max(size - int(is_kept.sum()), 0)]
        is_kept[best[gain[best] > 0]] = True
        counts, probabilities = level.counts[is_kept], level.probabilities[is_kept]
        fewer = _level(level.length, level.bits, level.keys[is_kept], counts, probabilities)
        kept.insert(0, fewer)
        needed = np.unique(fewer.parents)
    return _renormalised([levels[0], *kept])


def _renormalised(levels: list[Level]) -> list[Level]:
    """The levels with back-off weights that make each context's probabilities sum to one."""
    for level, below in zip(levels[1:], levels, strict=False):
        parents = below.places(level.parents)
        lower = _lookup(levels, level.suffixes, level.length - 1)
        seen = np.bincount(parents, weights=level.probabilities, minlength=len(below.keys))
        seen_lower = np.bincount(parents, weights=lower, minlength=len(below.keys))
        rest = np.maximum(1 - seen, 0) / np.maximum(1 - seen_lower, 1e-9)
        below.backoffs[:] = np.clip(rest, LEAST_PROBABILITY, 1)
    return levels


def _lookup(levels: Sequence[Level], keys: Keys, length: int) -> Floats:
    """The model's probability of each n-gram of `length`, backing off as the reader does."""
    level = levels[length - 1]
    place = np.minimum(level.places(keys), len(level.keys) - 1)
    found = level.keys[place] == keys
    result = np.where(found, level.probabilities[place], 0.0)
    if length > 1 and not found.all():
        missing = keys[~found]
        below = levels[length - 2]
        parents = missing >> np.uint64(level.bits)
        at = np.minimum(below.places(parents), len(below.keys) - 1)
        weight = np.where(below.keys[at] == parents, below.backoffs[at], 1.0)
        suffixes = _suffix(missing, length, level.bits)
        result[~found] = weight * _lookup(levels, suffixes, length - 1)
    return result


def pack(levels: Sequence[Level], header: Header) -> bytes:
    """The model's file."""
    parts = [write_header(header)]
    for level, above in zip(levels, [*levels[1:], None], strict=True):
        parts.append(_padded(level.last.astype("<u2").tobytes()))
        if above is None:
            parts.append(_padded(_codes(level.probabilities)))
            continue
        starts = np.append(np.searchsorted(above.parents, level.keys), len(above.keys))
        parts.append(_padded(starts.astype("<u4").tobytes()))
        parts.append(_padded(_codes(level.probabilities)))
        parts.append(_padded(_codes(level.backoffs)))
    return b"".join(parts)


def _codes(values: Floats) -> bytes:
    codes = np.ceil(-np.log(np.maximum(values, LEAST_PROBABILITY)) * STEPS_PER_NAT - 1e-9)
    return np.clip(codes, 0, 255).astype(np.uint8).tobytes()


def _padded(data: bytes) -> bytes:
    return data.ljust(padded(len(data)), b"\0")
