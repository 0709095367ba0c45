"""Parts of a data set that are there whole or not at all, and putting them together."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from shuowen.hub.writing import writing
from shuowen.train.synthesize.truth_files import ANNOTATIONS, META, TRUTH, json_line, meta

PIECE = 20
"""Documents in a piece: so many at most are lost by each process when the work is stopped."""

_FOLDER = ".pieces"
_NAME = re.compile(r"(\d{8})-(\d{8})\.jsonl")


@dataclass(frozen=True, order=True)
class Piece:
    """Documents from number `start` up to and without `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def path(self, folder: Path) -> Path:
        """Where its rows are kept."""
        return folder / _FOLDER / f"{self.start:08}-{self.stop:08}.jsonl"


def all_pieces(count: int) -> list[Piece]:
    """The pieces of a data set of `count` documents."""
    return [Piece(start, min(start + PIECE, count)) for start in range(0, count, PIECE)]


def missing_pieces(folder: Path, count: int) -> list[Piece]:
    """Those pieces that have no rows yet."""
    return [piece for piece in all_pieces(count) if not piece.path(folder).is_file()]


def put(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all; its folder is created when missing.

    Raises:
        OutputError: The disk is full, or the folder cannot be written to.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part(path) as part:
            part.write(data)


def put_together(folder: Path, count: int) -> int:
    """Write annotations.jsonl, truth.jsonl and meta.json from the pieces; returns how many rows
    the first has.

    Pieces of a smaller or larger `count` are left out, and those of a smaller one deleted.

    Raises:
        OutputError: As `put`; the files from before are still there.
    """
    num_rows = 0
    with writing(folder / ANNOTATIONS), ExitStack() as stack:
        annotations = stack.enter_context(_part(folder / ANNOTATIONS))
        truth = stack.enter_context(_part(folder / TRUTH))
        for row in _rows(folder, count):
            for asked in row["asked"]:
                annotations.write(json_line(asked).encode())
            truth.write(json_line(row["truth"]).encode())
            num_rows += len(row["asked"])
    put(folder / META, json.dumps(meta(folder.resolve().name, num_rows), indent=2).encode())
    _forget_smaller(folder, count)
    return num_rows


def _rows(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    for piece in all_pieces(count):
        if piece.path(folder).is_file():
            with piece.path(folder).open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)


def _forget_smaller(folder: Path, count: int) -> None:
    """Deletes the last piece of a smaller count, which a whole one has taken the place of."""
    wanted = {piece.path(folder).name for piece in all_pieces(count)}
    for path in (folder / _FOLDER).glob("*.jsonl"):
        match = _NAME.fullmatch(path.name)
        if match and path.name not in wanted and int(match[2]) <= count:
            path.unlink(missing_ok=True)


@contextmanager
def _part(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when the block ends well, and is gone when it does not."""
    part = path.parent / f".shuowen-{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
