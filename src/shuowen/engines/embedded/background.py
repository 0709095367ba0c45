"""Values that threads of a pool work out while their owner does something else.

The pool is shared by all pages that are being read. A page has a few of its values in the pool's
queue at a time, so pages get on side by side, and one that came later does not wait for all lines
of one that came before.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """The values of some tasks, worked out in an order that may be changed on the way.

    Who waits for a value works along. A context: once it is left, what has not begun never will.
    """

    def __init__(self, pool: Executor, tasks: Sequence[Callable[[], T]], *, width: int) -> None:
        """Begins with the tasks in their order, at most `width` of them at a time in the pool."""
        self._pool = pool
        self._tasks = tasks
        self._values: list[Future[T]] = [Future() for _ in tasks]
        self._waiting = deque(range(len(tasks)))
        self._lock = threading.Lock()
        for _ in range(min(width, len(tasks))):
            pool.submit(self._work)

    def arrange(self, order: Sequence[int]) -> None:
        """Takes the tasks, by number, in this order from now on; those not named come last."""
        places = {number: place for place, number in reversed(list(enumerate(order)))}
        with self._lock:
            last = len(order)
            self._waiting = deque(sorted(self._waiting, key=lambda n: places.get(n, last)))

    def values(self, numbers: Sequence[int]) -> list[T]:
        """The values of the tasks with these numbers; raises what they raise."""
        return [self._value(number) for number in numbers]

    def all_values(self) -> list[T]:
        """The values of all tasks."""
        return self.values(range(len(self._tasks)))

    def __enter__(self) -> Background[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._waiting.clear()

    def _value(self, number: int) -> T:
        while not self._values[number].done() and self._do_next():
            pass
        return self._values[number].result()

    def _work(self) -> None:
        """Does one task and gets in line for the next, behind the tasks of other pages."""
        while self._do_next():
            try:
                self._pool.submit(self._work)
            except RuntimeError:  # the program ends and the pool takes no more: go on here
                continue
            return

    def _do_next(self) -> bool:
        """Does the next task, if there is one."""
        with self._lock:
            if not self._waiting:
                return False
            number = self._waiting.popleft()
        try:
            self._values[number].set_result(self._tasks[number]())
        except BaseException as error:
            self._values[number].set_exception(error)
            if not isinstance(error, Exception):
                raise  # Ctrl-C, which may come to whoever works along, stops more than this task
        return True
