"""What a server still loads before it can answer as fast as it should."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Readiness:
    """Things to wait for, each under its name; methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checks: dict[str, Callable[[], bool]] = {}

    def wait_for(self, name: str, is_there: Callable[[], bool]) -> None:
        """Count as ready only when `is_there`, which is asked each time and must be quick.

        Args:
            name: What it is, for people: "the embedded reader".
            is_there: Whether it can be used now.
        """
        with self._lock:
            self._checks[name] = is_there

    def missing(self) -> list[str]:
        """The names of what is not there now."""
        with self._lock:
            checks = list(self._checks.items())
        return [name for name, is_there in checks if not is_there()]
