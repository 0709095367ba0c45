"""Reading the files of public benchmarks: JSON that nobody checked, refused with file and row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from shuowen.errors import InputError

T = TypeVar("T")


def read_json(path: Path, form: type[T]) -> T:
    """The whole of a JSON file.

    Raises:
        InputError: It cannot be read, or is not what `form` says; names the file, and the row where
            the file is a list.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    return _decode(data, form, str(path))


def read_json_lines(path: Path, form: type[T]) -> Iterator[tuple[str, T]]:
    """The rows of a file with one JSON value a line, each with its place: "tests.jsonl:3".

    Lines are read one at a time, as some of these files are larger than memory.

    Raises:
        InputError: The file cannot be read, or a row is not what `form` says.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    place = f"{path}:{number}"
                    yield place, _decode(line, form, place)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}.") from error


def holds_json_like(path: Path, form: type[object], *, lines: bool = False) -> bool:
    """Whether a file can be read as `form`, with `lines` by its first row alone."""
    try:
        if lines:
            next(read_json_lines(path, form))
        else:
            read_json(path, form)
    except (InputError, StopIteration):
        return False
    return True


def _decode(data: bytes, form: type[T], place: str) -> T:
    try:
        return msgspec.json.decode(data, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # msgspec says where: "Object missing required field `question` - at `$[3]`".
        raise InputError(
            f"{place} is not as the benchmark publishes it: {error}.",
            "Download the file again, or name its format with --format.",
        ) from error
