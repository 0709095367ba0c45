"""The C kernels against plain arithmetic in float32, where this processor can run them."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from shuowen.model.kernels.calls import Kernels, Spans
from shuowen.model.kernels.compile import load_kernels
from shuowen.model.linear import Int4Linear, Int8Linear

LOADED = load_kernels()
pytestmark = pytest.mark.skipif(LOADED is None, reason="needs AVX512_BF16 and a C compiler")

ROUNDING = 2**-7  # of bfloat16 results, relative to the largest


def kernels() -> Kernels:
    assert LOADED is not None
    return LOADED


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).bfloat16()


def assert_near(actual: Tensor, expected: Tensor) -> None:
    error = (actual.float() - expected).abs().max().item()
    assert error <= ROUNDING * max(expected.abs().max().item(), 1e-3)


@pytest.mark.parametrize("num_rows", range(1, 20))
@pytest.mark.parametrize(("width", "num_columns"), [(64, 3), (192, 130), (4992, 66)])
def test_bfloat16_rows(num_rows: int, width: int, num_columns: int) -> None:
    x, weight, bias = drawn(num_rows, width), drawn(num_columns, width, seed=1), drawn(num_columns)
    expected = x.float() @ weight.float().T + bias.float()
    assert_near(kernels().linear("bf16", x, weight, None, bias, num_columns), expected)
    assert_near(
        kernels().linear("bf16", x, weight, None, None, num_columns), expected - bias.float()
    )


@pytest.mark.parametrize("made", [Int8Linear, Int4Linear])
@pytest.mark.parametrize("num_rows", [*range(1, 10), 17])
@pytest.mark.parametrize(("width", "num_columns"), [(64, 3), (192, 130), (4992, 66)])
def test_quantised_rows(
    made: type[Int8Linear] | type[Int4Linear], num_rows: int, width: int, num_columns: int
) -> None:
    linear = made(width, num_columns, has_bias=True)
    linear.set_weight(drawn(num_columns, width), drawn(num_columns, seed=2))
    x = drawn(num_rows, width, seed=3)
    assert linear.bias is not None
    expected = x.float() @ linear.dequantised(torch.float32).T + linear.bias.float()
    actual = kernels().linear(made.kind, x, linear.weight, linear.scale, linear.bias, num_columns)
    assert_near(actual, expected)


def test_rows_are_quantised_each_by_its_own_scale() -> None:
    x = drawn(5, 64) * torch.tensor([1e-3, 1.0, 1e3, 0.0, 7.0])[:, None].bfloat16()
    q, scale = kernels().quantise_rows(x)
    assert torch.equal(scale, x.float().abs().amax(1) / 127)
    assert ((q.float() * scale[:, None] - x.float()).abs() <= scale[:, None] / 2 + 1e-9).all()


def test_sums_are_scaled_by_row_and_column() -> None:
    sums = torch.randint(-(10**6), 10**6, (3, 48), dtype=torch.int32)
    rows, columns, bias = torch.rand(3), torch.rand(48), drawn(48)
    expected = sums * rows[:, None] * columns + bias.float()
    actual = torch.empty(3, 48, dtype=torch.bfloat16)
    kernels().scale_sums(sums, rows, columns, bias, actual)
    assert_near(actual, expected)


def reference(q_THW: Tensor, k_KGW: Tensor, v_KGW: Tensor, mask: Tensor) -> Tensor:
    """Softmax attention of one sequence, in float32."""
    group = q_THW.shape[1] // k_KGW.shape[1]
    k, v = (x.float().repeat_interleave(group, 1) for x in (k_KGW, v_KGW))
    scores = torch.einsum("thw,khw->htk", q_THW.float(), k) / q_THW.shape[2] ** 0.5
    return torch.einsum("htk,khw->thw", scores.masked_fill(~mask, -torch.inf).softmax(-1), v)


def expected_attention(
    q: Tensor, k: Tensor, v: Tensor, queries: list[int], keys: list[int], is_causal: bool
) -> Tensor:
    parts = []
    for q_one, k_one, v_one in zip(q.split(queries), k.split(keys), v.split(keys), strict=True):
        mask = torch.ones(len(q_one), len(k_one), dtype=torch.bool)
        if is_causal:
            mask = mask.tril(len(k_one) - len(q_one))
        parts.append(reference(q_one, k_one, v_one, mask))
    return torch.cat(parts)


lengths = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([0, 1, 31, 32, 33, 255, 256, 300])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(lengths, st.sampled_from([(4, 4, 64), (14, 2, 64), (6, 1, 128)]), st.booleans())
def test_attention_of_sequences_in_a_row(
    spans: list[tuple[int, int]], heads: tuple[int, int, int], is_causal: bool
) -> None:
    num_heads, kv_heads, width = heads
    queries, keys = [new for new, _ in spans], [new + before for new, before in spans]
    q = drawn(sum(queries), num_heads, width)
    k, v = drawn(sum(keys), kv_heads, width, seed=1), drawn(sum(keys), kv_heads, width, seed=2)
    actual = kernels().attention(q, k, v, Spans.of(queries, keys), is_causal=is_causal)
    assert_near(actual, expected_attention(q, k, v, queries, keys, is_causal))


@settings(max_examples=20, deadline=None)
@given(lengths, st.permutations(range(60)))
def test_attention_over_pages(spans: list[tuple[int, int]], order: list[int]) -> None:
    page_tokens, width = 32, 64
    queries, keys = [new for new, _ in spans], [new + before for new, before in spans]
    q = drawn(sum(queries), 4, width)
    k, v = drawn(sum(keys), 2, width, seed=1), drawn(sum(keys), 2, width, seed=2)
    pool_k, pool_v = drawn(60 * page_tokens, 2, width), drawn(60 * page_tokens, 2, width)
    tables, free = [], iter(order)
    for k_one, v_one in zip(k.split(keys), v.split(keys), strict=True):
        pages = list(itertools.islice(free, -(-len(k_one) // page_tokens)))
        tables.append(pages)
        for page, k_page, v_page in zip(
            pages, k_one.split(page_tokens), v_one.split(page_tokens), strict=True
        ):
            begin = page * page_tokens
            pool_k[begin : begin + len(k_page)], pool_v[begin : begin + len(v_page)] = (
                k_page,
                v_page,
            )
    longest = max(map(len, tables))
    padded = [pages + [0] * (longest - len(pages)) for pages in tables]
    layout = Spans.of(queries, keys, torch.tensor(padded, dtype=torch.int32), page_tokens)
    actual = kernels().attention(q, pool_k, pool_v, layout, is_causal=True)
    assert_near(actual, expected_attention(q, k, v, queries, keys, is_causal=True))


def test_what_is_no_number_is_not_hidden() -> None:
    q, k = drawn(4, 2, 64), drawn(4, 2, 64)
    k[1] = torch.nan
    out = kernels().attention(q, k, drawn(4, 2, 64), Spans.of([4], [4]), is_causal=True)
    assert out[0].isfinite().all() and out[1:].isnan().all()


def test_queries_may_lie_in_a_wider_row() -> None:
    qkv = drawn(50, 3, 4, 64)
    spans = Spans.of([50], [50])
    actual = kernels().attention(qkv[:, 0], qkv[:, 1], qkv[:, 2], spans, is_causal=False)
    everything = torch.ones(50, 50, dtype=torch.bool)
    assert_near(actual, reference(qkv[:, 0], qkv[:, 1], qkv[:, 2], everything))
