"""Which record comes next: sources in their shares, each in a new order every epoch.

Deterministic and resumable. A run has S streams; each draws on its own, so how streams are spread
over processes changes nothing. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from shuowen.errors import ConflictError, UsageError
from shuowen.train.permutation import Permutation
from shuowen.train.records import Record
from shuowen.train.sources import Source

_ORDER, _START, _RECORD = 1, 2, 3
"""What a seed is for; keeps the random numbers of one purpose from those of another."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A record that was drawn.

    Attributes:
        source: Which source, from 0.
        epoch: How often that source was gone through before.
        index: Which of its records.
        number: How many records the stream drew before.
    """

    source: int
    epoch: int
    index: int
    number: int

    def as_list(self) -> list[int]:
        """As JSON has it; `Draw(*numbers)` reads it."""
        return [self.source, self.epoch, self.index, self.number]


class Mixture:
    """One stream of draws.

    The next source is the one that is furthest behind its share of what was seen, counted in tokens
    (InternVL3 §2.2 gives shares of language and multimodal data by tokens) or in records. Streams
    begin at random points of that schedule, so that rare sources do not come to all at once.

    Inside a source, every epoch is a permutation; of S streams, number s takes the places s, s + S,
    s + 2S, … of all epochs one after another. No record comes twice before all came once.

    Args:
        sources: At least one; their order is part of the seed.
        seed: Of the run.
        stream_index: s, from 0.
        num_streams: S.
        count_by: Whether shares are of tokens or of records.

    Raises:
        UsageError: No sources, a weight that is not above 0, or no such stream.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        seed: int,
        stream_index: int = 0,
        num_streams: int = 1,
        *,
        count_by: Literal["tokens", "records"] = "tokens",
    ) -> None:
        self.sources = tuple(sources)
        _check(self.sources, stream_index, num_streams)
        self._seed, self._stream, self._num_streams = seed, stream_index, num_streams
        self._counts_tokens = count_by == "tokens"
        starts = np.random.default_rng([seed, _START, stream_index]).random(len(self.sources))
        self._starts = starts.tolist()
        self._sizes = [len(source) for source in self.sources]
        self._orders: dict[tuple[int, int], Permutation] = {}
        self._seen = [0] * len(self.sources)
        self._drawn = [0] * len(self.sources)

    @property
    def num_drawn(self) -> int:
        """Records drawn by this stream."""
        return sum(self._drawn)

    @property
    def seen(self) -> tuple[int, ...]:
        """Tokens (or records) counted for each source."""
        return tuple(self._seen)

    def next(self) -> Draw:
        """Draw a record; count its tokens with `count_tokens` before the next draw."""
        source = self._most_behind()
        place = self._stream + self._drawn[source] * self._num_streams
        epoch, place = divmod(place, self._sizes[source])
        draw = Draw(source, epoch, self._order(source, epoch)(place), self.num_drawn)
        self._drawn[source] += 1
        if not self._counts_tokens:
            self._seen[source] += 1
        return draw

    def count_tokens(self, draw: Draw, num_tokens: int) -> None:
        """Say how many tokens a drawn record has; 0 where it could not be used."""
        if self._counts_tokens:
            self._seen[draw.source] += num_tokens

    def record(self, draw: Draw) -> Record:
        """The record that was drawn; raises `InputError` when it is damaged."""
        return self.sources[draw.source].record(draw.index)

    def rng(self, draw: Draw) -> np.random.Generator:
        """Random numbers for all that is done to a record: other ones in every epoch."""
        return np.random.default_rng([self._seed, _RECORD, draw.source, draw.epoch, draw.index])

    def state(self) -> dict[str, Any]:
        """All that `restore` needs, as JSON."""
        return {
            "seed": self._seed,
            "streams": [self._stream, self._num_streams],
            "sources": [[s.name, size] for s, size in zip(self.sources, self._sizes, strict=True)],
            "drawn": list(self._drawn),
            "seen": list(self._seen),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            ConflictError: It is that of another seed, other sources or another number of streams.
        """
        mine = self.state()
        for what in ("seed", "streams", "sources"):
            if state[what] != mine[what]:
                raise ConflictError(
                    f"The run went through its data with {what} {state[what]}, and is to go on with"
                    f" {mine[what]}.",
                    "Start with the same recipe and data files, or in a new folder.",
                )
        self._drawn, self._seen = list(state["drawn"]), list(state["seen"])

    def _most_behind(self) -> int:
        """The source whose seen tokens, by its weight, are fewest.

        A start between 0 and 1 record of mean size is added to each. Where records are of like
        size, by any point a source has then, on average over streams, exactly its share.
        """
        mean = sum(self._seen) / max(1, self.num_drawn) or 1.0
        behind = [
            (seen + start * mean) / source.weight
            for seen, start, source in zip(self._seen, self._starts, self.sources, strict=True)
        ]
        return behind.index(min(behind))

    def _order(self, source: int, epoch: int) -> Permutation:
        key = (source, epoch)
        if key not in self._orders:
            old = [each for each in self._orders if each[0] == source and each[1] < epoch]
            for each in old:
                del self._orders[each]
            self._orders[key] = Permutation(self._sizes[source], self._seed, _ORDER, *key)
        return self._orders[key]


def _check(sources: Sequence[Source], stream_index: int, num_streams: int) -> None:
    if not sources:
        raise UsageError("There is no data to draw from.", "Name at least one source.")
    for source in sources:
        if not source.weight > 0 or not len(source):
            raise UsageError(
                f"{source.name} has the weight {source.weight} and {len(source)} records.",
                "Both must be above 0; leave a source out that is not to be used.",
            )
    if not 0 <= stream_index < num_streams:
        raise UsageError(f"There is no stream {stream_index} of {num_streams}.", "Count from 0.")
