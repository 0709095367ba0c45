"""How long the steps of a page took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Timer:
    """Seconds spent in each named step of a page."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self._seconds = dict(seconds)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Adds the time until the block ends to step `name`."""
        start = time.perf_counter()
        yield
        self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - start

    def seconds(self) -> dict[str, float]:
        """All steps so far, to a tenth of a millisecond."""
        return {name: round(value, 4) for name, value in self._seconds.items()}
