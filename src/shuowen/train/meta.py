"""Upstream's meta.json: which files of rows make up the data, and how often each is seen.

OpenGVLab/InternVL, docs: chat_data_format. Needs no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shuowen.errors import InputError
from shuowen.source.model import readable
from shuowen.train.jsonl import JsonlSource


def sources_from_meta(path: Path) -> list[JsonlSource]:
    """Open every file of rows that a meta.json names.

    ::

        {"name": {"root": "pictures/", "annotation": "rows.jsonl", "data_augment": true,
                  "max_dynamic_patch": 12, "repeat_time": 0.5, "length": 1000}}

    `repeat_time` below 1 uses that part of the rows, above 1 draws the source that much more often.
    The weight of a source is the number of its records times that. `length` is not trusted: rows
    are counted. Relative paths are taken from the meta file's folder, and where nothing is there,
    from the current one, as upstream does.

    Raises:
        InputError: The file, or one that it names, is missing or damaged.
    """
    with readable(str(path)):
        text = path.read_bytes()
    try:
        meta = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}.", "Correct it.") from error
    if not isinstance(meta, dict) or not meta:
        raise InputError(f"{path} names no data.", 'It should be {"name": {"annotation": …}}.')
    return [_source(path, name, entry) for name, entry in meta.items()]


def _source(path: Path, name: str, entry: object) -> JsonlSource:
    if not isinstance(entry, dict):
        raise InputError(f"{path}: {name} is not an object.", "Give root and annotation.")
    repeat = _number(path, name, entry, "repeat_time", 1.0)
    if not repeat > 0:
        raise InputError(f"{path}: repeat_time of {name} is {repeat:g}.", "Choose above 0.")
    most = _number(path, name, entry, "max_dynamic_patch", 0)
    source = JsonlSource(
        _place(path, _text(path, name, entry, "annotation")),
        _place(path, _text(path, name, entry, "root", "")),
        name=name,
        max_tiles=int(most) or None,
        augment=bool(entry.get("data_augment", False)),
        share=min(repeat, 1.0),
    )
    source.weight *= max(repeat, 1.0)
    return source


def _place(meta: Path, name: str) -> Path:
    beside = meta.parent / name
    return beside if beside.exists() or not Path(name).exists() else Path(name)


def _text(
    path: Path, name: str, entry: Mapping[str, Any], field: str, default: str | None = None
) -> str:
    value = entry.get(field, default)
    if not isinstance(value, str):
        raise InputError(f"{path}: {field} of {name} is missing or no text.", "Give a path.")
    return value


def _number(path: Path, name: str, entry: Mapping[str, Any], field: str, default: float) -> float:
    value = entry.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{path}: {field} of {name} is {value!r}.", "Give a number.")
    return float(value)
