"""The data of a run: this process's streams, made ahead of time, and how many steps there are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from math import ceil
from typing import Any

from shuowen.errors import ShuowenError, UsageError
from shuowen.prompt.processor import Processor
from shuowen.train.encode import Encoder, EncodeTrainOptions
from shuowen.train.mixture import Mixture
from shuowen.train.packing import Pack, Packer
from shuowen.train.parallel import Processes
from shuowen.train.prefetch import PooledStreams
from shuowen.train.recipe import DataOptions, Recipe
from shuowen.train.recipe_data import open_sources
from shuowen.train.sources import Source
from shuowen.train.stream import LocalStreams, PackSource, PackStream, streams_of

_NUM_SAMPLES = 64


class OpenStream:
    """Opens any stream of a recipe; can be sent to another process.

    Args:
        recipe: What is trained.
        processor: The model's.
    """

    def __init__(self, recipe: Recipe, processor: Processor) -> None:
        self._recipe = replace(recipe, data=_portable(recipe.data))
        self._processor = processor
        self._sources: list[Source] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_sources": None}  # each process opens its own files

    def __call__(self, stream_index: int) -> PackStream:
        """The stream of that number, at its beginning."""
        return PackStream(self.mixture(stream_index), self.encoder(), Packer(self._recipe.packing))

    def mixture(self, stream_index: int) -> Mixture:
        """Its draws; the sources are opened once for all streams."""
        recipe = self._recipe
        if self._sources is None:
            self._sources = open_sources(recipe.data, recipe.seed)
        return Mixture(self._sources, recipe.seed, stream_index, recipe.packs_per_step)

    def encoder(self) -> Encoder:
        """How the recipe makes examples of records."""
        recipe = self._recipe
        return Encoder(
            self._processor,
            EncodeTrainOptions(
                max_tokens=recipe.packing.max_tokens,
                position_step=recipe.position_step,
                max_tiles=recipe.max_tiles,
                jpeg=recipe.jpeg,
            ),
        )


class RunData:
    """The streams that this process reads.

    Args:
        source: Gives their packed sequences.
        indices: Which streams these are.
    """

    def __init__(self, source: PackSource, indices: range) -> None:
        self._source, self._indices = source, indices

    def packs(self) -> list[tuple[int, Pack]]:
        """The next packed sequence of every stream, with the stream's number."""
        return [(index, self._source.next(index)) for index in self._indices]

    def state(self) -> dict[str, Any]:
        """Places of the streams by number, as JSON."""
        return {str(index): state for index, state in self._source.state().items()}

    def restore(self, states: Mapping[str, Any]) -> None:
        """Go on at the places of `states`, which has all streams of the run."""
        self._source.restore({int(index): state for index, state in states.items()})

    def close(self) -> None:
        """Let go of helpers."""
        self._source.close()


def open_data(
    open_stream: OpenStream, num_streams: int, num_workers: int, here: Processes
) -> RunData:
    """Open this process's streams.

    Raises:
        UsageError: The packed sequences of a step cannot be shared out evenly.
        InputError: A file cannot be read.
    """
    if num_streams % here.world:
        raise UsageError(
            f"{num_streams} packed sequences a step cannot be shared by {here.world} processes.",
            "Set packs_per_step to a multiple of the number of processes.",
        )
    indices = streams_of(here.rank, here.world, num_streams)
    source: PackSource = (
        PooledStreams(open_stream, indices, num_workers)
        if num_workers
        else LocalStreams(open_stream, indices)
    )
    return RunData(source, indices)


def num_steps_of(recipe: Recipe, open_stream: OpenStream) -> int:
    """Optimiser steps of a recipe.

    Where it counts epochs, the first examples are encoded to see how many fill a packed sequence;
    the answer is an estimate, and the same on every machine.
    """
    if recipe.num_steps is not None:
        return recipe.num_steps
    mixture, encoder = open_stream.mixture(0), open_stream.encoder()
    num_records = sum(len(source) for source in mixture.sources)
    num_samples = min(_NUM_SAMPLES, num_records)
    tokens = tiles = 0
    for _ in range(num_samples):
        draw, before = mixture.next(), tokens
        rules = mixture.sources[draw.source]
        with suppress(ShuowenError):  # an unusable record takes no room
            for each in encoder.encode(mixture.record(draw), mixture.rng(draw), rules):
                tokens, tiles = tokens + each.num_tokens, tiles + each.num_tiles
        mixture.count_tokens(draw, tokens - before)
    packing = recipe.packing
    packs = max(tokens / packing.max_tokens, tiles / packing.max_tiles) / num_samples
    return max(1, ceil(packs * num_records * (recipe.num_epochs or 1) / recipe.packs_per_step))


def _portable(data: DataOptions) -> DataOptions:
    """The same without read-only mappings, which cannot be sent to another process."""
    made = tuple(replace(each, options=dict(each.options)) for each in data.made)
    return replace(data, made=made)
