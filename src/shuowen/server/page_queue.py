"""Whose page is next: in turns over owners, urgent ones first, and the others never starved."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

MAX_URGENT_IN_A_ROW = 3
"""After so many urgent items one that is not gets its turn, if any waits."""

T = TypeVar("T")


class PageQueue(Generic[T]):
    """What waits for a thread; methods may be called from any."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: _Line[T] = _Line()
        self._patient: _Line[T] = _Line()
        self._urgent_in_a_row = 0
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._urgent) + len(self._patient)

    def put(self, item: T, *, owner: str, urgent: bool) -> bool:
        """Get in line behind the owner's other items; False once the queue is closed."""
        with self._changed:
            if self._is_closed:
                return False
            (self._urgent if urgent else self._patient).put(owner, item)
            self._changed.notify()
            return True

    def take(self) -> T | None:
        """The next item, as soon as there is one; None once the queue is closed."""
        with self._changed:
            while not self._is_closed and not len(self):
                self._changed.wait()
            return None if self._is_closed else self._next()

    def remove(self, is_meant: Callable[[T], bool]) -> None:
        """Take items out of the line."""
        with self._changed:
            self._urgent.remove(is_meant)
            self._patient.remove(is_meant)

    def close(self) -> None:
        """Forget all items; whoever waits for one gets None."""
        with self._changed:
            self._is_closed = True
            self._urgent, self._patient = _Line(), _Line()
            self._changed.notify_all()

    def _next(self) -> T:
        if not len(self._patient):
            self._urgent_in_a_row = 0
            return self._urgent.take()
        if len(self._urgent) and self._urgent_in_a_row < MAX_URGENT_IN_A_ROW:
            self._urgent_in_a_row += 1
            return self._urgent.take()
        self._urgent_in_a_row = 0
        return self._patient.take()


class _Line(Generic[T]):
    """Items of several owners; every owner gets one turn after the other."""

    def __init__(self) -> None:
        self._owners: OrderedDict[str, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._owners.values()))

    def put(self, owner: str, item: T) -> None:
        self._owners.setdefault(owner, deque()).append(item)

    def take(self) -> T:
        owner, items = self._owners.popitem(last=False)
        item = items.popleft()
        if items:
            self._owners[owner] = items  # at the end: the others come first
        return item

    def remove(self, is_meant: Callable[[T], bool]) -> None:
        for owner, items in list(self._owners.items()):
            kept = deque(item for item in items if not is_meant(item))
            if kept:
                self._owners[owner] = kept
            else:
                del self._owners[owner]
