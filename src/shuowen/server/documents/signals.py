"""Telling those who listen to a job that something about it has changed; what, the table says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Ear:
    """One listener, in the event loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait for news since the last call, at most so long; whether there are any."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._heard.wait(), seconds)
        was_heard = self._heard.is_set()
        self._heard.clear()
        return was_heard

    def tell(self) -> None:
        """There are news; may be called from any thread."""
        with suppress(RuntimeError):  # the listener's loop was closed
            self._loop.call_soon_threadsafe(self._heard.set)


class Signals:
    """Who listens to which job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: dict[str, set[Ear]] = {}

    @property
    def num_listening(self) -> int:
        """How many listen at the moment, to whatever job."""
        with self._lock:
            return sum(map(len, self._ears.values()))

    @contextmanager
    def listening(self, job_id: str) -> Iterator[Ear]:
        """Hear of a job as long as the block runs; what happens in it is not missed."""
        ear = Ear()
        with self._lock:
            self._ears.setdefault(job_id, set()).add(ear)
        try:
            yield ear
        finally:
            with self._lock:
                self._ears[job_id].discard(ear)
                if not self._ears[job_id]:
                    del self._ears[job_id]

    def tell(self, job_id: str) -> None:
        """Something about a job has changed."""
        with self._lock:
            ears = tuple(self._ears.get(job_id, ()))
        for ear in ears:
            ear.tell()

    def tell_all(self) -> None:
        """Wake everybody, as when the server stops."""
        with self._lock:
            ears = tuple(ear for each in self._ears.values() for ear in each)
        for ear in ears:
            ear.tell()
