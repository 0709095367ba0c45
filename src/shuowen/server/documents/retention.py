"""Erasing documents whose time is over, now and then, as long as the server runs."""

from __future__ import annotations

import threading

from shuowen.errors import ShuowenError
from shuowen.server.documents.jobs import Jobs

_MIN_SECONDS, _MAX_SECONDS = 0.5, 60.0


class Retention:
    """A thread that looks for expired documents."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        # A short time is kept to within a tenth of it, a long one to within a minute.
        tenth = jobs.limits.retention_seconds / 10
        self._seconds = min(max(tenth, _MIN_SECONDS), _MAX_SECONDS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="shuowen-retention", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop, after the erasing at hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._jobs.erase_expired()
            except ShuowenError:  # the disk is full: erasing later may help, so go on
                continue
