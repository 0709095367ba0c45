"""The safetensors format: eight bytes of length, a JSON header, then the tensors' bytes.

Format: huggingface/safetensors README. Files come from strangers, so every number in the header is
checked against the file before a byte is mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated

import msgspec
import torch

from shuowen.errors import ModelError

MAX_HEADER_BYTES = 100_000_000
"""As the safetensors library has it."""

DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_LENGTH_BYTES = 8
_METADATA = "__metadata__"
_AGAIN = "Download the file again."


class _Entry(msgspec.Struct):
    dtype: str
    shape: list[Annotated[int, msgspec.Meta(ge=0)]]
    data_offsets: tuple[int, int]


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in its file."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    start_byte: int
    """From the beginning of the file."""

    @property
    def num_bytes(self) -> int:
        """Size in the file."""
        return prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class Header:
    """All that a file says of its tensors."""

    tensors: Mapping[str, StoredTensor]
    metadata: Mapping[str, str]


def read_header(path: Path) -> Header:
    """Read and check the header of one file.

    Raises:
        ModelError: The file is missing, truncated or no safetensors file.
    """
    try:
        with path.open("rb") as file:
            file_bytes = path.stat().st_size
            header_bytes = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 2 <= header_bytes <= min(MAX_HEADER_BYTES, file_bytes - _LENGTH_BYTES):
                raise _damaged(path, "its header does not fit into it")
            text = file.read(header_bytes)
    except FileNotFoundError as error:
        raise ModelError(f"{path.name} is missing.", _AGAIN) from error
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}.", _AGAIN) from error
    try:
        entries = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        metadata = msgspec.json.decode(entries.pop(_METADATA, b"{}"), type=dict[str, str])
        data_start = _LENGTH_BYTES + header_bytes
        tensors = {name: _tensor(path, name, raw, data_start) for name, raw in entries.items()}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _damaged(path, f"its header makes no sense ({error})") from error
    _check_places(path, tensors.values(), data_start, file_bytes)
    return Header(tensors, metadata)


def _tensor(path: Path, name: str, raw: msgspec.Raw, data_start: int) -> StoredTensor:
    entry = msgspec.json.decode(raw, type=_Entry)
    if entry.dtype not in DTYPES:
        raise ModelError(f"{path.name} holds {name} in the unknown type {entry.dtype}.", _AGAIN)
    start, end = entry.data_offsets
    tensor = StoredTensor(DTYPES[entry.dtype], tuple(entry.shape), data_start + start)
    if start < 0 or end - start != tensor.num_bytes:
        raise _damaged(path, f"the size of {name} is not that of its numbers")
    return tensor


def _check_places(
    path: Path, tensors: Iterable[StoredTensor], data_start: int, file_bytes: int
) -> None:
    """No two tensors share a byte, and none ends behind the file."""
    end = data_start
    for tensor in sorted(tensors, key=lambda each: (each.start_byte, each.num_bytes)):
        if tensor.start_byte < end:
            raise _damaged(path, "tensors in it overlap")
        end = tensor.start_byte + tensor.num_bytes
    if end > file_bytes:
        raise _damaged(path, f"it has {file_bytes} of {end} bytes")


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(f"{path.name} is damaged: {why}.", _AGAIN)


def make_header(
    tensors: Mapping[str, tuple[torch.dtype, tuple[int, ...]]], metadata: Mapping[str, str]
) -> bytes:
    """The first bytes of a file whose tensors follow without gaps, in this order."""
    header: dict[str, object] = {_METADATA: dict(metadata)}
    place = 0
    for name, (dtype, shape) in tensors.items():
        end = place + prod(shape) * dtype.itemsize
        header[name] = {"dtype": _NAMES[dtype], "shape": shape, "data_offsets": (place, end)}
        place = end
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % _LENGTH_BYTES)  # so that the data starts aligned
    return len(text).to_bytes(_LENGTH_BYTES, "little") + text
