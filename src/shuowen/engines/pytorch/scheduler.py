"""Which tokens run in the next step: all decodes, and a bounded share of the prefills.

* Sequences are admitted in the order in which they came, as many as may run and find room.
* Every step runs one token of each sequence that is decoding, so a long prompt never stops the
  others. What `prefill_tokens` leaves is dealt out among the prompts, the shortest rest first, so a
  short prompt is done at once beside a huge one, which keeps its share.
* A prompt whose next page an older one is just computing waits for it and then shares it.
* When no page is left, the youngest sequence gives up its pages and is computed again later. The
  oldest therefore always gets on, and since nothing is accepted that could not fit alone,
  everything ends.
"""

from __future__ import annotations

from bisect import insort

from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.sequences import Chunk, TokenSequence


class Scheduler:
    """Waiting and active sequences, each in the order of their keys.

    Args:
        cache: Where pages come from.
        max_running: Most active sequences.
    """

    def __init__(self, cache: KVCache, max_running: int) -> None:
        self.cache = cache
        self.max_running = max_running
        self.waiting: list[TokenSequence] = []
        self.active: list[TokenSequence] = []

    @property
    def has_slot(self) -> bool:
        """Whether another sequence may become active."""
        return len(self.active) < self.max_running

    def enqueue(self, sequence: TokenSequence) -> None:
        """Let a sequence wait for its turn; it holds no pages."""
        insort(self.waiting, sequence, key=lambda each: each.key)

    def activate(self, sequence: TokenSequence) -> None:
        """Let a sequence run that holds its pages already."""
        sequence.is_active = True
        insort(self.active, sequence, key=lambda each: each.key)

    def remove(self, sequence: TokenSequence) -> None:
        """Forget a sequence and let go of its pages."""
        (self.active if sequence.is_active else self.waiting).remove(sequence)
        sequence.is_active = False
        self.cache.release(sequence.table)

    def preempt(self, sequence: TokenSequence) -> None:
        """Take an active sequence's pages; it will be computed again."""
        self.remove(sequence)
        sequence.num_stored = 0
        if not sequence.generated:
            sequence.num_adopted = 0  # else the same pages would count once more
        self.enqueue(sequence)

    def admit(self) -> list[TokenSequence]:
        """Move sequences from waiting to active, oldest first; returns those."""
        admitted: list[TokenSequence] = []
        while self.waiting and self.has_slot and self._has_room_for(self.waiting[0]):
            sequence = self.waiting.pop(0)
            self.activate(sequence)
            self.adopt(sequence)
            admitted.append(sequence)
        return admitted

    def adopt(self, sequence: TokenSequence) -> None:
        """Share the pages that are in the cache already; one token is always left to run."""
        size = self.cache.page_tokens
        while sequence.num_stored == len(sequence.table.pages) * size and sequence.num_left > size:
            if not self.cache.adopt(sequence.table, sequence.digest(sequence.num_stored // size)):
                return
            sequence.num_stored += size
            if not sequence.generated:
                sequence.num_adopted += size

    def store(self, chunk: Chunk) -> None:
        """A chunk has run: its tokens are in the cache, and full pages can be found there."""
        sequence, size = chunk.sequence, self.cache.page_tokens
        sequence.num_stored = chunk.end
        for index in range(chunk.first // size, chunk.end // size):
            self.cache.prefix.add(sequence.digest(index), sequence.table.pages[index])

    def plan(self, prefill_tokens: int) -> list[Chunk]:
        """What to run next; every chunk has its pages.

        Args:
            prefill_tokens: Most prompt tokens, but at least one for every prompt; 0: decodes only.
        """
        chunks = [self._chunk(each, 1) for each in list(self.active) if each.num_left == 1]
        if prefill_tokens:
            shares = self._shares(prefill_tokens)
            chunks += [self._chunk(each, shares[each]) for each in self.active[:] if each in shares]
        return [chunk for chunk in chunks if chunk is not None and chunk.sequence.is_active]

    def _has_room_for(self, sequence: TokenSequence) -> bool:
        """Whether all its known tokens fit beside what the active ones are still to store."""
        size, cache = self.cache.page_tokens, self.cache
        num_shared = num_woken = 0
        while num_shared < (sequence.num_tokens - 1) // size:
            page = cache.prefix.find(sequence.digest(num_shared))
            if page is None:
                break
            num_shared += 1
            num_woken += cache.prefix.is_resting(page)
        pledged = sum(
            cache.pages_for(each.num_tokens) - len(each.table.pages) for each in self.active
        )
        needed = cache.pages_for(sequence.num_tokens) - num_shared
        return not self.active or needed + num_woken + pledged <= cache.num_available

    def _shares(self, prefill_tokens: int) -> dict[TokenSequence, int]:
        """Tokens for every prompt that can get on: equal shares, what one leaves goes to others."""
        wants: list[tuple[int, TokenSequence]] = []
        for sequence in self._distinct_prefills():
            ready = sequence.prompt.num_ready(sequence.num_stored)
            end = sequence.num_tokens if ready == sequence.prompt.num_tokens else ready
            if end > sequence.num_stored:
                wants.append((end - sequence.num_stored, sequence))
        wants.sort(key=lambda want: (want[0], want[1].key))
        left = max(prefill_tokens, len(wants))
        shares: dict[TokenSequence, int] = {}
        for index, (want, sequence) in enumerate(wants):
            shares[sequence] = min(want, left // (len(wants) - index))
            left -= shares[sequence]
        return shares

    def _distinct_prefills(self) -> list[TokenSequence]:
        """Prompts that run, but those that can share what an older one is computing."""
        size = self.cache.page_tokens
        distinct: list[TokenSequence] = []
        under_way: set[bytes] = set()
        for sequence in self.active:
            self.adopt(sequence)
            index = sequence.num_stored // size
            if sequence.num_left == 1:
                continue
            if (index + 1) * size < sequence.num_tokens:
                digest = sequence.digest(index)
                if digest in under_way and not sequence.num_stored % size:
                    continue
                under_way.add(digest)
            distinct.append(sequence)
        return distinct

    def _chunk(self, sequence: TokenSequence, num_tokens: int) -> Chunk | None:
        """The next tokens of a sequence, as many as pages can be found for; None: no page."""
        if not sequence.is_active:
            return None
        end = sequence.num_stored + num_tokens
        while not self.cache.grow(sequence.table, end, sequence.expected_tokens):
            youngest = self.active[-1]
            if youngest is sequence:
                pages = len(sequence.table.pages) + self.cache.num_available
                end = min(end, pages * self.cache.page_tokens)
                if end <= sequence.num_stored:
                    return None
            else:
                self.preempt(youngest)
        return Chunk(sequence, sequence.num_stored, end)
