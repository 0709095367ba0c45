"""Our network against Hugging Face transformers': equal weights, equal answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from shuowen.model.config import CONFIGS, RopeScaling
from shuowen.prompt.positions import visual_positions
from tests.model.reference import FAMILIES, PLACEHOLDER, Twins, make_twins

TOLERANCE = 1e-4
TOKENS_PER_TILE = 4
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)


@cache
def twins(family: str, window: int | None = None) -> Twins:
    """The twins of a family, with another window where given."""
    config = FAMILIES[family]
    if window is not None:
        config = replace(config, language=replace(config.language, window=window))
    return make_twins(config)


def text(num_tokens: int, seed: int = 1) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, PLACEHOLDER, (num_tokens,), generator=generator).tolist()


def tiles(num_tiles: int, seed: int = 2, side_px: int = 56) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_tiles, 3, side_px, side_px, generator=generator)


def prompt(*tiles_of_images: int) -> list[int]:
    """Text around pictures of so many tiles."""
    token_ids = text(5)
    for number, num_tiles in enumerate(tiles_of_images):
        token_ids += [PLACEHOLDER] * num_tiles * TOKENS_PER_TILE + text(6, seed=number + 10)
    return token_ids


def difference(left: Tensor, right: Tensor) -> float:
    assert left.shape == right.shape
    return float((left - right).abs().max())


@EVERY_FAMILY
def test_logits_of_text_are_those_of_transformers(family: str) -> None:
    both, token_ids = twins(family), text(40)
    theirs = both.their_logits(token_ids)
    assert theirs.std() > 0.5
    assert difference(both.our_logits(token_ids), theirs) < TOLERANCE


@EVERY_FAMILY
@pytest.mark.parametrize("images", [(1,), (3,), (2, 1, 3)], ids=["tile", "thumbnail", "several"])
def test_logits_after_images_are_those_of_transformers(family: str, images: tuple[int]) -> None:
    both, token_ids, pixels = twins(family), prompt(*images), tiles(sum(images))
    theirs = both.their_logits(token_ids, pixel_values=pixels)
    assert difference(both.our_logits(token_ids, pixels), theirs) < TOLERANCE
    blind = both.our_logits(token_ids, torch.zeros_like(pixels))
    assert difference(blind, theirs) > 100 * TOLERANCE


@EVERY_FAMILY
def test_packed_sequences_answer_as_they_do_alone(family: str) -> None:
    both, first, second = twins(family), prompt(2), prompt(1, 1)
    pixels = tiles(4)
    ours = both.our_logits(first + second, pixels, lengths=(len(first), len(second)))
    theirs = torch.cat(
        (
            both.their_logits(first, pixel_values=pixels[:2]),
            both.their_logits(second, pixel_values=pixels[2:]),
        )
    )
    assert difference(ours, theirs) < TOLERANCE


@EVERY_FAMILY
def test_64_greedy_tokens_are_those_of_transformers(family: str) -> None:
    both, token_ids, pixels = twins(family), prompt(3), tiles(3)
    with torch.inference_mode():
        answer = both.theirs.generate(
            input_ids=torch.tensor([token_ids]),
            attention_mask=torch.ones(1, len(token_ids), dtype=torch.long),
            pixel_values=pixels,
            max_new_tokens=64,
            do_sample=False,
            pad_token_id=0,
        )[0, len(token_ids) :].tolist()
    ours = greedy(lambda ids: both.our_logits(ids, pixels), token_ids, 64)
    assert ours == answer
    assert len(set(answer)) > 5


def greedy(logits: Callable[[list[int]], Tensor], token_ids: list[int], count: int) -> list[int]:
    """The reference loop: everything anew for every token, so that no cache can be at fault."""
    all_ids = list(token_ids)
    for _ in range(count):
        all_ids.append(int(logits(all_ids)[-1].argmax()))
    return all_ids[len(token_ids) :]


@EVERY_FAMILY
@pytest.mark.parametrize("num_tokens", [63, 64, 65, 200])
def test_beyond_the_window_positions_stretch_as_in_transformers(
    family: str, num_tokens: int
) -> None:
    both, token_ids = twins(family, window=64), text(num_tokens)
    ours = both.our_logits(token_ids)
    assert difference(ours, both.their_logits(token_ids)) < TOLERANCE
    is_stretched = difference(ours, twins(family).our_logits(token_ids)) > TOLERANCE
    assert is_stretched == (num_tokens > 64)


def test_only_the_sequence_beyond_the_window_stretches_in_a_pack() -> None:
    both = twins("300M and Qwen", window=64)
    first, second, third = text(30), text(100, seed=5), text(80, seed=6)
    ours = both.our_logits(first + second + third, lengths=(30, 100, 80))
    theirs = torch.cat([both.their_logits(each) for each in (first, second, third)])
    assert difference(ours, theirs) < TOLERANCE


def test_without_scaling_nothing_stretches() -> None:
    config = FAMILIES["300M and Qwen"]
    language = replace(config.language, window=64, rope_scaling=None)
    both, token_ids = make_twins(replace(config, language=language)), text(100)
    assert difference(both.our_logits(token_ids), both.their_logits(token_ids)) < TOLERANCE


@EVERY_FAMILY
@pytest.mark.parametrize("step", [0.5, 1 / 256])
def test_fractional_positions_are_those_of_transformers(family: str, step: float) -> None:
    both, token_ids, pixels = twins(family), prompt(3, 2), tiles(5)
    positions = torch.from_numpy(visual_positions(np.array(token_ids) == PLACEHOLDER, step))
    theirs = both.their_logits(
        token_ids,
        pixel_values=pixels,
        position_ids=positions[None],
        attention_mask=torch.ones(1, len(token_ids), dtype=torch.long),
    )
    ours = both.our_logits(token_ids, pixels, positions=positions)
    assert difference(ours, theirs) < TOLERANCE
    assert difference(ours, both.our_logits(token_ids, pixels)) > TOLERANCE


@EVERY_FAMILY
def test_a_step_of_one_gives_every_bit_of_integer_positions(family: str) -> None:
    both, token_ids, pixels = twins(family), prompt(3, 2), tiles(5)
    positions = torch.from_numpy(visual_positions(np.array(token_ids) == PLACEHOLDER, 1.0))
    integers = torch.arange(len(token_ids)).float()
    ours = both.our_logits(token_ids, pixels, positions=positions)
    assert ours.equal(both.our_logits(token_ids, pixels, positions=integers))


@pytest.mark.parametrize("family", ["300M and Qwen", "6B and Qwen"])
def test_a_tile_of_another_size_gets_the_embedding_of_transformers(family: str) -> None:
    both, pixels = twins(family), tiles(2, side_px=84)
    with torch.inference_mode():
        theirs = both.theirs.model.vision_tower(pixels).last_hidden_state[:, 1:]
        ours = both.ours.vision(pixels)
    assert ours.shape == (2, 36, both.ours.config.vision.width)
    assert difference(ours, theirs) < TOLERANCE


@EVERY_FAMILY
def test_bfloat16_stays_near_float32(family: str) -> None:
    both = make_twins(FAMILIES[family])
    token_ids, pixels = prompt(2), tiles(2)
    exact = both.our_logits(token_ids, pixels)
    both.ours.bfloat16()
    rough = both.our_logits(token_ids, pixels)
    assert rough.dtype == torch.bfloat16
    error = (rough.float() - exact).std() / exact.std()
    print(f"{family}: bfloat16 differs by {float(error):.4f} of the logits' spread")
    assert 0 < error < 0.05


@pytest.mark.slow
def test_the_real_1b_geometry_is_that_of_transformers() -> None:
    config = CONFIGS["1B"]
    assert config.language.rope_scaling == RopeScaling(factor=2.0)
    both = make_twins(config)
    token_ids = text(20) + [PLACEHOLDER] * config.visual_tokens_per_tile + text(20, seed=3)
    pixels = tiles(1, side_px=448)
    theirs = both.their_logits(token_ids, pixel_values=pixels)
    ours = both.our_logits(token_ids, pixels)
    relative = difference(ours, theirs) / float(theirs.abs().max())
    print(f"largest difference {relative:.2e} of the largest logit {float(theirs.abs().max()):.2f}")
    assert relative < 1e-3
    assert ours.argmax(-1).equal(theirs.argmax(-1))
