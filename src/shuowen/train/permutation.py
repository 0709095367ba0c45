"""An order of any number of things that needs no list of them. Needs no torch.

A Feistel network permutes the numbers below a power of four; where it leaves the range, it is
applied again until it comes back ("cycle walking": Black and Rogaway 2002, "Ciphers with arbitrary
finite domains").
"""

from __future__ import annotations

import numpy as np

_NUM_ROUNDS = 6
_WORD = 0xFFFFFFFF


class Permutation:
    """A permutation of 0 to `size` − 1, a pure function of the key.

    Args:
        size: How many, at least 1 and below 2⁶².
        key: Whole numbers, at least 0; other keys give unrelated permutations.
    """

    def __init__(self, size: int, *key: int) -> None:
        self.size = size
        self._half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half_bits) - 1
        words = np.random.SeedSequence([*key]).generate_state(_NUM_ROUNDS)
        self._round_keys = tuple(int(word) for word in words)

    def __call__(self, place: int) -> int:
        """What stands at `place`, from 0."""
        # At most four times as many numbers as wanted are permuted, so few walks are long.
        value = self._once(place)
        while value >= self.size:
            value = self._once(value)
        return value

    def _once(self, value: int) -> int:
        left, right = value >> self._half_bits, value & self._mask
        for key in self._round_keys:
            left, right = right, left ^ (_mixed(right ^ key) & self._mask)
        return left << self._half_bits | right


def _mixed(value: int) -> int:
    """Every bit of 32 depends on all (the finaliser of MurmurHash3)."""
    value &= _WORD
    value = (value ^ value >> 16) * 0x85EBCA6B & _WORD
    value = (value ^ value >> 13) * 0xC2B2AE35 & _WORD
    return value ^ value >> 16
