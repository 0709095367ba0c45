"""Keys and values of all layers in pages of one size, shared between sequences.

For every layer there is one tensor of keys and one of values, token after token, so that pages that
follow one another are a plain slice of it. A page holds 64 tokens: a prefix is shared to within 64
tokens, and the 256 visual tokens of a tile fill four. Decoding with InternVL3-1B's sizes took the
same time, to 3 %, with pages of 16, 64 and 256.

Shapes: S slots (one for every token of every page, and a spare one), G key-value heads, K head
width.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.pages import PagePool, PageTable
from shuowen.engines.pytorch.prefix_cache import PrefixCache
from shuowen.errors import InternalError
from shuowen.model.config import LanguageConfig

PAGE_TOKENS = 64


def page_bytes(config: LanguageConfig, page_tokens: int, dtype: torch.dtype) -> int:
    """What one page takes over all layers, keys and values."""
    per_token = 2 * config.num_layers * config.num_kv_heads * config.head_width
    return per_token * page_tokens * dtype.itemsize


class KVCache:
    """The pages, who holds them, and what is in them.

    Args:
        config: Sizes of the language model.
        num_pages: How many pages there are.
        page_tokens: Tokens of a page.
        dtype: Type of keys and values, the model's.
        device: Where the model is.
    """

    def __init__(
        self,
        config: LanguageConfig,
        *,
        num_pages: int,
        page_tokens: int = PAGE_TOKENS,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.page_tokens = page_tokens
        self.pool = PagePool(num_pages)
        self.prefix = PrefixCache()
        self.spare_slot = num_pages * page_tokens
        """Belongs to no page; rows that pad a batch use it."""
        shape = (num_pages * page_tokens + 1, config.num_kv_heads, config.head_width)
        layers = range(config.num_layers)
        self.keys_SGK = [_zeros(shape, dtype, device) for _ in layers]
        self.values_SGK = [_zeros(shape, dtype, device) for _ in layers]
        self._poisoned: set[int] = set()

    @property
    def num_available(self) -> int:
        """Pages that are free or could be made free."""
        return self.pool.num_free + self.prefix.num_resting

    def pages_for(self, num_tokens: int) -> int:
        """Pages that so many tokens take."""
        return -(-num_tokens // self.page_tokens)

    def grow(self, table: PageTable, num_tokens: int, expected_tokens: int) -> bool:
        """Give a sequence pages up to so many tokens; all or, when too few are left, none.

        Args:
            table: The sequence's pages.
            num_tokens: Tokens that must have room, those that have it counted.
            expected_tokens: Tokens that the sequence will likely come to.
        """
        wanted = self.pages_for(num_tokens) - len(table.pages)
        if wanted <= 0:
            return True
        if wanted > self.num_available:
            return False
        expected = max(wanted, self.pages_for(expected_tokens) - len(table.pages))
        self._make_free(wanted)
        if not self.pool.can_extend(table):  # pages that rested together often lie together
            self._make_free(min(expected, self.num_available))
        self.pool.take(table, wanted, expected)
        return True

    def adopt(self, table: PageTable, digest: bytes) -> bool:
        """Append the page with a digest to a sequence that has all pages before it."""
        page = self.prefix.find(digest)
        if page is None:
            return False
        self.pool.hold(page)
        self.prefix.wake(page)
        table.append(page)
        return True

    def truncate(self, table: PageTable, num_tokens: int) -> None:
        """Let go of all pages beyond so many tokens."""
        for page in reversed(table.cut(self.pages_for(num_tokens))):
            self._drop(page)

    def release(self, table: PageTable) -> None:
        """Let go of all pages; the last goes first when room is needed."""
        self.pool.unclaim(table)
        self.truncate(table, 0)

    def fork(self, table: PageTable, num_tokens: int) -> PageTable | None:
        """A second sequence with the same first tokens; shares all full pages.

        Returns:
            None where no page is left for the copy of the last, partly filled one.
        """
        copy = PageTable()
        num_full = num_tokens // self.page_tokens
        has_rest = num_tokens % self.page_tokens > 0
        if has_rest and not self.num_available:
            return None
        for page in table.pages[:num_full]:
            self.pool.hold(page)
            copy.append(page)
        if has_rest:
            self.grow(copy, num_tokens, num_tokens)
            self._copy_page(table.pages[num_full], copy.pages[num_full])
        return copy

    def make_writable(self, table: PageTable, token_index: int) -> bool:
        """See to it that the page with this token can be written without anybody noticing.

        Returns:
            False where no page is left for a copy.
        """
        index = token_index // self.page_tokens
        page = table.pages[index]
        if self.pool.references[page] == 1:
            self.prefix.forget(page)
            return True
        if not self.num_available:
            return False
        self._make_free(1)
        fresh = PageTable()
        self.pool.take(fresh, 1, 1)
        self.pool.unclaim(fresh)
        self._copy_page(page, fresh.pages[0])
        table.replace(index, fresh.pages[0])
        self._drop(page)
        return True

    def poison(self, table: PageTable) -> None:
        """These pages hold what is no number: nobody may find them, and they are wiped at the end.

        Masked attention multiplies what it does not see by 0, and 0 · NaN is NaN.
        """
        for page in table.pages:
            self.prefix.forget(page)
            self._poisoned.add(page)

    def slots(self, table: PageTable, first: int, end: int) -> NDArray[np.int64]:
        """Where the tokens `first` to `end` (exclusive) of a sequence are."""
        index = np.arange(first, end)
        pages = np.asarray(table.pages[: self.pages_for(end)], np.int64)
        return pages[index // self.page_tokens] * self.page_tokens + index % self.page_tokens

    def spans(self, table: PageTable, num_tokens: int) -> list[tuple[int, int]]:
        """The first tokens of a sequence as first slot and end (exclusive) of every run."""
        spans: list[tuple[int, int]] = []
        for page, num_pages in table.runs:
            if num_tokens <= 0:
                break
            first = page * self.page_tokens
            taken = min(num_tokens, num_pages * self.page_tokens)
            spans.append((first, first + taken))
            num_tokens -= taken
        return spans

    def store(self, layer_index: int, slots_T: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> None:
        """Write the keys and values of one layer."""
        self.keys_SGK[layer_index].index_copy_(0, slots_T, k_TGK)
        self.values_SGK[layer_index].index_copy_(0, slots_T, v_TGK)

    def check(self, tables: Iterable[PageTable]) -> None:
        """Every page is free, resting or held, exactly as often as tables name it.

        Args:
            tables: Of all sequences that hold pages.

        Raises:
            InternalError: It is not so.
        """
        held = np.zeros_like(self.pool.references)
        for table in tables:
            np.add.at(held, table.pages, 1)
            joined = [page + offset for page, count in table.runs for offset in range(count)]
            _require(joined == table.pages, "runs of pages")
        _require(bool((held == self.pool.references).all()), "reference counts")
        _require(int(self.pool.is_free.sum()) == self.pool.num_free, "the count of free pages")
        for page in range(self.pool.num_pages):
            states = (self.pool.is_free[page], held[page] > 0, self.prefix.is_resting(page))
            _require(sum(map(bool, states)) == 1, f"the state of page {page}")
            _require(not (self.pool.is_free[page] and self.prefix.knows(page)), f"free page {page}")

    def _drop(self, page: int) -> None:
        if not self.pool.drop(page):
            return
        if page in self._poisoned:
            self._wipe(page)
        if self.prefix.knows(page):
            self.prefix.rest(page)
        else:
            self.pool.free(page)

    def _make_free(self, num_pages: int) -> None:
        while self.pool.num_free < num_pages:
            self.pool.free(self.prefix.evict())

    def _copy_page(self, source: int, target: int) -> None:
        for x_SGK in (*self.keys_SGK, *self.values_SGK):
            x_SGK[self._slice(target)] = x_SGK[self._slice(source)]

    def _wipe(self, page: int) -> None:
        self._poisoned.discard(page)
        for x_SGK in (*self.keys_SGK, *self.values_SGK):
            x_SGK[self._slice(page)] = 0

    def _slice(self, page: int) -> slice:
        return slice(page * self.page_tokens, (page + 1) * self.page_tokens)


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Zeros; on the processor memory that is only taken when it is first written."""
    if device.type != "cpu":
        return torch.zeros(shape, dtype=dtype, device=device)
    num_bytes = int(np.prod(shape)) * dtype.itemsize
    return torch.from_numpy(np.zeros(num_bytes, np.uint8)).view(dtype).view(shape)


def _require(is_so: bool, what: str) -> None:
    if not is_so:
        raise InternalError(
            f"The key-value cache is out of order: {what}.", "Please report it; start again."
        )
