"""The chain of directories in a TIFF: how many pages there are, and where the chain is broken.

Pillow ends a damaged chain without a word, so that lost pages would not be missed.
Layout: TIFF 6.0, section 2; BigTIFF: https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

_NEW_SUBFILE_TYPE = 254
_MAX_ENTRIES = 65535  # all that a classic TIFF can count to; BigTIFF could claim exabytes
_REDUCED_OR_MASK = 0b101  # bit 0: a thumbnail of another page, bit 2: a transparency mask


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Sizes that differ between TIFF and BigTIFF; formats are those of `struct`."""

    count: str
    entry_bytes: int
    value_at: int
    offset: str


def page_frames(stream: BinaryIO) -> list[int]:
    """Numbers of the directories that hold pages, from 0; thumbnails and masks are left out.

    Where every directory says that it is a thumbnail or a mask, some software wrote it wrongly,
    and all of them count.

    A directory that cannot be read ends the list and counts as one page, so that loading it tells
    of the damage.
    """
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    is_big = struct.unpack(f"{order}H", head[2:4]) == (43,)
    layout = _BIG if is_big else _CLASSIC
    offset = _number(head[8 if is_big else 4 :], order, layout.offset)
    frames: list[int] = []
    seen: set[int] = set()
    while offset and offset not in seen:
        frame_index = len(seen)
        seen.add(offset)
        try:
            subfile_type, offset = _directory(stream, offset, order, layout)
        except (struct.error, ValueError, OverflowError, OSError):
            return [*frames, frame_index]
        if not subfile_type & _REDUCED_OR_MASK:
            frames.append(frame_index)
    return frames or list(range(len(seen)))


def _directory(stream: BinaryIO, offset: int, order: str, layout: _Layout) -> tuple[int, int]:
    """One directory's NewSubfileType and the offset of the next; raises where bytes are missing."""
    stream.seek(offset)
    num_entries = _number(stream.read(8), order, layout.count)
    if num_entries > _MAX_ENTRIES:
        raise ValueError(f"{num_entries} entries in one TIFF directory")
    stream.seek(offset + struct.calcsize(f"={layout.count}"))
    entries = stream.read(num_entries * layout.entry_bytes)
    following = _number(stream.read(struct.calcsize(f"={layout.offset}")), order, layout.offset)
    for at in range(0, len(entries), layout.entry_bytes):
        if _number(entries[at:], order, "H") == _NEW_SUBFILE_TYPE:
            return _number(entries[at + layout.value_at :], order, "I"), following
    return 0, following


def _number(data: bytes, order: str, form: str) -> int:
    (value,) = struct.unpack_from(f"{order}{form}", data)
    return int(value)


_CLASSIC = _Layout(count="H", entry_bytes=12, value_at=8, offset="I")
_BIG = _Layout(count="Q", entry_bytes=20, value_at=12, offset="Q")
