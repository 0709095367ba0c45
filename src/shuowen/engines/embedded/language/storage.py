"""The file of a language model: a header that says what it is, then the levels of a trie.

Layout, little-endian: the magic, the header's length (4 bytes), the header (JSON), zeros up to a
multiple of 8; then for each level 1 … order: `symbols` (2 bytes each), `children` (4 bytes each,
one more than entries; not on the last level), `probabilities` and `backoffs` (1 byte each; no
backoffs on the last level), each array padded to a multiple of 8. An entry's children are the
entries `children[n]` up to `children[n + 1]` of the next level, sorted by symbol: the trie of
Germann et al. 2009 ("Tightly packed tries"), with offsets instead of their variable-length codes.

Probabilities and back-off weights are natural logarithms in `1 / STEPS_PER_NAT` nats, negated and
rounded up: what is read is never more than what was estimated, so that the probabilities after a
context never sum to more than one.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from shuowen.errors import ModelError

MAGIC = b"SWLM"
VERSION = 1
STEPS_PER_NAT = 12
"""Codes 0 to 255 reach down to -21.25 nats; the rounding costs 0.04 nats in the mean."""
ALIGNMENT = 8
REPAIR = "Install shuowen again."


class TextSource(msgspec.Struct, frozen=True, kw_only=True):
    """A package whose text was counted.

    Attributes:
        package: Its name and version, with the registry's kind: "deb:NAME VERSION".
        licence: SPDX identifier, or "public domain".
        sha256: Of the package's file.
        num_characters: How many characters were counted.
    """

    package: str
    licence: str
    sha256: str
    num_characters: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says about itself.

    Attributes:
        version: Of this layout.
        language: Whose text was counted, which says how text becomes symbols.
        licence: Under which the file is.
        sources: Where its text came from.
        symbols: For each symbol, the characters that it stands for; number 0 is every other one.
        levels: How many entries each level of the trie has.
    """

    version: int
    language: Literal["chinese", "english"]
    licence: str
    sources: tuple[TextSource, ...]
    symbols: tuple[str, ...]
    levels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level of the trie; the last has no children and no back-off weights.

    Attributes:
        symbols: Unsigned 16-bit numbers, (entries,).
        children: Unsigned 32-bit numbers, (entries + 1,), or empty.
        probabilities: Codes, (entries,).
        backoffs: Codes, (entries,), or empty.
    """

    symbols: memoryview
    children: memoryview
    probabilities: memoryview
    backoffs: memoryview


ArrayCode = Literal["B", "H", "I"]
"""An unsigned number's format, as `struct` has it: 1, 2 or 4 bytes."""


def array_sizes(num_entries: int, *, is_last: bool) -> tuple[tuple[ArrayCode, int], ...]:
    """Format and length of each array of a level, in their order."""
    if is_last:
        return (("H", num_entries), ("I", 0), ("B", num_entries), ("B", 0))
    return (("H", num_entries), ("I", num_entries + 1), ("B", num_entries), ("B", num_entries))


def padded(num_bytes: int) -> int:
    """Up to the next multiple of the alignment."""
    return -(-num_bytes // ALIGNMENT) * ALIGNMENT


def write_header(header: Header) -> bytes:
    """The file's beginning, up to its first array."""
    data = msgspec.json.encode(header)
    start = MAGIC + struct.pack("<I", len(data)) + data
    return start.ljust(padded(len(start)), b"\0")


def open_file(path: Path) -> tuple[Header, tuple[Level, ...]]:
    """Maps a file into memory; pages of it are read when they are first used.

    Raises:
        ModelError: It is missing, of another version, or not whole.
    """
    try:
        with path.open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:  # an empty file cannot be mapped: ValueError
        raise ModelError(f"The language model {path.name} is missing.", REPAIR) from error
    try:
        header, start = _read_header(view)
        return header, _levels(view, header, start)
    except (msgspec.DecodeError, struct.error, IndexError, ValueError) as error:
        raise ModelError(f"The language model {path.name} is damaged: {error}.", REPAIR) from error


def _read_header(view: memoryview) -> tuple[Header, int]:
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise ValueError("it does not begin like one")
    (length,) = struct.unpack_from("<I", view, len(MAGIC))
    start = len(MAGIC) + 4
    header = msgspec.json.decode(view[start : start + length], type=Header)
    if header.version != VERSION:
        raise ValueError(f"it has version {header.version} instead of {VERSION}")
    return header, padded(start + length)


def _levels(view: memoryview, header: Header, start: int) -> tuple[Level, ...]:
    levels = []
    for number, num_entries in enumerate(header.levels, start=1):
        arrays = []
        for code, length in array_sizes(num_entries, is_last=number == len(header.levels)):
            end = start + length * struct.calcsize(f"={code}")
            arrays.append(view[start:end].cast("B").cast(code))
            if len(arrays[-1]) != length:
                raise ValueError("it ends too early")
            start = padded(end)
        levels.append(Level(**dict(zip(Level.__annotations__, arrays, strict=True))))
    if len(view) != start or len(header.symbols) != header.levels[0]:
        raise ValueError("its length is not what its header says")
    _check_children(levels)
    return tuple(levels)


def _check_children(levels: list[Level]) -> None:
    for level, below in zip(levels, levels[1:], strict=False):
        if level.children[0] != 0 or level.children[-1] != len(below.symbols):
            raise ValueError("its levels do not fit together")
