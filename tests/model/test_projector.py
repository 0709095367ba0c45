"""Pixel unshuffle keeps the released order of tokens and channels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from shuowen.errors import EngineError
from shuowen.model.projector import pixel_unshuffle


def released(features_MPC: Tensor) -> Tensor:
    """The steps of the released code, version 2, as the model's facts describe them."""
    num_tiles, num_patches, width = features_MPC.shape
    side = int(num_patches**0.5)
    x = features_MPC.reshape(num_tiles, side, side // 2, width * 2)
    x = x.permute(0, 2, 1, 3).reshape(num_tiles, side // 2, side // 2, width * 4)
    return x.permute(0, 2, 1, 3).reshape(num_tiles, num_patches // 4, width * 4)


@given(num_tiles=st.integers(1, 3), blocks=st.integers(1, 4), width=st.integers(1, 5))
def test_tokens_are_those_of_the_released_steps(num_tiles: int, blocks: int, width: int) -> None:
    num_patches = (2 * blocks) ** 2
    features = torch.arange(num_tiles * num_patches * width).reshape(num_tiles, num_patches, width)
    assert pixel_unshuffle(features, 2).equal(released(features))


def test_a_token_is_a_block_of_four_patches() -> None:
    tokens = pixel_unshuffle(torch.arange(16).reshape(1, 16, 1), 2)[0].tolist()
    assert tokens == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


@pytest.mark.parametrize("num_patches", [15, 9, 8])
def test_patches_that_make_no_square_are_refused(num_patches: int) -> None:
    with pytest.raises(EngineError, match=f"{num_patches} patches"):
        pixel_unshuffle(torch.zeros(1, num_patches, 3), 2)
