"""Packed sequences without end, and a state from which exactly the same ones follow.

A step learns from one packed sequence of each of S streams. Process r of W has the streams r,
r + W, …, so the number of processes changes nothing of what is learnt, and may change when a run
goes on. Needs no torch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from shuowen.errors import InputError, PromptTooLongError
from shuowen.train.encode import Encoder
from shuowen.train.mixture import Draw, Mixture
from shuowen.train.packing import Group, Pack, Packer

_log = logging.getLogger("shuowen")

StreamState = dict[str, Any]
"""JSON."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How much of the data may be unusable before a run is stopped."""

    max_unreadable_share: float = 0.01
    """Of the records drawn, those that are damaged or whose pictures cannot be opened."""
    min_unreadable: int = 5
    """So many are let pass whatever their share, for a first record says little."""
    max_unusable_in_a_row: int = 1000
    """Unreadable or too long."""


@dataclass
class StreamCounts:
    """What became of the records of one stream."""

    drawn: int = 0
    unreadable: int = 0
    too_long: int = 0


class PackStream:
    """One of the S streams.

    Args:
        mixture: Draws records; this stream's own.
        encoder: Makes examples of them.
        packer: Makes packed sequences of these; this stream's own.
        tolerance: When bad data stop the run.

    Attributes:
        counts: What became of the records so far.
    """

    def __init__(
        self,
        mixture: Mixture,
        encoder: Encoder,
        packer: Packer,
        tolerance: Tolerance | None = None,
    ) -> None:
        self._mixture, self._encoder, self._packer = mixture, encoder, packer
        self._tolerance = tolerance or Tolerance()
        self._num_unusable_in_a_row = 0
        self.counts = StreamCounts()

    def next(self) -> Pack:
        """The next packed sequence.

        Raises:
            InputError: More records than `Tolerance` allows are unusable; it names the last.
        """
        while (pack := self._feed()) is None:
            pass
        return pack

    def state(self) -> StreamState:
        """What `restore` needs, as JSON: draws of what waits, not the examples themselves."""
        return {
            "mixture": self._mixture.state(),
            "held": [[draw.as_list() for draw in draws] for draws in self._packer.held()],
            "counts": asdict(self.counts),
            "unusable_in_a_row": self._num_unusable_in_a_row,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken; what waited is made anew.

        Raises:
            ConflictError: The state is that of other data, another seed or another stream.
            InputError: A record that waited can no longer be read.
        """
        self._mixture.restore(state["mixture"])
        self._packer.hold([self._encode(Draw(*draw)) for draw in draws] for draws in state["held"])
        self.counts = StreamCounts(**state["counts"])
        self._num_unusable_in_a_row = state["unusable_in_a_row"]

    def _feed(self) -> Pack | None:
        """Draw one record; the packed sequence that it completes."""
        draw = self._mixture.next()
        self.counts.drawn += 1
        try:
            group = self._encode(draw)
        except InputError as error:
            self.counts.unreadable += 1
            self._unusable(draw, error)
            return None
        except PromptTooLongError as error:
            self._too_long(draw, error)
            return None
        if not self._packer.takes(group):
            size = sum(example.num_tokens for example in group)
            tiles = sum(example.num_tiles for example in group)
            message = f"A record of {size} tokens and {tiles} tiles fits no packed sequence."
            self._too_long(draw, InputError(message, "Allow more tokens or tiles."))
            return None
        self._num_unusable_in_a_row = 0
        self._mixture.count_tokens(draw, sum(example.num_tokens for example in group))
        packs = self._packer.add(*group)
        return packs[0] if packs else None

    def _encode(self, draw: Draw) -> Group:
        record = self._mixture.record(draw)
        rules = self._mixture.sources[draw.source]
        examples = self._encoder.encode(record, self._mixture.rng(draw), rules)
        return tuple(replace(example, draw=draw) for example in examples)

    def _too_long(self, draw: Draw, error: InputError | PromptTooLongError) -> None:
        self.counts.too_long += 1
        self._unusable(draw, error)

    def _unusable(self, draw: Draw, error: InputError | PromptTooLongError) -> None:
        counts, tolerance = self.counts, self._tolerance
        source = self._mixture.sources[draw.source].name
        _log.warning("Left out record %d of %s: %s", draw.index, source, error)
        self._num_unusable_in_a_row += 1
        most = max(tolerance.min_unreadable, tolerance.max_unreadable_share * counts.drawn)
        in_a_row = self._num_unusable_in_a_row
        if counts.unreadable > most or in_a_row > tolerance.max_unusable_in_a_row:
            raise InputError(
                f"Of {counts.drawn} records {counts.unreadable} cannot be read and"
                f" {counts.too_long} are too long, the last in {source}: {error.message}",
                "Repair the data or leave them out, then go on from the last checkpoint.",
            ) from error


class PackSource(Protocol):
    """The streams of one process."""

    def next(self, stream_index: int) -> Pack:
        """The next packed sequence of a stream; raises what `PackStream.next` raises."""

    def state(self) -> dict[int, StreamState]:
        """Where each stream is after the packed sequences that were handed out."""

    def restore(self, states: Mapping[int, StreamState]) -> None:
        """Go on there; `states` may hold other processes' streams too."""

    def close(self) -> None:
        """Let go of helpers; a second call does nothing."""


MakeStream = Callable[[int], PackStream]
"""Opens a stream by its index, always alike."""


def streams_of(rank: int, num_processes: int, num_streams: int) -> range:
    """Which streams a process has."""
    return range(rank, num_streams, num_processes)


class LocalStreams:
    """A `PackSource` that works when it is asked.

    Args:
        make_stream: Opens a stream.
        stream_indices: Those of this process.
    """

    def __init__(self, make_stream: MakeStream, stream_indices: Iterable[int]) -> None:
        self._streams = {index: make_stream(index) for index in stream_indices}

    def next(self, stream_index: int) -> Pack:
        """See `PackSource`."""
        return self._streams[stream_index].next()

    def state(self) -> dict[int, StreamState]:
        """See `PackSource`."""
        return {index: stream.state() for index, stream in self._streams.items()}

    def restore(self, states: Mapping[int, StreamState]) -> None:
        """See `PackSource`."""
        for index, stream in self._streams.items():
            stream.restore(states[index])

    def close(self) -> None:
        """Nothing to let go of."""
