"""The vision encoder: tiles do not see each other; in training some skip a block."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from shuowen.model.config import VisionConfig
from shuowen.model.vision import VisionBlock, VisionEncoder
from tests.model.reference import SMALL_6B, SMALL_300M

BOTH_KINDS = pytest.mark.parametrize("config", [SMALL_300M, SMALL_6B], ids=["300M", "6B"])


def encoder(config: VisionConfig) -> VisionEncoder:
    torch.manual_seed(0)
    return VisionEncoder(config).eval()


def tiles(num_tiles: int, side_px: int = 56) -> Tensor:
    return torch.randn(num_tiles, 3, side_px, side_px, generator=torch.Generator().manual_seed(1))


@BOTH_KINDS
def test_a_tile_looks_the_same_whatever_stands_beside_it(config: VisionConfig) -> None:
    network, pixels = encoder(config), tiles(3)
    with torch.inference_mode():
        together = network(pixels)
        alone = torch.cat([network(tile[None]) for tile in pixels])
    assert together.shape == (3, 16, config.width)
    assert torch.allclose(together, alone, atol=1e-5)


@BOTH_KINDS
def test_every_patch_sees_every_other(config: VisionConfig) -> None:
    network, pixels = encoder(config), tiles(1)
    changed = pixels.clone()
    changed[..., -14:, -14:] += 1.0
    with torch.inference_mode():
        difference = (network(pixels) - network(changed)).abs().amax(-1)
    assert (difference > 0).all()


def test_only_the_6b_kind_norms_queries_and_has_no_bias_on_them() -> None:
    names = {
        kind: {name for name, _ in encoder(config).blocks[0].named_parameters()}
        for kind, config in (("300M", SMALL_300M), ("6B", SMALL_6B))
    }
    assert names["300M"] - names["6B"] == {"attention.qkv.bias", "norm1.bias", "norm2.bias"}
    assert names["6B"] - names["300M"] == {
        "attention.query_norm.weight",
        "attention.key_norm.weight",
    }


def test_the_stretched_embedding_is_computed_in_float32() -> None:
    network = encoder(SMALL_300M)
    torch.nn.init.normal_(network.position_embedding)
    rough = encoder(SMALL_300M).bfloat16()
    rough.load_state_dict(network.state_dict())
    network.load_state_dict(rough.state_dict())  # the same rounded weights in both
    with torch.inference_mode():
        exact, rounded = network._positions(6, 5), rough._positions(6, 5)
    assert exact.shape == (31, SMALL_300M.width)
    assert rounded.equal(exact.bfloat16())


def test_later_blocks_are_dropped_more_often() -> None:
    blocks = VisionEncoder(replace(SMALL_300M, depth=5, drop_path=0.4)).blocks
    assert [block.drop_path for block in blocks] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_dropped_tile_passes_a_block_unchanged_and_a_kept_one_changes_more() -> None:
    torch.manual_seed(0)
    block = VisionBlock(SMALL_300M, drop_path=0.25)
    torch.nn.init.zeros_(block.scale2)  # only the attention is left
    tile = torch.randn(1, 5, SMALL_300M.width)
    with torch.no_grad():
        change = block.eval()(tile) - tile
        changes = block.train()(tile.expand(400, -1, -1)) - tile
    is_kept = changes.abs().amax((1, 2)) > 0
    assert torch.allclose(changes[is_kept], change / 0.75, atol=1e-6)
    assert 0.65 < float(is_kept.float().mean()) < 0.85


def test_nothing_is_dropped_in_evaluation() -> None:
    network = encoder(replace(SMALL_300M, drop_path=0.9))
    with torch.inference_mode():
        assert network(tiles(2)).equal(network(tiles(2)))
