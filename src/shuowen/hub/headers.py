"""What is in a safetensors file, from its header alone; no tensor is read and no torch is needed.

The format (https://github.com/huggingface/safetensors): eight bytes with the length of the header,
little-endian; the header as JSON, `{name: {dtype, shape, data_offsets}}`; then the tensors' bytes,
which the offsets cover without gap or overlap.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from shuowen.errors import ModelError

_MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64"), 64),
}


@dataclass(frozen=True, kw_only=True)
class TensorEntry:
    """One tensor of a file.

    Attributes:
        dtype: As the format calls it: "BF16".
        shape: Its sizes; empty for a single number.
        begin: First byte, counted from the end of the header.
        end: One past its last byte.
    """

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def num_parameters(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


def read_header(path: Path) -> dict[str, TensorEntry]:
    """The tensors of a file by name, once the header makes sense and the file is whole.

    Raises:
        ModelError: It is no safetensors file, or bytes are missing.
    """
    try:
        num_bytes = path.stat().st_size
        with path.open("rb") as stream:
            header_bytes = int.from_bytes(stream.read(8), "little")
            if not 0 < header_bytes <= min(_MAX_HEADER_BYTES, num_bytes - 8):
                raise ValueError("the length of its header is wrong")
            fields = json.loads(stream.read(header_bytes))
        entries = {name: _entry(each) for name, each in fields.items() if name != "__metadata__"}
        _check_cover(entries, num_bytes - 8 - header_bytes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is no whole safetensors file: {error}.",
            "Download it again: `shuowen models verify` says which files are damaged.",
        ) from error
    return entries


def _entry(fields: Mapping[str, Any]) -> TensorEntry:
    begin, end = fields["data_offsets"]
    entry = TensorEntry(
        dtype=str(fields["dtype"]), shape=tuple(fields["shape"]), begin=begin, end=end
    )
    if not all(isinstance(each, int) and each >= 0 for each in (*entry.shape, begin, end)):
        raise ValueError("a size or offset is no number")
    bits = _BITS.get(entry.dtype)
    if bits is not None and entry.num_parameters * bits != 8 * (end - begin):
        raise ValueError("a tensor has another length than its shape says")
    return entry


def _check_cover(entries: Mapping[str, TensorEntry], data_bytes: int) -> None:
    reached = 0
    for entry in sorted(entries.values(), key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != reached:
            raise ValueError("its tensors overlap or leave gaps")
        reached = entry.end
    if reached != data_bytes:
        raise ValueError(f"it has {data_bytes} bytes of tensors where the header says {reached}")
