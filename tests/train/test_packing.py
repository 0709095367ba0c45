"""Packed sequences: within the limits, nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import UsageError
from shuowen.train.encode import Example
from shuowen.train.mixture import Draw
from shuowen.train.packing import Pack, Packer, PackingOptions

LIMITS = PackingOptions(max_tokens=100, max_tiles=10, max_buffers=3)
SIZES = st.tuples(st.integers(1, 100), st.integers(0, 10))
GROUPS = st.lists(
    st.one_of(
        SIZES.map(lambda size: (size,)),
        st.tuples(st.integers(1, 50), st.integers(0, 5)).map(lambda size: (size, size)),
    ),
    max_size=80,
)
OPTIONS = st.builds(
    PackingOptions, max_tokens=st.just(100), max_tiles=st.just(10), max_buffers=st.integers(1, 6)
)


def example(number: int, num_tokens: int, num_tiles: int = 0) -> Example:
    return Example(
        token_ids_T=np.zeros(num_tokens, np.int64),
        positions_T=np.zeros(num_tokens, np.float32),
        visual_mask_T=np.zeros(num_tokens, np.bool_),
        target_mask_T=np.ones(num_tokens, np.bool_),
        tiles_MHWC=np.zeros((num_tiles, 1, 1, 3), np.uint8),
        draw=Draw(0, 0, number, number),
    )


def groups_of(sizes: list[tuple[tuple[int, int], ...]]) -> list[tuple[Example, ...]]:
    return [tuple(example(number, *size) for size in group) for number, group in enumerate(sizes)]


@given(GROUPS, OPTIONS)
def test_limits_hold_and_nothing_is_lost_or_doubled(
    sizes: list[tuple[tuple[int, int], ...]], options: PackingOptions
) -> None:
    packer, packs = Packer(options), list[Pack]()
    groups = groups_of(sizes)
    for number, group in enumerate(groups):
        packs += packer.add(*group)
        assert len(packer.held()) <= options.max_buffers
        waiting = sum(len(draws) for draws in packer.held())
        assert waiting + sum(len({d for d in pack.draws}) for pack in packs) == number + 1
    packs += packer.flush()
    assert not packer.held()
    for pack in packs:
        assert 1 <= pack.num_tokens <= options.max_tokens
        assert pack.num_tiles <= options.max_tiles
    given_in = Counter(id(each) for group in groups for each in group)
    assert Counter(id(each) for pack in packs for each in pack.examples) == given_in
    for pack in packs:  # chosen and rejected are neighbours
        for group in groups:
            places = [i for i, each in enumerate(pack.examples) if each.draw == group[0].draw]
            assert not places or places == list(range(places[0], places[0] + len(group)))


@given(GROUPS, GROUPS, OPTIONS)
def test_what_waits_can_be_taken_up_elsewhere(
    before: list[tuple[tuple[int, int], ...]],
    after: list[tuple[tuple[int, int], ...]],
    options: PackingOptions,
) -> None:
    groups = groups_of(before + after)
    packer, other = Packer(options), Packer(options)
    for group in groups[: len(before)]:
        packer.add(*group)
    other.hold([[groups[draw.index] for draw in draws] for draws in packer.held()])
    for group in groups[len(before) :]:
        expected = [pack.draws for pack in packer.add(*group)]
        assert [pack.draws for pack in other.add(*group)] == expected
    assert [pack.draws for pack in other.flush()] == [pack.draws for pack in packer.flush()]


def test_the_fullest_buffer_with_room_is_taken() -> None:
    packer = Packer(LIMITS)
    for number, size in enumerate((60, 70, 50)):
        assert packer.add(example(number, size)) == []
    assert [[d.index for d in draws] for draws in packer.held()] == [[1], [0], [2]]
    assert packer.add(example(3, 35)) == []  # 70 has no room
    assert [[d.index for d in draws] for draws in packer.held()] == [[0, 3], [1], [2]]
    (pack,) = packer.add(example(4, 30))  # full
    assert [draw.index for draw in pack.draws if draw] == [1, 4]


def test_the_fullest_is_given_out_when_there_are_too_many() -> None:
    packer = Packer(LIMITS)
    for number, size in enumerate((60, 70, 80)):
        packer.add(example(number, size))
    (pack,) = packer.add(example(3, 55))
    assert pack.num_tokens == 80


def test_a_buffer_is_full_at_either_limit() -> None:
    (pack,) = Packer(LIMITS).add(example(0, 5, 10))
    assert (pack.num_tokens, pack.num_tiles, pack.num_targets) == (5, 10, 5)
    assert Packer(LIMITS).add(example(0, 5, 9)) == []
    packer = Packer(LIMITS)
    packer.add(example(0, 30, 8))
    packer.add(example(1, 60, 3))  # tiles do not fit
    assert len(packer.held()) == 2


def test_what_is_too_large_is_refused() -> None:
    packer = Packer(LIMITS)
    assert packer.takes([example(0, 100, 9)])
    for group in ([example(0, 101)], [example(0, 1, 11)], [example(0, 60), example(0, 60)]):
        assert not packer.takes(group)
        with pytest.raises(UsageError, match="tokens"):
            packer.add(*group)
    with pytest.raises(UsageError):
        PackingOptions(max_tokens=0)


def test_little_is_left_empty() -> None:
    random = np.random.default_rng(0)
    packer = Packer(PackingOptions(max_tokens=2048, max_tiles=1000, max_buffers=20))
    packs = [
        pack
        for number in range(3000)
        for pack in packer.add(example(number, int(random.integers(20, 300))))
    ]
    assert np.mean([pack.num_tokens for pack in packs]) > 0.98 * 2048
