"""All layers in one call: bit for bit what they give one by one through the same kernels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from shuowen.model.internvl import InternVL
from shuowen.model.kernels.calls import Kernels, Spans
from shuowen.model.kernels.compile import load_kernels
from shuowen.model.layer_stack import LayerStack
from shuowen.model.parameters import init_weights
from shuowen.model.precision import Precision, Weights, quantise
from tests.model.test_precision import CONFIG

LOADED = load_kernels()
LANGUAGE, PAGE_TOKENS, NUM_PAGES = CONFIG.language, 32, 12


def made(weights: Weights) -> InternVL:
    model = InternVL(CONFIG)
    init_weights(model, seed=1)
    model.to(torch.bfloat16).eval()
    quantise(model, Precision(language=weights))
    return model


MODELS = {name: made(name) for name in ("bf16", "int8", "int4")} if LOADED else {}


def empty_cache() -> list[Tensor]:
    shape = (NUM_PAGES * PAGE_TOKENS, LANGUAGE.num_kv_heads, LANGUAGE.head_width)
    return [
        torch.randn(shape, generator=torch.Generator().manual_seed(layer)).bfloat16()
        for layer in range(LANGUAGE.num_layers)
    ]


class OneByOne:
    """The layers' own attention over the same cache."""

    def __init__(self, keys: list[Tensor], values: list[Tensor], slots: Tensor, spans: Spans):
        self.parts = (keys, values, slots, spans)

    def __call__(self, layer_index: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        keys, values, slots, spans = self.parts
        keys[layer_index].index_copy_(0, slots, k)
        values[layer_index].index_copy_(0, slots, v)
        kernels: Kernels | None = load_kernels()
        assert kernels is not None
        return kernels.attention(q, keys[layer_index], values[layer_index], spans, is_causal=True)


@pytest.mark.skipif(LOADED is None, reason="needs AVX512_BF16 and a C compiler")
@pytest.mark.parametrize("weights", ["bf16", "int8", "int4"])
@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60)), min_size=1, max_size=4),
    st.permutations(range(NUM_PAGES)),
)
@torch.no_grad()
def test_one_call_gives_the_layers_numbers(
    weights: Weights, sequences: list[tuple[int, int]], order: list[int]
) -> None:
    language = MODELS[weights].language
    new, ends = [n for n, _ in sequences], [n + before for n, before in sequences]
    pages = torch.tensor(order, dtype=torch.int32)[: len(new) * 2 + len(new)].view(len(new), 3)
    spans = Spans.of(new, ends, pages, PAGE_TOKENS)
    places = [
        int(row[t // PAGE_TOKENS]) * PAGE_TOKENS + t % PAGE_TOKENS
        for row, count, end in zip(pages, new, ends, strict=True)
        for t in range(end - count, end)
    ]
    slots = torch.tensor(places)
    x = torch.randn(len(places), LANGUAGE.width).bfloat16()
    positions = torch.arange(len(places), dtype=torch.float32) + 0.25
    keys, values, other_keys, other_values = (empty_cache() for _ in range(4))
    expected = language(x, positions, OneByOne(keys, values, slots, spans))
    stack = LayerStack.of(language, other_keys, other_values)
    assert stack is not None and len(x) <= stack.max_tokens
    cos, sin = (each.bfloat16() for each in language.rotary(positions))
    actual = language.norm(stack.run(x, cos, sin, slots, spans))
    assert torch.equal(actual, expected)
    assert all(map(torch.equal, keys + values, other_keys + other_values))


def test_other_types_have_no_stack() -> None:
    plain = InternVL(CONFIG)
    assert LayerStack.of(plain.language, empty_cache(), empty_cache()) is None
    plain.to(torch.bfloat16)
    assert LayerStack.of(plain.language, empty_cache(), empty_cache()) is None
