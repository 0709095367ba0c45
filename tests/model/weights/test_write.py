"""Streaming safetensors: the library reads what was written, and few tensors exist at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from shuowen.errors import InternalError
from shuowen.model.weights.safetensors_header import DTYPES, read_header
from shuowen.model.weights.shards import open_checkpoint
from shuowen.model.weights.write import Planned, write_shards

SHAPES = st.lists(st.integers(0, 5), max_size=3).map(tuple)


def numbered(dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    return torch.randint(0, 2, shape, generator=torch.Generator().manual_seed(1)).to(dtype)


@given(st.lists(st.tuples(st.sampled_from(sorted(DTYPES)), SHAPES), min_size=1, max_size=6))
def test_the_library_reads_any_mixture_of_types_and_shapes(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[tuple[str, tuple[int, ...]]]
) -> None:
    folder = tmp_path_factory.mktemp("written")
    tensors = {f"t{i}": numbered(DTYPES[name], shape) for i, (name, shape) in enumerate(kinds)}
    write_shards(folder, (Planned.of(*each) for each in tensors.items()), metadata={"kind": "x"})
    read = load_file(folder / "model.safetensors")
    assert read.keys() == tensors.keys()
    ours = open_checkpoint(folder)
    for name, values in tensors.items():
        for found in (read[name], ours.tensor(name)):
            assert found.dtype == values.dtype
            assert found.shape == values.shape
            assert torch.equal(found.float(), values.float())


def test_metadata_reaches_the_reader(tmp_path: Path) -> None:
    write_shards(tmp_path, [Planned.of("a", torch.ones(2))], metadata={"bits": "4"})
    expected = {"format": "pt", "bits": "4"}
    assert read_header(tmp_path / "model.safetensors").metadata == expected
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert file.metadata() == expected


def test_files_keep_to_their_size_and_the_index_finds_all(tmp_path: Path) -> None:
    tensors = {f"t{i}": torch.full((i + 1, 10), float(i)) for i in range(8)}
    write_shards(tmp_path, map(Planned.of, tensors, tensors.values()), max_shard_bytes=400)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(t.numel() * 4 for t in tensors.values())
    files = sorted(set(index["weight_map"].values()))
    assert files == [f"model-{i:05d}-of-{len(files):05d}.safetensors" for i in range(1, 6)]
    for name, file in index["weight_map"].items():
        assert torch.equal(load_file(tmp_path / file)[name], tensors[name])
        stored = read_header(tmp_path / file).tensors
        assert len(stored) == 1 or sum(each.num_bytes for each in stored.values()) <= 400


def test_a_tensor_is_made_only_after_the_one_before_is_written(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    sizes: list[int] = []

    def maker(number: int) -> Callable[[], Tensor]:
        def make() -> Tensor:
            sizes.append(path.stat().st_size)
            return torch.full((1 << 20,), number, dtype=torch.int8)

        return make

    write_shards(tmp_path, (Planned(f"t{i}", torch.int8, (1 << 20,), maker(i)) for i in range(4)))
    written = [size // (1 << 20) for size in sizes]
    assert written == [0, 1, 2, 3]


def test_a_tensor_that_is_not_as_planned_is_a_bug(tmp_path: Path) -> None:
    planned = Planned("a", torch.float32, (2,), lambda: torch.ones(3))
    with pytest.raises(InternalError, match="a is"):
        write_shards(tmp_path, [planned])
