"""Which weights go where, and what Muon makes of a matrix."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.train.muon import Muon, orthogonal
from shuowen.train.optimiser import Optimiser
from shuowen.train.options import OptimiserOptions
from tests.train.test_flops import CONFIG


def small_model() -> InternVL:
    model = InternVL(CONFIG)
    init_weights(model, 0)
    return model


def with_gradients(model: InternVL) -> InternVL:
    generator = torch.Generator().manual_seed(3)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    return model


@pytest.mark.parametrize("shape", [(8, 8), (4, 24), (30, 6)])
def test_muon_makes_singular_values_alike(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    (update,) = orthogonal([torch.randn(shape, generator=generator)])
    values = torch.linalg.svdvals(update) / (0.2 * max(shape) ** 0.5)
    assert values.min() > 0.5
    assert values.max() < 1.35


def test_muon_gives_updates_of_the_usual_size_of_adamw() -> None:
    (update,) = orthogonal([torch.randn(64, 64, generator=torch.Generator().manual_seed(0))])
    assert update.square().mean().sqrt() == pytest.approx(0.2, abs=0.04)


def test_fused_matrices_are_taken_one_by_one() -> None:
    fused = nn.Parameter(torch.zeros(6, 4))
    fused.grad = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    alone = [nn.Parameter(torch.zeros(each, 4)) for each in (2, 4)]
    for parameter, gradient in zip(alone, fused.grad.split([2, 4]), strict=True):
        parameter.grad = gradient.clone()
    pairs = [[(fused, (2, 4))], [(alone[0], (2,)), (alone[1], (4,))]]
    for matrices in pairs:
        Muon(matrices, lr=0.1, weight_decay=0.1, momentum=0.9).step()
    assert torch.equal(fused, torch.cat(alone))
    assert fused.any()


def test_muon_takes_the_matrices_inside_and_nothing_else() -> None:
    model = with_gradients(small_model())
    optimiser = Optimiser(model, OptimiserOptions(name="muon"))
    kinds = {name.rpartition(".")[2] for name in optimiser.tensors()}
    assert kinds == {"momentum_buffer", "step", "exp_avg", "exp_avg_sq"}
    by_muon = {
        name.removesuffix(".momentum_buffer")
        for name in optimiser.tensors()
        if name.endswith("momentum_buffer")
    }
    assert "language.layers.0.attention.qkv.weight" in by_muon
    assert "vision.blocks.1.mlp.up.weight" in by_muon
    assert "projector.linear1.weight" in by_muon
    for name in ("language.embedding.weight", "language.head.weight", "vision.patch.weight",
                 "vision.position_embedding", "language.norm.weight"):  # fmt: skip
        assert name not in by_muon


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_moments_that_are_put_back_give_the_same_steps(name: str) -> None:
    options = OptimiserOptions(name=name, lr=1e-2)  # type: ignore[arg-type]
    first, second = small_model(), small_model()
    one, other = Optimiser(first, options), Optimiser(second, options)
    with_gradients(first)
    one.step(1.0)
    second.load_state_dict(first.state_dict())
    for kind, values in one.tensors().items():
        other.tensors()[kind].copy_(values)
    for model, optimiser in ((first, one), (second, other)):
        with_gradients(model)
        optimiser.step(0.5)
        assert all(parameter.grad is None for parameter in optimiser.parameters)
    for left, right in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(left, right)


def test_frozen_weights_stay_and_vectors_do_not_decay() -> None:
    model = small_model()
    model.vision.requires_grad_(False)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)
    Optimiser(model, OptimiserOptions(lr=0.1, weight_decay=0.5)).step(1.0)
    after = model.state_dict()
    assert torch.equal(after["vision.patch.weight"], before["vision.patch.weight"])
    assert torch.equal(after["language.norm.weight"], before["language.norm.weight"])
    head = "language.head.weight"
    assert torch.allclose(after[head], before[head] * 0.95)


def test_long_gradients_are_shortened() -> None:
    model = with_gradients(small_model())
    optimiser = Optimiser(model, OptimiserOptions(clip_norm=1.0))
    length = optimiser.clip()
    assert length > 10
    assert optimiser.clip() == pytest.approx(1.0, abs=1e-3)
    free = Optimiser(with_gradients(small_model()), OptimiserOptions(clip_norm=0.0))
    assert free.clip() == free.clip() == pytest.approx(length)
