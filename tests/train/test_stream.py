"""Streams of packed sequences: the same whoever has them, and the same after a restart."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from shuowen.errors import ConflictError, InputError
from shuowen.train.encode import Encoder, EncodeTrainOptions
from shuowen.train.mixture import Draw, Mixture
from shuowen.train.packing import Pack, Packer, PackingOptions
from shuowen.train.records import Conversation, Preference, Record, Turn
from shuowen.train.sources import MadeSource, Source
from shuowen.train.stream import LocalStreams, PackStream, Tolerance, streams_of
from tests.train.small_data import NUM_STREAMS, pictured, processor, stream, worded


def contents(pack: Pack) -> list[tuple[bytes, ...]]:
    """Every byte of a packed sequence."""
    return [
        (
            repr(each.draw).encode(),
            each.token_ids_T.tobytes(),
            each.positions_T.tobytes(),
            each.target_mask_T.tobytes(),
            each.tiles_MHWC.tobytes(),
        )
        for each in pack.examples
    ]


def of(sources: Sequence[Source], **tolerance: float) -> PackStream:
    return PackStream(
        Mixture(sources, 0),
        Encoder(processor(), EncodeTrainOptions(max_tokens=300)),
        Packer(PackingOptions(max_tokens=600, max_tiles=12, max_buffers=3)),
        Tolerance(**tolerance) if tolerance else None,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("num_before", [0, 1, 7])
def test_a_restored_stream_gives_the_same_packs(num_before: int) -> None:
    first = stream(1)
    for _ in range(num_before):
        first.next()
    state = json.loads(json.dumps(first.state()))
    expected = [contents(first.next()) for _ in range(6)]
    second = stream(1)
    second.next()  # whatever it did before
    second.restore(state)
    assert [contents(second.next()) for _ in range(6)] == expected
    assert second.state() == first.state()
    assert second.counts == first.counts


def test_a_state_of_another_stream_or_seed_is_refused() -> None:
    for other in (stream(0), stream(1, seed=1), stream(1, num_streams=5)):
        with pytest.raises(ConflictError):
            other.restore(stream(1).state())


def test_the_number_of_processes_changes_nothing() -> None:
    def steps(num_processes: int) -> list[list[tuple[bytes, ...]]]:
        ranks = [streams_of(rank, num_processes, NUM_STREAMS) for rank in range(num_processes)]
        opened = [LocalStreams(stream, indices) for indices in ranks]
        by_stream = {
            index: [contents(mine.next(index)) for _ in range(3)]
            for mine, indices in zip(opened, ranks, strict=True)
            for index in indices
        }
        return [
            sum((by_stream[index][step] for index in sorted(by_stream)), []) for step in range(3)
        ]

    assert steps(1) == steps(2) == steps(3)


def test_a_run_goes_on_with_another_number_of_processes() -> None:
    both = LocalStreams(stream, range(2))
    for index in range(2):
        both.next(index)
    states = json.loads(
        json.dumps(both.state()),
        object_pairs_hook=lambda p: {int(k) if k.isdigit() else k: v for k, v in p},
    )
    for index in range(2):
        alone = LocalStreams(stream, [index])
        alone.restore(states)
        assert contents(alone.next(index)) == contents(both.next(index))
        alone.close()


def test_streams_have_no_record_in_common() -> None:
    drawn: set[Draw] = set()
    for index in range(NUM_STREAMS):
        mine = {draw for _ in range(4) for draw in stream(index).next().draws if draw is not None}
        places = {Draw(draw.source, draw.epoch, draw.index, 0) for draw in mine}
        assert not drawn & places
        drawn |= places


def test_shares_count_the_tokens_of_examples() -> None:
    both = of([MadeSource("p", pictured, 999, weight=3), MadeSource("w", worded, 999, weight=1)])
    packs = [both.next() for _ in range(60)]
    sizes = np.zeros(2)
    for pack in packs:
        for each in pack.examples:
            assert each.draw is not None
            sizes[each.draw.source] += each.num_tokens
    assert sizes[0] / sizes.sum() == pytest.approx(0.75, abs=0.03)


def test_two_answers_stay_together() -> None:
    both = of([MadeSource("pairs", paired, 999)])
    for _ in range(5):
        pack = both.next()
        draws = pack.draws
        assert draws[::2] == draws[1::2]
        assert len(set(draws)) * 2 == len(draws)


def paired(index: int) -> Record:
    record = worded(index)
    return Preference(key=record.key, turns=record.turns[:1], chosen="A fox.", rejected="A dog.")


def sometimes_damaged(every: int, index: int) -> Record:
    if index % every == 0:
        raise InputError(f"picture {index} is damaged.", "Copy it again.")
    return worded(index)


def test_a_few_bad_pictures_are_left_out_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = MadeSource("scans", partial(sometimes_damaged, 200), 2000)
    some = of([source])
    with caplog.at_level(logging.WARNING, "shuowen"):
        while some.counts.drawn < 1500:
            some.next()
    assert 4 <= some.counts.unreadable <= 11
    assert len(caplog.records) == some.counts.unreadable
    assert "of scans: picture" in caplog.text


def test_many_bad_pictures_stop_the_run() -> None:
    bad = of([MadeSource("scans", partial(sometimes_damaged, 50), 2000)])
    with pytest.raises(InputError) as caught:
        for _ in range(1000):
            bad.next()
    assert "cannot be read" in caught.value.message
    assert "the last in scans: picture" in caught.value.message
    assert "checkpoint" in caught.value.hint
    assert bad.counts.unreadable == 6


def long(index: int) -> Record:
    turns = (Turn("user", "fox " * 400), Turn("assistant", "A"))
    return Conversation(key=str(index), turns=turns)


def test_too_long_records_are_counted_and_never_loop_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "shuowen")
    hopeless = of([MadeSource("long", long, 10)], max_unusable_in_a_row=50)
    with pytest.raises(InputError, match=r"51 are too long, the last in long: \d has"):
        hopeless.next()
    assert hopeless.counts.too_long == hopeless.counts.drawn == 51


def test_what_fits_no_pack_is_too_long() -> None:
    small = PackStream(
        Mixture([MadeSource("w", worded, 99)], 0),
        Encoder(processor(), EncodeTrainOptions(max_tokens=300)),
        Packer(PackingOptions(max_tokens=20)),
        Tolerance(max_unusable_in_a_row=3),
    )
    with pytest.raises(InputError, match="fits no packed sequence"):
        small.next()
