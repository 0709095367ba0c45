"""Records in a file of JSON lines: found by offset, read one at a time. Needs no torch.

Rows are upstream's (OpenGVLab/InternVL, docs: chat_data_format, preference_optimization)::

    {"image": "a.png", "conversations": [{"from": "human", "value": "<image>\\n…"}, {"from": "gpt",
     "value": "…"}]}
    {"image": "a.png", "question": "…", "chosen": "…", "rejected": "…"}

or those of TRL (see `trl_rows`). Pictures may also be listed as "images".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import InputError, UsageError
from shuowen.source.model import readable
from shuowen.train.records import Conversation, FilePicture, Preference, Record, Role, Turn
from shuowen.train.row_fields import RowError, string
from shuowen.train.trl_rows import trl_record

_SPEAKERS: Mapping[str, Role] = {"human": "user", "gpt": "assistant", "system": "system"}
_CHUNK_BYTES = 1 << 24


class JsonlSource:
    """A file of rows; only where each begins is kept in memory.

    Args:
        path: The file.
        root: Folder that names of pictures are relative to; None: the file's own. Absolute names
            are taken as they are.
        name: What people and checkpoints know it by; None: the file's name.
        weight: Its share among the sources of a mixture; None: how many records it has.
        max_tiles: Most tiles of a record's pictures; None: the model's.
        augment: Whether tiles may be compressed at random.
        share: Which part of the rows is used, above 0 and at most 1; taken evenly over the file.

    Whether records have pictures is read off the first.

    Raises:
        InputError: The file cannot be read, has no rows, or its first row is damaged.
    """

    def __init__(
        self,
        path: Path,
        root: Path | None = None,
        *,
        name: str | None = None,
        weight: float | None = None,
        max_tiles: int | None = None,
        augment: bool = False,
        share: float = 1.0,
    ) -> None:
        if not 0 < share <= 1:
            raise UsageError(f"The share of {path} is {share}.", "Choose above 0 and at most 1.")
        self.path, self.root = path, path.parent if root is None else root
        self.name = path.name if name is None else name
        self.max_tiles, self.augment = max_tiles, augment
        self._starts = row_starts(path)
        if not len(self._starts):
            raise InputError(f"{path} has no rows.", "It should have one JSON object a line.")
        self._num_records = max(1, round(len(self._starts) * share))
        self.weight = float(self._num_records) if weight is None else weight
        self.is_multimodal = bool(self.record(0).pictures)

    def __len__(self) -> int:
        return self._num_records

    def record(self, index: int) -> Record:
        """The record at `index`; raises `InputError` that names file and line of a damaged row."""
        row_index = index * len(self._starts) // self._num_records
        start = int(self._starts[row_index])
        with readable(str(self.path)), self.path.open("rb") as stream:
            stream.seek(start)
            line = stream.readline()
        try:
            return parse_row(_json_object(line), self.root, f"{self.name}:{row_index + 1}")
        except RowError as error:
            raise InputError(
                f"{self.path}, line {self._line_number(start)}: {error}.",
                "Correct the row, or take it out.",
            ) from error

    def _line_number(self, start: int) -> int:
        """Counted only for an error: blank lines are no rows but are lines."""
        with readable(str(self.path)), self.path.open("rb") as stream:
            return stream.read(start).count(b"\n") + 1


def row_starts(path: Path) -> NDArray[np.int64]:
    """Offsets of all lines that are not blank; raises `InputError`."""
    starts = [np.zeros(1, np.int64)]
    num_read = 0
    with readable(str(path)), path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            breaks = np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n"))
            starts.append(breaks + (num_read + 1))
            num_read += len(chunk)
    lines = np.concatenate(starts)
    ends = np.append(lines[1:], num_read)
    lengths = ends - lines
    is_row = lengths > 2  # "{}" and a line break would be longer
    short = np.flatnonzero(~is_row & (lengths > 0))
    if len(short):  # blank, or too short to be an object, which `record` will say
        with readable(str(path)), path.open("rb") as stream:
            for place in short:
                stream.seek(int(lines[place]))
                is_row[place] = bool(stream.readline().strip())
    return lines[is_row]


def parse_row(row: Mapping[str, Any], root: Path, key: str) -> Record:
    """A row as a record.

    Args:
        row: What the JSON object says.
        root: Folder that names of pictures are relative to.
        key: Names the record.

    Raises:
        RowError: The row is none of the forms.
    """
    if "video" in row or "videos" in row:
        raise RowError("videos are not supported here")
    pictures = tuple(FilePicture(root / name) for name in _picture_names(row))
    if "conversations" in row:
        return Conversation(key=key, turns=_conversation(row["conversations"]), pictures=pictures)
    if "question" in row:
        return Preference(
            key=key,
            turns=(Turn("user", string(row, "question")),),
            pictures=pictures,
            chosen=string(row, "chosen"),
            rejected=string(row, "rejected"),
        )
    return trl_record(row, pictures, key, root)


def _json_object(line: bytes) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:  # of JSON or of UTF-8
        raise RowError(f"no JSON ({error})") from error
    if not isinstance(row, dict):
        raise RowError("no JSON object")
    return row


def _picture_names(row: Mapping[str, Any]) -> list[str]:
    names: list[str] = []
    for field in ("image", "images"):
        value = row.get(field)
        listed = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if not all(isinstance(name, str) and name for name in listed):
            raise RowError(f'"{field}" is not the path of a picture or a list of paths')
        names += listed
    return names


def _conversation(said: object) -> tuple[Turn, ...]:
    if not isinstance(said, list) or not said:
        raise RowError('"conversations" is not a list of turns')
    turns = []
    for place, turn in enumerate(said):
        speaker = _SPEAKERS.get(turn.get("from", "")) if isinstance(turn, dict) else None
        if speaker is None:
            raise RowError(f"turn {place + 1} is not from human, gpt or system")
        if speaker == "system" and place:
            raise RowError(f"turn {place + 1} is from system, which may only come first")
        turns.append(Turn(speaker, string(turn, "value")))
    if not any(turn.role == "assistant" for turn in turns):
        raise RowError("no turn is from gpt, so there is nothing to learn")
    return tuple(turns)
