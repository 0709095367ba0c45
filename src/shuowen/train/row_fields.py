"""Fields of a row of JSON, with a complaint that `jsonl` completes with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RowError(ValueError):
    """A row that is no record; the text says why, without file and line."""


def string(row: Mapping[str, Any], field: str) -> str:
    """A field that must be text; raises `RowError`."""
    value = row.get(field)
    if not isinstance(value, str):
        kind = "missing" if value is None else f"a {type(value).__name__}, not text"
        raise RowError(f'"{field}" is {kind}')
    return value
