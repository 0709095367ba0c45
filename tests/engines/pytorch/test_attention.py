"""Both ways of reading the paged cache equal plain causal attention."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from shuowen.engines.pytorch.batch import pack
from shuowen.engines.pytorch.decode_graphs import decode_logits, graph_size, padded_inputs
from shuowen.engines.pytorch.kernel_attention import (
    KernelAttention,
    usable_kernels,
)
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.padded_attention import PaddedAttention
from shuowen.engines.pytorch.pages import PageTable
from shuowen.engines.pytorch.sequences import Chunk, Prompt, TokenSequence
from shuowen.engines.pytorch.span_attention import MAX_SPANS, SpanAttention
from shuowen.model.attention import causal_attention
from tests.engines.pytorch.tiny import PAGE, prompt, tiny_config, tiny_model, words

LANGUAGE = tiny_config().language
HEADS, GROUPS, WIDTH = LANGUAGE.num_heads, LANGUAGE.num_kv_heads, LANGUAGE.head_width
KINDS = pytest.mark.parametrize("kind", [SpanAttention, PaddedAttention])


def make_cache(num_pages: int = 200) -> KVCache:
    return KVCache(
        LANGUAGE,
        num_pages=num_pages,
        page_tokens=PAGE,
        dtype=torch.float64,
        device=torch.device("cpu"),
    )


def sequence_on(pages: list[int], num_tokens: int, key: int = 1) -> TokenSequence:
    table = PageTable()
    for page in pages:
        table.append(page)
    given_prompt = Prompt(prompt(words(key, num_tokens)), 1, 4096, PAGE)
    return TokenSequence((key, 0), given_prompt, table=table)


def random(num_tokens: int, num_heads: int) -> Tensor:
    return torch.randn(num_tokens, num_heads, WIDTH, dtype=torch.float64)


@KINDS
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_chunks_see_all_before_them_and_nothing_else(
    kind: type[SpanAttention | PaddedAttention], data: st.DataObject
) -> None:
    cache = make_cache()
    lengths = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    order = data.draw(st.permutations(range(4 * 11)))  # scattered now and then, never shared
    scattered = data.draw(st.booleans())
    pages = list(order) if scattered else list(range(4 * 11))
    sequences, inputs = [], []
    for number, length in enumerate(lengths):
        own = pages[number * 11 : (number + 1) * 11]
        sequences.append(sequence_on(own[: -(-length // PAGE)], length, number))
        inputs.append((random(length, HEADS), random(length, GROUPS), random(length, GROUPS)))
    starts = [0] * len(lengths)
    outs: list[list[Tensor]] = [[] for _ in lengths]
    while any(start < length for start, length in zip(starts, lengths, strict=True)):
        chunks, numbers = [], []
        for number, length in enumerate(lengths):
            if starts[number] < length:
                end = data.draw(st.integers(starts[number] + 1, length))
                chunks.append(Chunk(sequences[number], starts[number], end))
                numbers.append(number)
        attention = kind(cache, pack(chunks, cache))
        parts = [
            [x[chunk.first : chunk.end] for x in inputs[number]]
            for number, chunk in zip(numbers, chunks, strict=True)
        ]
        out = attention(1, *(torch.cat(each) for each in zip(*parts, strict=True)))
        pieces = out.split([chunk.num_tokens for chunk in chunks])
        for number, chunk, piece in zip(numbers, chunks, pieces, strict=True):
            outs[number].append(piece)
            starts[number] = chunk.end
    for given_qkv, found in zip(inputs, outs, strict=True):
        torch.testing.assert_close(torch.cat(found), causal_attention(*given_qkv))


@pytest.mark.parametrize(("heads", "groups"), [(4, 2), (14, 2), (3, 3)])
def test_the_kernel_reads_the_same_pages(heads: int, groups: int) -> None:
    config = replace(LANGUAGE, num_heads=heads, num_kv_heads=groups, head_width=64)
    cache = KVCache(
        config, num_pages=40, page_tokens=PAGE, dtype=torch.bfloat16, device=torch.device("cpu")
    )
    kernels = usable_kernels(cache)
    if kernels is None:
        pytest.skip("this processor has no AVX512_BF16, or there is no compiler")
    pages = torch.randperm(40, generator=torch.Generator().manual_seed(1)).tolist()
    lengths = (1, 17, 30)
    sequences = [sequence_on(pages[10 * i : 10 * i + 8], n, i) for i, n in enumerate(lengths)]
    inputs = [
        tuple(torch.randn(n, count, 64).bfloat16() for count in (heads, groups, groups))
        for n in lengths
    ]
    for start in (0, 0.6):  # whole prompts, then their ends over what is in the cache
        chunks = [Chunk(each, int(start * each.num_tokens), each.num_tokens) for each in sequences]
        batch = pack(chunks, cache)
        parts = [[x[c.first :] for x in qkv] for c, qkv in zip(chunks, inputs, strict=True)]
        packed = [torch.cat(each) for each in zip(*parts, strict=True)]
        found = KernelAttention(kernels, cache, batch)(1, *packed)
        wanted = [
            causal_attention(*(x.double() for x in qkv))[c.first :]
            for c, qkv in zip(chunks, inputs, strict=True)
        ]
        torch.testing.assert_close(found.double(), torch.cat(wanted), atol=0.02, rtol=0.02)


def test_many_scattered_pages_are_gathered() -> None:
    num_pages = MAX_SPANS + 3
    sequence = sequence_on(list(range(0, 2 * num_pages, 2)), num_pages * PAGE)
    cache = make_cache()
    batch = pack([Chunk(sequence, sequence.num_tokens - 1, sequence.num_tokens)], cache)
    assert SpanAttention(cache, batch)._chunks[0].gathered_L is not None


def test_what_is_decoded_with_padding_is_what_is_decoded_without() -> None:
    model, cache = tiny_model(), make_cache()
    lengths = [5, 9, 2]
    sequences = [
        sequence_on(list(range(8 * i, 8 * i + 3)), length, i) for i, length in enumerate(lengths)
    ]
    with torch.inference_mode():
        for sequence in sequences:
            _hidden(cache, [Chunk(sequence, 0, sequence.num_tokens - 1)])
        batch = pack(
            [Chunk(each, each.num_tokens - 1, each.num_tokens) for each in sequences], cache
        )
        wanted = model.language.logits(_hidden(cache, batch.chunks))
        padded = padded_inputs(batch, cache, *graph_size(batch))
        found = decode_logits(model, cache, tuple(map(torch.from_numpy, padded)))
    assert padded[3].shape == (4, 256)
    torch.testing.assert_close(found[:3], wanted)


def _hidden(cache: KVCache, chunks: list[Chunk] | tuple[Chunk, ...]) -> Tensor:
    model, batch = tiny_model(), pack(chunks, cache)
    return model.language(
        model.embed(torch.from_numpy(batch.token_ids_T), None, None),
        torch.from_numpy(batch.positions_T),
        SpanAttention(cache, batch),
    )
