"""A folder of safetensors files, memory-mapped, whose pages are given back as soon as used.

Pages of a mapping that were read count as memory of the process until they are dropped; without
that, loading would seem to need, and in a container would need, the model twice.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from shuowen.errors import ModelError
from shuowen.model.config_json import load_json
from shuowen.model.weights.rules import Piece
from shuowen.model.weights.safetensors_header import Header, StoredTensor, read_header

INDEX_NAME = "model.safetensors.index.json"
SINGLE_NAME = "model.safetensors"

_CHUNK_BYTES = 4 << 20
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_NUMBERED = re.compile(r"-(\d{5})-of-(\d{5})\.safetensors$")
_WHOLE = "Download the folder again, whole."


class Shard:
    """One file, mapped for reading.

    Args:
        path: The file.
        header: What `read_header` said of it.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.header = header
        with path.open("rb") as file:
            # A private mapping counts as writable, which torch wants; nothing is ever written.
            # It is never closed by hand: torch keeps the mapping, but does not keep it open.
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._advise("MADV_SEQUENTIAL", 0, len(self._map))

    def tensor(self, name: str) -> Tensor:
        """A tensor as it lies in the file: a view, which is not to be written to."""
        stored = self.header.tensors[name]
        self._advise("MADV_RANDOM", *self._pages(stored.start_byte, stored.num_bytes))
        return self._view(stored, stored.shape, stored.start_byte)

    def copy_rows(self, piece: Piece, target: Tensor) -> None:
        """Copy all rows of a stored tensor to where they belong in one of our parameters.

        Args:
            piece: A tensor of this file.
            target: Our parameter, of any type and device.
        """
        stored = self.header.tensors[piece.name]
        row_shape = stored.shape[piece.num_leading_axes + 1 :]
        row_bytes = prod(row_shape) * stored.dtype.itemsize
        step = max(1, _CHUNK_BYTES // max(row_bytes, 1))
        for run in piece.runs:
            for skip in range(0, run.num_rows, step):
                num_rows = min(step, run.num_rows - skip)
                start = stored.start_byte + (run.stored_row + skip) * row_bytes
                rows = target[run.our_row + skip : run.our_row + skip + num_rows]
                rows.copy_(self._view(stored, (num_rows, *row_shape), start))
                self._drop(start, num_rows * row_bytes)

    def _view(self, stored: StoredTensor, shape: tuple[int, ...], start_byte: int) -> Tensor:
        if not prod(shape):
            return torch.empty(shape, dtype=stored.dtype)
        num_bytes = prod(shape) * stored.dtype.itemsize
        raw = torch.frombuffer(self._map, dtype=torch.uint8, count=num_bytes, offset=start_byte)
        if start_byte % stored.dtype.itemsize:
            raw = raw.clone()  # some writers do not align; a view of such bytes is refused
        return raw.view(stored.dtype).view(shape)

    def _drop(self, start_byte: int, num_bytes: int) -> None:
        self._advise("MADV_DONTNEED", *self._pages(start_byte, num_bytes))

    def _pages(self, start_byte: int, num_bytes: int) -> tuple[int, int]:
        """Where the page of a range's first byte starts, and how long the range is from there."""
        start = start_byte // mmap.PAGESIZE * mmap.PAGESIZE
        return start, start_byte + num_bytes - start

    def _advise(self, advice: str, start: int, length: int) -> None:
        # Windows has no advice; there the system drops pages when it wants to.
        if hasattr(mmap, advice) and length:
            self._map.madvise(getattr(mmap, advice), start, length)


class Checkpoint:
    """All tensors of a folder.

    Args:
        shards: The open files by name.
        index: Which file holds which tensor, where the folder says so.
    """

    def __init__(self, shards: Mapping[str, Shard], index: Mapping[str, str]) -> None:
        self._shard_of = {
            name: shard
            for file, shard in shards.items()
            for name in shard.header.tensors
            if index.get(name, file) == file
        }
        self.tensors: Mapping[str, StoredTensor] = {
            name: shard.header.tensors[name] for name, shard in self._shard_of.items()
        }
        """Type and shape of every stored tensor."""

    def tensor(self, name: str) -> Tensor:
        """See `Shard.tensor`."""
        return self._shard_of[name].tensor(name)

    def copy_rows(self, piece: Piece, target: Tensor) -> None:
        """See `Shard.copy_rows`."""
        self._shard_of[piece.name].copy_rows(piece, target)


def open_checkpoint(folder: Path) -> Checkpoint:
    """Map all safetensors files of a folder.

    Args:
        folder: With `model.safetensors`, or several files and their index.

    Returns:
        The tensors; the files stay mapped as long as any of them is held.

    Raises:
        ModelError: Files are missing or damaged (all are named), or there are only pickles.
    """
    index = _read_index(folder)
    names = sorted(set(index.values())) or _shard_names(folder)
    headers = _read_headers(folder, names)
    try:
        shards = {name: Shard(folder / name, headers[name]) for name in names}
    except (OSError, ValueError) as error:
        raise ModelError(f"The files in {folder} cannot be mapped: {error}.", _WHOLE) from error
    return Checkpoint(shards, index)


def _read_index(folder: Path) -> dict[str, str]:
    """Tensor name to file name; empty where there is no index."""
    path = folder / INDEX_NAME
    if not path.exists():
        return {}
    weight_map = load_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{path} names no tensors.", _WHOLE)
    for name in weight_map.values():
        # A stranger's index must not lead out of its folder.
        if not isinstance(name, str) or Path(name).name != name:
            raise ModelError(f"{path} names the file {name!r}, which is not in its folder.", _WHOLE)
    return weight_map


def _shard_names(folder: Path) -> list[str]:
    """The files of a folder without an index; raises `ModelError`."""
    if (folder / SINGLE_NAME).exists():
        return [SINGLE_NAME]
    names = sorted(path.name for path in folder.glob("*.safetensors"))
    if not names:
        raise _no_weights(folder)
    return sorted({*names, *_numbered_like(names)})


def _numbered_like(names: Iterable[str]) -> Iterator[str]:
    """All names of the series that a name like model-00002-of-00004.safetensors stands in."""
    for name in names:
        if match := _NUMBERED.search(name):
            for number in range(1, int(match.group(2)) + 1):
                suffix = f"-{number:05d}-of-{match.group(2)}.safetensors"
                yield name[: match.start()] + suffix


def _no_weights(folder: Path) -> ModelError:
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    if not pickles:
        return ModelError(f"{folder} holds no safetensors files.", _WHOLE)
    return ModelError(
        f"{folder} holds its weights as {pickles[0]}, a pickle, which could run anything.",
        "Take the safetensors files of the same model, or convert it where you trust it:"
        " safetensors.torch.save_file(torch.load(file, weights_only=True), 'model.safetensors').",
    )


def _read_headers(folder: Path, names: Iterable[str]) -> dict[str, Header]:
    headers, faults = {}, []
    for name in names:
        try:
            headers[name] = read_header(folder / name)
        except ModelError as error:
            faults.append(error.message)
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise ModelError(f"{folder}: {' '.join(faults[:5])}{more}", _WHOLE)
    return headers
