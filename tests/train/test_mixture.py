"""What is drawn next: shares, epochs, streams, and going on."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.errors import ConflictError, UsageError
from shuowen.train.mixture import Draw, Mixture
from shuowen.train.sources import MadeSource
from tests.train.small_data import worded


def source(name: str, num_records: int, weight: float = 1.0) -> MadeSource:
    return MadeSource(name, worded, num_records, weight=weight)


def size_of(draw: Draw) -> int:
    """Tokens of a record: sources differ by far."""
    return (draw.source * 700 + 20) + draw.index % 13


def drawn(mixture: Mixture, number: int) -> list[Draw]:
    draws = []
    for _ in range(number):
        draws.append(mixture.next())
        mixture.count_tokens(draws[-1], size_of(draws[-1]))
    return draws


def test_shares_by_tokens_come_to_the_weights() -> None:
    mixture = Mixture([source("a", 1000, 1), source("b", 500, 3), source("c", 40, 0.1)], seed=1)
    draws = drawn(mixture, 20_000)
    tokens = [sum(size_of(d) for d in draws if d.source == s) for s in range(3)]
    assert list(mixture.seen) == tokens
    shares = [count / sum(tokens) for count in tokens]
    assert shares == pytest.approx([1 / 4.1, 3 / 4.1, 0.1 / 4.1], abs=0.002)


def test_no_source_is_ever_far_behind() -> None:
    mixture = Mixture([source("a", 99, 1), source("b", 99, 3)], seed=2)
    for _ in range(2000):
        drawn(mixture, 1)
        total = sum(mixture.seen)
        assert abs(mixture.seen[0] - total / 4) < 2 * 800  # two of the longest records


def test_shares_by_records() -> None:
    mixture = Mixture([source("a", 99, 1), source("b", 99, 3)], seed=2, count_by="records")
    counts = Counter(draw.source for draw in drawn(mixture, 400))
    assert counts[1] == pytest.approx(300, abs=1)


def test_streams_do_not_all_begin_with_the_same_source() -> None:
    sources = [source("common", 10**6, 99), source("rare", 10**6, 1)]
    num_rare = 0
    for index in range(200):
        mixture = Mixture(sources, 3, index, 200)
        for _ in range(50):
            draw = mixture.next()
            mixture.count_tokens(draw, 20)
            num_rare += draw.source
    assert 70 < num_rare < 130  # of 10,000


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=30)
def test_streams_share_every_epoch_without_overlap(
    num_records: int, num_streams: int, seed: int
) -> None:
    mixtures = [
        Mixture([source("a", num_records)], seed, index, num_streams)
        for index in range(num_streams)
    ]
    draws = [draw for _ in range(3 * num_records) for m in mixtures for draw in drawn(m, 1)]
    for epoch in range(3 * num_streams):
        of_epoch = [draw.index for draw in draws if draw.epoch == epoch]
        assert sorted(of_epoch) == list(range(num_records))


def test_every_epoch_has_its_own_order_and_its_own_random_numbers() -> None:
    mixture = Mixture([source("a", 30)], seed=4)
    first, second = drawn(mixture, 30), drawn(mixture, 30)
    assert [d.index for d in first] != [d.index for d in second]
    (again,) = (d for d in second if d.index == first[0].index)
    assert mixture.rng(first[0]).random() != mixture.rng(again).random()
    assert mixture.rng(again).random() == Mixture([source("a", 30)], seed=4).rng(again).random()
    assert [draw.number for draw in first + second] == list(range(60))


@given(st.integers(0, 150), st.integers(0, 9))
@settings(max_examples=20)
def test_a_restored_mixture_goes_on_exactly(num_before: int, seed: int) -> None:
    sources = [source("a", 37, 1), source("b", 11, 2)]
    mixture = Mixture(sources, seed, 1, 3)
    drawn(mixture, num_before)
    state = json.loads(json.dumps(mixture.state()))
    expected = drawn(mixture, 100)
    restored = Mixture(sources, seed, 1, 3)
    restored.restore(state)
    assert restored.num_drawn == num_before
    assert drawn(restored, 100) == expected


@pytest.mark.parametrize(
    "other",
    [
        Mixture([source("a", 10)], 1, 0, 2),
        Mixture([source("a", 10)], 0, 1, 2),
        Mixture([source("a", 10)], 0, 0, 3),
        Mixture([source("a", 11)], 0, 0, 2),
        Mixture([source("b", 10)], 0, 0, 2),
        Mixture([source("a", 10), source("b", 10)], 0, 0, 2),
    ],
)
def test_a_state_of_other_data_is_refused(other: Mixture) -> None:
    state = Mixture([source("a", 10)], 0, 0, 2).state()
    with pytest.raises(ConflictError):
        other.restore(state)


def test_nonsense_is_refused() -> None:
    for sources, stream in (([], 0), ([source("a", 1, 0)], 0), ([source("a", 1)], 2)):
        with pytest.raises(UsageError):
            Mixture(sources, 0, stream, 2)
    with pytest.raises(UsageError):
        source("a", 0)
