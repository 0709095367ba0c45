"""The joined network: placeholders, packing, positions, gradients."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from shuowen.errors import EngineError
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from tests.model.reference import FAMILIES, PLACEHOLDER

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)


def make_model(family: str = "300M and Qwen") -> InternVL:
    model = InternVL(FAMILIES[family])
    init_weights(model, seed=0)
    with torch.no_grad():
        for parameter in model.language.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6.0)  # so that the few layers say something
    return model


@cache
def model() -> InternVL:
    return make_model().eval()


def answer(token_ids: list[int], positions: Tensor | None = None) -> Tensor:
    if positions is None:
        positions = torch.arange(len(token_ids), dtype=torch.float32)
    with torch.no_grad():
        logits: Tensor = model()(torch.tensor(token_ids), positions, (len(token_ids),))
    return logits


TEXT = st.lists(st.integers(0, PLACEHOLDER - 1), min_size=1, max_size=12)


@settings(max_examples=25)
@given(texts=st.lists(TEXT, min_size=2, max_size=4))
def test_packing_changes_no_answer(texts: list[list[int]]) -> None:
    lengths = [len(text) for text in texts]
    positions = torch.cat([torch.arange(length, dtype=torch.float32) for length in lengths])
    with torch.no_grad():
        packed = model()(torch.tensor(sum(texts, [])), positions, lengths)
    assert torch.allclose(packed, torch.cat([answer(text) for text in texts]), atol=1e-5)


@settings(max_examples=25)
@given(text=TEXT, more=TEXT)
def test_what_comes_later_changes_nothing_before(text: list[int], more: list[int]) -> None:
    assert torch.allclose(answer(text + more)[: len(text)], answer(text), atol=1e-5)


def test_the_longer_sequence_of_a_pack_is_told_by_its_positions() -> None:
    ids, positions = list(range(20)), torch.arange(20.0)
    near, far = answer(ids, positions), answer(ids, positions + 600)
    # Beyond the window of 512 the frequencies change, so that distances look different.
    assert not torch.allclose(near, far, atol=1e-2)
    assert torch.allclose(near, answer(ids, positions + 400), atol=1e-2)


def test_a_bfloat16_model_tells_far_positions_apart() -> None:
    ids, positions = list(range(20)), torch.arange(20.0)
    rough = make_model().bfloat16().eval()
    with torch.no_grad():
        near = rough(torch.tensor(ids), positions, (20,)).float()
        far = rough(torch.tensor(ids), positions + 480, (20,)).float()
    # In bfloat16 positions 480 to 499 would be ten, each twice.
    assert float((near - far).std() / near.std()) < 0.02


def test_visual_tokens_take_the_places_of_their_placeholders_in_order() -> None:
    width = model().config.language.width
    ids = torch.tensor([3, PLACEHOLDER, 4, PLACEHOLDER])
    visual = torch.arange(2.0 * width).reshape(2, width)
    with torch.no_grad():
        embeds = model().embed(ids, ids == PLACEHOLDER, visual)
        plain = model().embed(ids, None, None)
    assert embeds[1::2].equal(visual)
    assert embeds[::2].equal(plain[::2])
    assert plain.equal(model().language.embedding.weight[ids])


@pytest.mark.parametrize("num_visual", [None, 0, 1, 3])
def test_too_many_or_few_visual_tokens_are_refused(num_visual: int | None) -> None:
    ids = torch.tensor([PLACEHOLDER, PLACEHOLDER])
    visual = None if num_visual is None else torch.zeros(num_visual, 64)
    with pytest.raises(EngineError, match=f"{num_visual or 0} visual tokens for 2 placeholders"):
        model().embed(ids, ids == PLACEHOLDER, visual)


def test_visual_tokens_without_placeholders_are_refused() -> None:
    with pytest.raises(EngineError, match="4 visual tokens for 0 placeholders"):
        model()(torch.tensor([1]), torch.zeros(1), (1,), pixels_MCHW=torch.zeros(1, 3, 56, 56))


def test_lengths_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(EngineError, match="4 tokens expected, 3 given"):
        model()(torch.tensor([1, 2, 3]), torch.arange(3.0), (2, 2))


def gradients(network: InternVL, recompute: bool) -> dict[str, Tensor]:
    ids = torch.tensor([1, *[PLACEHOLDER] * 4, 2, 3, 4, 5])
    network.zero_grad()
    logits = network(
        ids,
        torch.arange(9.0),
        (6, 3),
        ids == PLACEHOLDER,
        torch.randn(1, 3, 56, 56, generator=torch.Generator().manual_seed(0)),
        recompute_activations=recompute,
    )
    torch.nn.functional.cross_entropy(logits[:-1], ids[1:]).backward()
    return {name: value.grad.clone() for name, value in network.named_parameters()}


@EVERY_FAMILY
def test_every_weight_learns_and_recomputing_changes_no_gradient(family: str) -> None:
    network = make_model(family).train()
    with torch.inference_mode():  # what it keeps from here must not get in the way of training
        network(torch.tensor([1, 2]), torch.arange(2.0), (2,))
    kept, recomputed = gradients(network, False), gradients(network, True)
    assert all(grad.abs().max() > 0 for grad in kept.values())
    assert all(torch.equal(kept[name], recomputed[name]) for name in kept)


def test_logits_of_some_rows_are_those_of_all() -> None:
    ids, positions = torch.tensor([1, 2, 3, 4, 5, 6]), torch.tensor([0.0, 1, 2, 0, 1, 2])
    rows = torch.tensor([5, 0, 3])
    with torch.no_grad():
        every = model()(ids, positions, (3, 3))
        some = model()(ids, positions, (3, 3), rows_N=rows)
    assert torch.allclose(some, every[rows], atol=1e-5)


def test_a_process_without_pictures_can_run_the_same_blocks() -> None:
    network = make_model().train()
    ids, positions = torch.tensor([1, 2, 3]), torch.arange(3.0)
    plain = network(ids, positions, (3,))
    network.runs_vision_always = True
    busy = network(ids, positions, (3,))
    assert torch.equal(plain, busy)
    busy.sum().backward()
    assert all(parameter.grad is not None for parameter in network.vision.parameters())
    assert not any(parameter.grad.any() for parameter in network.vision.parameters())
