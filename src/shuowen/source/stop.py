"""Breaking off, from another thread, what a thread waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop:
    """A wish that work ends soon; may be set from any thread, and stays set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actions: dict[int, Callable[[], None]] = {}
        self._is_set = False

    @property
    def is_set(self) -> bool:
        """Whether the work is to end."""
        return self._is_set

    def set(self) -> None:
        """Ask for the end; does what those who work asked for."""
        with self._lock:
            self._is_set = True
            for action in self._actions.values():
                action()

    @contextmanager
    def wakes(self, action: Callable[[], None]) -> Iterator[None]:
        """Do `action`, which is short and raises nothing, when the end is asked for in the block.

        It is done at once where that has happened already.
        """
        with self._lock:
            self._actions[id(action)] = action
            if self._is_set:
                action()
        try:
            yield
        finally:
            with self._lock:
                del self._actions[id(action)]
