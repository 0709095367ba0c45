"""Tensors streamed into safetensors files: never more than one of them in memory at a time.

The safetensors library's own writer wants all tensors of a file at once; here their sizes are known
first, which settle the files and their headers, and each tensor is made when its turn comes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from shuowen.errors import InternalError
from shuowen.model.weights.safetensors_header import make_header
from shuowen.model.weights.shards import INDEX_NAME, SINGLE_NAME

MAX_SHARD_BYTES = 5 * 10**9
"""As transformers has it."""

_METADATA = {"format": "pt"}


@dataclass(frozen=True)
class Planned:
    """A tensor to be written."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    make: Callable[[], Tensor]
    """Gives the tensor, on any device; called once, when it is written."""

    @property
    def num_bytes(self) -> int:
        """Size in the file."""
        return prod(self.shape) * self.dtype.itemsize

    @classmethod
    def of(cls, name: str, tensor: Tensor) -> Planned:
        """A tensor that exists already."""
        return cls(name, tensor.dtype, tuple(tensor.shape), lambda: tensor)


def write_shards(
    folder: Path,
    tensors: Iterable[Planned],
    max_shard_bytes: int = MAX_SHARD_BYTES,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write `model.safetensors`, or several files with their index, into an existing folder.

    Args:
        folder: Gets the files.
        tensors: In any order; they stay in it from file to file.
        max_shard_bytes: Largest file, but for a single larger tensor.
        metadata: Texts that every file carries beside transformers' own.

    Raises:
        OSError: The files cannot be written.
    """
    shards = _split(tensors, max_shard_bytes)
    names = [
        f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        for number in range(1, len(shards) + 1)
    ]
    if len(shards) == 1:
        names = [SINGLE_NAME]
    for name, shard in zip(names, shards, strict=True):
        _write_file(folder / name, shard, {**_METADATA, **(metadata or {})})
    if len(shards) > 1:
        index = {
            "metadata": {"total_size": sum(each.num_bytes for shard in shards for each in shard)},
            "weight_map": {
                each.name: name for name, shard in zip(names, shards, strict=True) for each in shard
            },
        }
        text = msgspec.json.format(msgspec.json.encode(index), indent=2)
        (folder / INDEX_NAME).write_bytes(text + b"\n")


def _split(tensors: Iterable[Planned], max_bytes: int) -> list[list[Planned]]:
    shards: list[list[Planned]] = [[]]
    num_bytes = 0
    for each in tensors:
        if shards[-1] and num_bytes + each.num_bytes > max_bytes:
            shards.append([])
            num_bytes = 0
        shards[-1].append(each)
        num_bytes += each.num_bytes
    return shards


def _write_file(path: Path, tensors: Sequence[Planned], metadata: Mapping[str, str]) -> None:
    # Wide types first, so that every tensor starts at a multiple of its own width.
    ordered = sorted(tensors, key=lambda each: -each.dtype.itemsize)
    with path.open("xb") as file:
        file.write(make_header({each.name: (each.dtype, each.shape) for each in ordered}, metadata))
        for each in ordered:
            file.write(_raw(each))
        file.flush()
        os.fsync(file.fileno())


@torch.no_grad()
def _raw(planned: Planned) -> memoryview:
    tensor = planned.make()
    if tuple(tensor.shape) != planned.shape or tensor.dtype != planned.dtype:
        raise InternalError(
            f"{planned.name} is {tensor.dtype} {list(tensor.shape)}, planned was"
            f" {planned.dtype} {list(planned.shape)}.",
            "Report it.",
        )
    flat = tensor.detach().to("cpu").contiguous().view(-1)
    return flat.view(torch.uint8).numpy().data
