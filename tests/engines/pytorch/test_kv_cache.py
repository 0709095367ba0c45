"""The key-value cache: sharing, copying, giving up and wiping pages."""

from __future__ import annotations

import pytest
import torch

from shuowen.engines.pytorch.kv_cache import KVCache, page_bytes
from shuowen.engines.pytorch.pages import PageTable
from shuowen.errors import InternalError
from tests.engines.pytorch.tiny import tiny_config

CONFIG = tiny_config().language


def make_cache(num_pages: int = 6) -> KVCache:
    return KVCache(
        CONFIG,
        num_pages=num_pages,
        page_tokens=4,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )


def stored(cache: KVCache, num_tokens: int, value: float = 1.0) -> PageTable:
    """A sequence whose keys and values are `value` everywhere."""
    table = PageTable()
    assert cache.grow(table, num_tokens, num_tokens)
    slots = torch.from_numpy(cache.slots(table, 0, num_tokens))
    rows = torch.full((num_tokens, CONFIG.num_kv_heads, CONFIG.head_width), value)
    for layer_index in range(CONFIG.num_layers):
        cache.store(layer_index, slots, rows, rows)
    return table


def contents(cache: KVCache, table: PageTable, num_tokens: int) -> set[float]:
    slots = cache.slots(table, 0, num_tokens)
    layers = (*cache.keys_SGK, *cache.values_SGK)
    return {value for x_SGK in layers for value in x_SGK[slots].unique().tolist()}


def test_a_page_takes_what_is_computed_for_it() -> None:
    cache = make_cache(num_pages=5)
    spare = page_bytes(CONFIG, 1, torch.float32)
    took = sum(x.nbytes for x in (*cache.keys_SGK, *cache.values_SGK))
    assert took == 5 * page_bytes(CONFIG, 4, torch.float32) + spare


def test_growth_is_all_or_nothing() -> None:
    cache = make_cache(num_pages=3)
    table = stored(cache, 8)
    assert not cache.grow(table, 13, 13)
    assert len(table.pages) == 2
    assert cache.grow(table, 12, 12)
    cache.check([table])


def test_pages_that_rest_are_found_again_and_given_up_last_used_last() -> None:
    cache = make_cache(num_pages=4)
    tables = {name: stored(cache, 8) for name in (b"a", b"b")}
    for name, table in tables.items():
        for index, page in enumerate(table.pages):
            cache.prefix.add(name + bytes([index]), page)
        cache.release(table)
    cache.check([])
    assert (cache.num_available, cache.pool.num_free) == (4, 0)
    other = stored(cache, 4)
    assert cache.prefix.find(b"a\1") is None  # the end of the oldest goes first
    assert cache.prefix.find(b"a\0") is not None
    shared = PageTable()
    assert cache.adopt(shared, b"a\0")
    assert not cache.adopt(shared, b"a\1")
    cache.check([other, shared])


def test_a_fork_shares_full_pages_and_copies_the_last_one() -> None:
    cache = make_cache()
    table = stored(cache, 6, value=2.0)
    copy = cache.fork(table, 6)
    assert copy is not None
    assert copy.pages[0] == table.pages[0]
    assert copy.pages[1] != table.pages[1]
    assert contents(cache, copy, 6) == {2.0}
    cache.check([table, copy])


def test_a_fork_needs_a_page_only_for_a_partly_filled_one() -> None:
    cache = make_cache(num_pages=2)
    table = stored(cache, 8)
    assert cache.fork(table, 8) is not None
    assert cache.fork(table, 7) is None


def test_a_shared_page_is_copied_before_it_is_written() -> None:
    cache = make_cache()
    table = stored(cache, 8, value=3.0)
    other = cache.fork(table, 8)
    assert other is not None
    assert cache.make_writable(other, 5)
    assert other.pages[1] != table.pages[1]
    assert contents(cache, other, 8) == {3.0}
    cache.check([table, other])


def test_a_shared_page_cannot_be_written_when_no_page_is_left() -> None:
    cache = make_cache(num_pages=2)
    table = stored(cache, 8)
    other = cache.fork(table, 8)
    assert other is not None
    assert not cache.make_writable(other, 5)
    cache.check([table, other])


def test_a_page_of_ones_own_is_no_longer_found_once_it_is_to_be_written() -> None:
    cache = make_cache()
    table = stored(cache, 4)
    cache.prefix.add(b"x", table.pages[0])
    assert cache.make_writable(table, 2)
    assert cache.prefix.find(b"x") is None


def test_what_is_no_number_is_wiped_and_never_found() -> None:
    cache = make_cache(num_pages=2)
    table = stored(cache, 8, value=float("nan"))
    pages = list(table.pages)
    cache.prefix.add(b"x", pages[0])
    cache.poison(table)
    cache.release(table)
    assert cache.prefix.find(b"x") is None
    assert all(x_SGK.isfinite().all() for x_SGK in (*cache.keys_SGK, *cache.values_SGK))
    cache.check([])


def test_spans_and_slots_name_the_same_tokens() -> None:
    cache = make_cache(num_pages=8)
    table = PageTable()
    for page in (5, 6, 1, 3):
        table.append(page)
    spans = cache.spans(table, 14)
    assert spans == [(20, 28), (4, 8), (12, 14)]
    listed = [slot for first, end in spans for slot in range(first, end)]
    assert cache.slots(table, 0, 14).tolist() == listed
    assert cache.slots(table, 7, 10).tolist() == [27, 4, 5]


def test_disorder_is_noticed() -> None:
    cache = make_cache()
    table = stored(cache, 8)
    cache.check([table])
    with pytest.raises(InternalError):
        cache.check([])
    table.pages[0] = table.pages[1]
    with pytest.raises(InternalError):
        cache.check([table])
