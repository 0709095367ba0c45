"""Steps through the kernels give what the plain steps give, to the rounding of bfloat16."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from shuowen.model import inference
from shuowen.model.inference import (
    KernelRMSNorm,
    kernel_attend_all,
    kernel_rotate,
    kernel_swiglu,
    use_kernels,
)
from shuowen.model.internvl import InternVL
from shuowen.model.language import swiglu
from shuowen.model.norms import RMSNorm
from shuowen.model.parameters import init_weights
from shuowen.model.rope import rotate
from shuowen.model.vision import attend_all
from tests.model.test_precision import CONFIG, logits


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).bfloat16()


def assert_near(actual: Tensor, expected: Tensor) -> None:
    assert actual.shape == expected.shape and actual.dtype == expected.dtype
    error = (actual.float() - expected.float()).abs().max().item()
    assert error <= 2**-6 * expected.float().abs().max().item()


def norm_of(made: type[RMSNorm]) -> Callable[[Tensor], Tensor]:
    module = made(96, 1e-6).bfloat16()
    module.weight.data.copy_(drawn(96))
    return module


ANGLES = torch.rand(7, 64) * 6
STEPS = [
    (norm_of(KernelRMSNorm), norm_of(RMSNorm), (drawn(7, 96, seed=1),)),
    (norm_of(KernelRMSNorm), norm_of(RMSNorm), (drawn(2, 1, 96, seed=1) * 1e3,)),
    (kernel_swiglu, swiglu, (drawn(7, 128, seed=1) * 20,)),
    (
        kernel_rotate,
        rotate,
        # Queries and keys are a part of wider rows.
        (drawn(7, 6, 64, seed=1)[:, :5], ANGLES.cos().bfloat16(), ANGLES.sin().bfloat16()),
    ),
    (kernel_attend_all, attend_all, tuple(drawn(3, 2, 40, 3, 64, seed=1))),
    (kernel_attend_all, attend_all, tuple(drawn(3, 2, 40, 3, 64, seed=1).unsqueeze(-1)[..., 0])),
]
NAMES = ["rms_norm", "rms_norm large", "swiglu", "rotate", "attend", "attend, odd strides"]


@torch.no_grad()
@pytest.mark.parametrize(("fast", "plain", "inputs"), STEPS, ids=NAMES)
def test_a_step_gives_what_the_plain_one_gives(
    fast: Callable[..., Tensor], plain: Callable[..., Tensor], inputs: tuple[Tensor, ...]
) -> None:
    assert_near(fast(*inputs), plain(*inputs))


@torch.no_grad()
@pytest.mark.parametrize(("fast", "plain", "inputs"), STEPS, ids=NAMES)
def test_other_types_and_missing_kernels_go_the_plain_way(
    fast: Callable[..., Tensor],
    plain: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inference, "load_kernels", lambda: None)
    assert torch.equal(fast(*inputs), plain(*inputs))
    monkeypatch.undo()
    exact = [x.float() for x in inputs]
    assert torch.equal(fast(*exact), plain(*exact))


def test_gradients_go_the_plain_way() -> None:
    x = drawn(4, 96).requires_grad_()
    module = KernelRMSNorm(96, 1e-6).bfloat16()
    module(x).sum().backward()
    assert x.grad is not None and module.weight.grad is not None


def test_a_whole_model_keeps_its_logits_and_its_parameters() -> None:
    model = InternVL(CONFIG)
    init_weights(model, seed=1)
    model.to(torch.bfloat16).eval()
    fast = copy.deepcopy(model)
    use_kernels(fast)
    assert list(fast.state_dict()) == list(model.state_dict())
    exact, actual = logits(model), logits(fast)
    assert ((actual - exact).norm() / exact.norm()).item() < 0.02
