"""The loop detector against one that tries every period at every token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import UsageError
from shuowen.generation.params import RepetitionGuard
from shuowen.generation.repetition import Loop, LoopDetector

GUARDS = st.builds(
    RepetitionGuard,
    min_repeats=st.integers(2, 6),
    min_tokens=st.integers(2, 20),
    enough_tokens=st.integers(2, 30),
    max_period=st.integers(1, 9),
)
TOKENS = st.lists(
    st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 8)), max_size=6
).map(lambda runs: [token for run, times in runs for token in run * times])


def brute(token_ids: list[int], guard: RepetitionGuard) -> Loop | None:
    """The loop of the shortest period that is long enough at the end of the tokens."""
    for period in range(1, guard.max_period + 1):
        start = len(token_ids) - 1
        while start >= period and token_ids[start] == token_ids[start - period]:
            start -= 1
        start = start + 1 - period
        num_tokens = len(token_ids) - start
        if start >= 0 and num_tokens > period and num_tokens >= guard.num_tokens(period):
            return Loop(start, period, num_tokens // period)
    return None


@given(TOKENS, GUARDS)
def test_it_finds_what_trying_every_period_finds(
    token_ids: list[int], guard: RepetitionGuard
) -> None:
    detector = LoopDetector(guard)
    for end, token_id in enumerate(token_ids, start=1):
        assert detector.push(token_id) == brute(token_ids[:end], guard)


@given(TOKENS, TOKENS, GUARDS, st.data())
def test_after_truncation_it_is_as_if_the_rest_had_never_been(
    before: list[int], after: list[int], guard: RepetitionGuard, data: st.DataObject
) -> None:
    detector = LoopDetector(guard)
    for token_id in before:
        detector.push(token_id)
    stand = before[: data.draw(st.integers(0, len(before)))]
    detector.truncate(len(stand))
    for token_id in after:
        stand = [*stand, token_id]
        assert detector.push(token_id) == brute(stand, guard)


def test_a_long_answer_without_a_loop_stays_without() -> None:
    detector = LoopDetector(RepetitionGuard())
    assert not any(detector.push(each * each % 4999) for each in range(4000))


@pytest.mark.parametrize(
    ("tokens_per_row", "num_rows"), [(4, 63), (7, 35), (13, 31), (28, 31), (32, 31), (44, 23)]
)
def test_as_many_empty_rows_as_a_form_has_are_no_loop(tokens_per_row: int, num_rows: int) -> None:
    detector = LoopDetector(RepetitionGuard())
    table = list(range(tokens_per_row)) * num_rows
    assert not any(detector.push(token_id) for token_id in table)
    assert any(detector.push(token_id) for token_id in list(range(tokens_per_row)) * 2)


@pytest.mark.parametrize(("period", "noticed"), [(1, 256), (8, 256), (14, 448), (100, 1024)])
def test_a_loop_is_noticed_after_as_many_tokens_as_documented(period: int, noticed: int) -> None:
    detector = LoopDetector(RepetitionGuard())
    prefix = list(range(5000, 5600))
    assert not any(detector.push(token_id) for token_id in prefix)
    loops = [detector.push(index % period) for index in range(noticed)]
    assert loops[:-1] == [None] * (noticed - 1)
    assert loops[-1] == Loop(len(prefix), period, noticed // period)


def test_a_guard_refuses_bounds_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="min_repeats"):
        RepetitionGuard(min_repeats=1)
    with pytest.raises(UsageError, match="max_period"):
        RepetitionGuard(max_period=0)
