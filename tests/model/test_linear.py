"""Linear layers of fewer bits: how near they come, and that no path differs from another."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from shuowen.model import linear as layers
from shuowen.model.linear import (
    Bf16Linear,
    DynamicInt8Linear,
    FusedLinear,
    Int4Linear,
    Int8Linear,
    QuantisedLinear,
)

WIDTH, NUM_COLUMNS = 256, 80
KINDS = [Int8Linear, Int4Linear, DynamicInt8Linear]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def filled(made: type[QuantisedLinear], dtype: torch.dtype = torch.bfloat16) -> QuantisedLinear:
    module = made(WIDTH, NUM_COLUMNS, True)
    weight = drawn(NUM_COLUMNS, WIDTH, seed=1).to(dtype)
    module.set_weight(weight, drawn(NUM_COLUMNS, seed=2).to(dtype))
    return module


def relative_error(actual: Tensor, expected: Tensor) -> float:
    return ((actual.float() - expected.float()).norm() / expected.float().norm()).item()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-4, 1e4))
def test_eight_bits_are_off_by_half_a_step_at_most(seed: int, size: float) -> None:
    weight = drawn(5, 64, seed=seed) * size
    q, scale = Int8Linear.quantised(weight)
    assert q.abs().max() == 127
    assert ((q * scale[:, None] - weight).abs() <= scale[:, None] * 0.501).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-4, 1e4))
def test_four_bits_are_off_by_few_steps(seed: int, size: float) -> None:
    weight = drawn(5, 128, seed=seed) * size
    module = Int4Linear(128, 5, False)
    module.set_weight(weight, None)
    step = module.scale.float().abs().repeat_interleave(32, 1)
    # Half a step, or more for the largest, where cutting it off helps all others.
    assert ((module.dequantised(torch.float32) - weight).abs() <= step * 2.6).all()


@torch.no_grad()
@pytest.mark.parametrize("made", [*KINDS, Bf16Linear])
def test_no_rows_give_no_results(
    made: type[QuantisedLinear], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "dequantised", None, raising=False)  # must not be needed
    module = made(WIDTH, NUM_COLUMNS, False).bfloat16()
    assert module(torch.empty(0, WIDTH, dtype=torch.bfloat16)).shape == (0, NUM_COLUMNS)


def test_rows_of_zeros_stay_zeros() -> None:
    for made in (Int8Linear, Int4Linear):
        module = made(128, 3, False)
        module.set_weight(torch.zeros(3, 128), None)
        assert (module.dequantised(torch.float32) == 0).all()


@pytest.mark.parametrize(
    ("made", "most"), [(Int8Linear, 0.01), (Int4Linear, 0.09), (DynamicInt8Linear, 0.015)]
)
@pytest.mark.parametrize("num_rows", [1, 7, 100])
def test_results_come_near_those_of_all_bits(
    made: type[QuantisedLinear], most: float, num_rows: int
) -> None:
    x = drawn(2, num_rows, WIDTH, seed=3).bfloat16()
    exact = x.float() @ drawn(NUM_COLUMNS, WIDTH, seed=1).T + drawn(NUM_COLUMNS, seed=2)
    actual = filled(made)(x)
    assert actual.shape == exact.shape and actual.dtype == torch.bfloat16
    assert relative_error(actual, exact) < most


@pytest.mark.parametrize("made", KINDS)
def test_without_kernels_the_results_are_the_same(
    made: type[QuantisedLinear], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, x = filled(made), drawn(3, WIDTH, seed=3).bfloat16()
    with_kernels = module(x)
    monkeypatch.setattr(layers, "load_kernels", lambda: None)
    assert relative_error(module(x), with_kernels) < 0.01


@pytest.mark.parametrize("made", KINDS)
def test_other_types_than_bfloat16_work(made: type[QuantisedLinear]) -> None:
    module, x = filled(made, torch.float32), drawn(3, WIDTH, seed=3)
    exact = x @ module.dequantised(torch.float32).T + drawn(NUM_COLUMNS, seed=2)
    assert module(x).dtype == torch.float32
    assert relative_error(module(x), exact) < 0.01


@torch.no_grad()
def test_what_is_no_number_is_not_hidden() -> None:
    x = drawn(3, WIDTH).bfloat16()
    x[1, 7] = torch.nan
    out = filled(DynamicInt8Linear)(x)
    assert out[1].isnan().all() and out[0].isfinite().all() and out[2].isfinite().all()


@torch.no_grad()
@pytest.mark.parametrize("made", KINDS)
def test_any_number_of_columns_works(made: type[QuantisedLinear]) -> None:
    module = made(WIDTH, 83, False)
    module.set_weight(drawn(83, WIDTH, seed=1).bfloat16(), None)
    x = drawn(70, WIDTH, seed=3).bfloat16()
    exact = x.float() @ module.dequantised(torch.float32).T
    assert relative_error(module(x), exact) < 0.02


@torch.no_grad()
@pytest.mark.parametrize("made", KINDS)
def test_a_module_that_was_cast_is_not_read_as_what_it_was(made: type[QuantisedLinear]) -> None:
    module, x = filled(made), drawn(3, WIDTH, seed=3).bfloat16()
    before = module(x)
    assert relative_error(module.to(torch.float16).to(torch.bfloat16)(x), before) < 0.02


@pytest.mark.parametrize("made", [Int8Linear, Int4Linear])
def test_weights_are_unpacked_alike_with_and_without_kernels(
    made: type[QuantisedLinear], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = filled(made)
    unpacked = module.dequantised(torch.bfloat16)
    assert torch.equal(unpacked, module.dequantised(torch.float32).bfloat16())
    monkeypatch.setattr(layers, "load_kernels", lambda: None)
    assert torch.equal(unpacked, module.dequantised(torch.bfloat16))


@torch.no_grad()
def test_what_follows_in_one_pass_is_what_follows() -> None:
    plain = nn.Linear(WIDTH, NUM_COLUMNS).bfloat16()
    module = FusedLinear(WIDTH, NUM_COLUMNS).bfloat16()
    module.load_state_dict(plain.state_dict())
    x = drawn(2, 70, WIDTH, seed=3).bfloat16()
    assert relative_error(module(x), plain(x)) < 0.005
    if module.can_fuse(x):
        assert relative_error(module.gelu(x), nn.functional.gelu(plain(x))) < 0.005
    assert not module.can_fuse(x.float())


def test_bfloat16_keeps_its_parameters_and_its_gradients() -> None:
    plain = nn.Linear(WIDTH, NUM_COLUMNS).bfloat16()
    module = Bf16Linear(WIDTH, NUM_COLUMNS).bfloat16()
    module.load_state_dict(plain.state_dict())
    x = drawn(4, WIDTH).bfloat16()
    with torch.no_grad():
        assert relative_error(module(x), plain(x)) < 0.005
    module(x.requires_grad_()).sum().backward()
    assert x.grad is not None and module.weight.grad is not None
