"""The log: JSON, a line for each thing that happened, without what documents or requests say."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import msgspec


class JsonLines(logging.Formatter):
    """A record as one line of JSON.

    Of an exception it has the class and the places in the code, not the message: that may quote a
    document, a file name or a key.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        fields: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "message": _message(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = type(record.exc_info[1]).__name__
            fields["traceback"] = _places(record.exc_info[1])
        return msgspec.json.encode(fields).decode()


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Write this process's log to standard error, and nowhere else, while the block runs."""
    root, own = logging.getLogger(), logging.getLogger("shuowen")
    handlers, level = root.handlers, own.level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root.handlers = [handler]
    own.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        root.handlers = handlers
        own.setLevel(level)


def _message(record: logging.LogRecord) -> str:
    """What happened. Of others' messages the first line: asyncio quotes exceptions in the rest."""
    text = record.getMessage().strip()
    return text if record.name.partition(".")[0] == "shuowen" else text.partition("\n")[0]


def _time(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


def _places(error: BaseException) -> list[str]:
    """Where an exception and those behind it were raised, the innermost place last."""
    places: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        places = [*_frames(current.__traceback__), type(current).__name__, *places]
        current = current.__cause__ or current.__context__
    return places


def _frames(tracing: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(tracing)
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(filename: str) -> str:
    """A file's place below its package's folder: where it is installed is nobody's business."""
    return filename.replace("\\", "/").rpartition("site-packages/")[2].rpartition("/src/")[2]
