"""Rotary positions against arithmetic done by hand in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from shuowen.errors import EngineError
from shuowen.model.config import CONFIGS
from shuowen.model.rope import Rotary, longest_positions, rotate
from tests.model.reference import SMALL_QWEN

REAL = CONFIGS["1B"].language
POSITIONS = st.lists(st.integers(0, 200 * 256), min_size=1, max_size=6)
"""In units of 1/256, the smallest step of V2PE."""


def by_hand(positions: Tensor, theta: float, width: int) -> np.ndarray:
    """Angles (T, K / 2) in float64."""
    frequencies = theta ** (-np.arange(0, width, 2) / width)
    return np.outer(positions.double().numpy(), frequencies)


def turned_by_hand(x_TNK: Tensor, angles_TF: np.ndarray) -> np.ndarray:
    """Each pair of channels as one complex number, turned."""
    half = x_TNK.shape[-1] // 2
    x = x_TNK.double().numpy()
    turned = (x[..., :half] + 1j * x[..., half:]) * np.exp(1j * angles_TF)[:, None]
    return np.concatenate((turned.real, turned.imag), axis=-1)


@given(units=POSITIONS, seed=st.integers(0, 1000))
def test_fractional_positions_turn_as_by_hand(units: list[int], seed: int) -> None:
    positions = torch.tensor(units, dtype=torch.float32) / 256
    x = torch.randn(len(units), 3, REAL.head_width, generator=torch.Generator().manual_seed(seed))
    turned = rotate(x, *Rotary(REAL)(positions))
    expected = turned_by_hand(x, by_hand(positions, REAL.rope_theta, REAL.head_width))
    assert np.abs(turned.numpy() - expected).max() < 1e-4


@given(units=POSITIONS, longest=st.floats(1, 2000, width=32))
def test_beyond_the_window_the_base_grows_as_by_hand(units: list[int], longest: float) -> None:
    config = replace(SMALL_QWEN, window=64)
    positions = torch.tensor(units, dtype=torch.float32) / 256
    cos, sin = Rotary(config)(positions, torch.full_like(positions, longest))
    stretch = 2.0 * max(longest, 64) / 64 - 1.0
    theta = config.rope_theta * stretch ** (16 / 14)
    angles = by_hand(positions, theta, 16)
    for found, expected in ((cos, np.cos(angles)), (sin, np.sin(angles))):
        assert np.abs(found.numpy() - np.tile(expected, 2)).max() < 2e-4


def test_tokens_inside_the_window_are_untouched_by_longer_ones_beside_them() -> None:
    rotary, positions = Rotary(replace(SMALL_QWEN, window=64)), torch.arange(10.0)
    plain = torch.stack(rotary(positions))
    longest = torch.tensor([64.0] * 5 + [65.0] * 5)
    mixed = torch.stack(rotary(positions, longest))
    assert mixed[:, :5].equal(plain[:, :5])
    assert not mixed[:, 5:].equal(plain[:, 5:])


@given(shift=st.integers(0, 1000), seed=st.integers(0, 1000))
def test_only_the_distance_counts(shift: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    q, k = torch.randn(2, 1, 1, 16, generator=generator)
    rotary = Rotary(SMALL_QWEN)

    def score(q_position: float, k_position: float) -> float:
        turned = (rotate(q, *rotary(torch.tensor([q_position]))),)
        return float((turned[0] * rotate(k, *rotary(torch.tensor([k_position])))).sum())

    assert score(7.25 + shift, 3.5 + shift) == pytest.approx(score(7.25, 3.5), abs=5e-3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.float64])
def test_positions_of_another_type_are_refused(dtype: torch.dtype) -> None:
    with pytest.raises(EngineError, match="float32"):
        Rotary(SMALL_QWEN)(torch.arange(3).to(dtype))


def test_the_length_of_each_packed_sequence_is_found() -> None:
    positions = torch.tensor([0.0, 0.5, 1.5, 0.0, 1.0, 2.0, 0.0])
    longest = longest_positions(positions, (3, 3, 1))
    assert longest.tolist() == [2.5, 2.5, 2.5, 3.0, 3.0, 3.0, 1.0]
