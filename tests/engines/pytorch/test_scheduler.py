"""The scheduler alone: shares, order, and who gives way."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.scheduler import Scheduler
from shuowen.engines.pytorch.sequences import Chunk, Prompt, TokenSequence
from tests.engines.pytorch.tiny import PAGE, picture, prompt, tiny_config, words


def make_scheduler(num_pages: int = 64, max_running: int = 8) -> Scheduler:
    cache = KVCache(
        tiny_config().language,
        num_pages=num_pages,
        page_tokens=PAGE,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )
    return Scheduler(cache, max_running)


def sequence(number: int, num_tokens: int, max_tokens: int = 8) -> TokenSequence:
    given_prompt = Prompt(prompt(words(number, num_tokens)), max_tokens, 4096, PAGE)
    return TokenSequence((number, 0), given_prompt)


def planned(scheduler: Scheduler, prefill_tokens: int) -> dict[int, int]:
    """Tokens of each request in the next step, which is then taken as run."""
    scheduler.admit()
    chunks = scheduler.plan(prefill_tokens)
    for chunk in chunks:
        run(scheduler, chunk)
    return {chunk.sequence.key[0]: chunk.num_tokens for chunk in chunks}


def run(scheduler: Scheduler, chunk: Chunk) -> None:
    wants_logits = chunk.wants_logits
    scheduler.store(chunk)
    if wants_logits:
        chunk.sequence.generated.append(7)


def test_prompts_share_a_step_and_what_one_leaves_goes_to_the_others() -> None:
    scheduler = make_scheduler()
    for number, length in enumerate((50, 3, 40)):
        scheduler.enqueue(sequence(number, length))
    assert planned(scheduler, 23) == {0: 10, 1: 3, 2: 10}
    assert planned(scheduler, 23) == {0: 12, 1: 1, 2: 11}


def test_decodes_take_nothing_from_the_prompts() -> None:
    scheduler = make_scheduler()
    scheduler.enqueue(sequence(1, 4))
    planned(scheduler, 10)
    scheduler.enqueue(sequence(2, 30))
    assert planned(scheduler, 10) == {1: 1, 2: 10}
    assert planned(scheduler, 0) == {1: 1}


def test_every_prompt_gets_at_least_one_token() -> None:
    scheduler = make_scheduler()
    for number in range(5):
        scheduler.enqueue(sequence(number, 9))
    assert planned(scheduler, 1) == dict.fromkeys(range(5), 1)


def test_no_more_run_than_may_and_the_first_come_first() -> None:
    scheduler = make_scheduler(max_running=2)
    for number in (3, 1, 2):
        scheduler.enqueue(sequence(number, 9))
    assert list(planned(scheduler, 100)) == [1, 2]
    scheduler.remove(scheduler.active[0])
    assert list(planned(scheduler, 100)) == [2, 3]


def test_nothing_is_admitted_that_the_prompts_before_it_leave_no_room_for() -> None:
    scheduler = make_scheduler(num_pages=10)
    scheduler.enqueue(sequence(1, 24))
    scheduler.enqueue(sequence(2, 20))
    scheduler.enqueue(sequence(3, 4))
    assert planned(scheduler, 8) == {1: 8}
    assert [each.key[0] for each in scheduler.waiting] == [2, 3]  # nobody overtakes


def test_the_youngest_gives_way_and_waits_without_pages() -> None:
    scheduler = make_scheduler(num_pages=6)
    for number in (1, 2, 3):
        scheduler.enqueue(sequence(number, 8))
    planned(scheduler, 100)
    assert planned(scheduler, 100) == {1: 1, 2: 1}
    (waiting,) = scheduler.waiting
    assert waiting.key[0] == 3
    assert (waiting.num_stored, waiting.table.pages) == (0, [])
    scheduler.cache.check(each.table for each in scheduler.active)


def test_a_prompt_stops_before_a_picture_that_is_not_seen() -> None:
    scheduler = make_scheduler()
    inputs = prompt(words(1, 6), picture(1, 2), words(2, 5))
    waiting = TokenSequence((1, 0), Prompt(inputs, 4, 4096, PAGE))
    scheduler.enqueue(waiting)
    assert planned(scheduler, 100) == {1: 6}
    assert planned(scheduler, 100) == {}
    waiting.prompt.visuals_VD[0] = torch.zeros(8, 32)
    assert planned(scheduler, 100) == {1: 13}


def test_who_can_share_waits_for_the_one_that_computes() -> None:
    scheduler = make_scheduler()
    for number in (1, 2):
        scheduler.enqueue(TokenSequence((number, 0), sequence(9, 14).prompt))
    assert planned(scheduler, 8) == {1: 8}
    assert planned(scheduler, 8) == {1: 6}
    assert planned(scheduler, 8) == {1: 1, 2: 2}
    assert scheduler.active[1].num_adopted == 12


def test_no_page_is_adopted_after_pages_that_are_still_empty() -> None:
    """A chunk for which memory did not suffice leaves its sequence with such pages."""
    scheduler = make_scheduler()
    first, second = (TokenSequence((n, 0), sequence(9, 14).prompt) for n in (1, 2))
    scheduler.enqueue(second)
    scheduler.admit()
    (chunk,) = scheduler.plan(12)
    assert chunk.num_tokens == 12
    scheduler.store(Chunk(second, 0, PAGE))
    scheduler.enqueue(first)
    planned(scheduler, 100)
    assert first.num_stored == 14
    scheduler.adopt(second)
    assert second.num_stored == PAGE
    assert len(second.table.pages) == 3


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    prefill_tokens=st.integers(1, 40),
    num_pages=st.integers(10, 30),
)
def test_a_step_is_bounded_and_everything_ends(
    lengths: list[int], prefill_tokens: int, num_pages: int
) -> None:
    scheduler = make_scheduler(num_pages)
    for number, length in enumerate(lengths):
        scheduler.enqueue(sequence(number, length))
    for _ in range(2000):
        scheduler.admit()
        active = scheduler.active
        if not active:
            break
        prefills = {each.key[0] for each in active if each.num_left > 1}
        tokens = planned(scheduler, prefill_tokens)
        in_prefills = sum(count for number, count in tokens.items() if number in prefills)
        assert in_prefills <= max(prefill_tokens, len(prefills))
        assert active[0].key[0] in tokens, "the oldest always gets on"
        scheduler.cache.check(each.table for each in scheduler.active)
        for each in list(scheduler.active):
            if len(each.generated) == each.prompt.max_tokens:
                scheduler.remove(each)
    assert not scheduler.active
    assert not scheduler.waiting


def test_pages_adopted_again_after_giving_way_count_once() -> None:
    scheduler = make_scheduler()
    first, second = sequence(1, 30), sequence(1, 30)
    scheduler.enqueue(first)
    planned(scheduler, 40)
    scheduler.enqueue(second)
    scheduler.admit()
    once = second.num_adopted
    assert once > 0
    scheduler.preempt(second)
    scheduler.admit()
    assert second.num_adopted == once <= second.prompt.num_tokens
