from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import BusyError
from shuowen.server.rates import Allowance, Rates


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def is_let_in(rates: Rates, key: str, allowance: Allowance) -> bool:
    try:
        with rates.use(key, allowance):
            return True
    except BusyError:
        return False


@given(st.integers(1, 30), st.lists(st.floats(0, 40), max_size=60))
def test_never_more_than_a_full_bucket_and_what_flowed_in(rate: int, pauses: list[float]) -> None:
    clock = Clock()
    rates, allowance = Rates(clock), Allowance(requests_per_minute=rate)
    start, num_in = clock.now, 0
    for pause in pauses:
        clock.now += pause
        num_in += is_let_in(rates, "a", allowance)
        assert num_in <= rate + (clock.now - start) * rate / 60 + 1e-6


def test_a_refused_key_is_let_in_when_it_was_told_to_come_back() -> None:
    clock = Clock()
    rates, allowance = Rates(clock), Allowance(requests_per_minute=7)
    while is_let_in(rates, "a", allowance):
        pass
    with pytest.raises(BusyError) as caught, rates.use("a", allowance):
        pass
    assert is_let_in(rates, "b", allowance)
    clock.now += caught.value.retry_after_seconds
    assert is_let_in(rates, "a", allowance)


def test_only_so_many_at_once() -> None:
    rates, allowance = Rates(), Allowance(concurrent=2)
    with rates.use("a", allowance), rates.use("a", allowance):
        assert not is_let_in(rates, "a", allowance)
        assert is_let_in(rates, "b", allowance)
    assert is_let_in(rates, "a", allowance)


def test_nought_is_no_limit() -> None:
    rates = Rates()
    assert all(is_let_in(rates, "a", Allowance()) for _ in range(500))


def test_a_limit_that_changes_counts_from_then_on() -> None:
    clock = Clock()
    rates = Rates(clock)
    assert is_let_in(rates, "a", Allowance(requests_per_minute=1))
    assert not is_let_in(rates, "a", Allowance(requests_per_minute=1))
    clock.now += 30
    assert is_let_in(rates, "a", Allowance(requests_per_minute=60))


def test_keys_that_ask_no_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shuowen.server.rates._MAX_KNOWN", 3)
    clock = Clock()
    rates = Rates(clock)
    for key in "abcdef":
        clock.now += 100
        assert is_let_in(rates, key, Allowance(requests_per_minute=1))
    assert len(rates._used) <= 3
