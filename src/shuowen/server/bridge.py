"""From asyncio to threads: blocking work that ends when nobody waits for it any more.

Every piece of work has a thread of its own: it may wait minutes for its turn at the desk, and in a
pool of threads a few such would keep everybody else waiting. How many there are at once is what
`admission.py` lets in.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from shuowen.errors import TimedOutError
from shuowen.source.stop import Stop

NUM_AHEAD = 8
"""Items that may wait for a slow client before the work waits too."""

T = TypeVar("T")
P = ParamSpec("P")
_here = threading.local()


def stop_of_thread() -> Stop:
    """The wish to end of whoever waits for this thread; one that is never set elsewhere."""
    stop = getattr(_here, "stop", None)
    return stop if isinstance(stop, Stop) else Stop()


async def in_thread(
    make: Callable[[], Iterator[T]], *, seconds: float | None = None
) -> AsyncGenerator[T, None]:
    """Run a blocking iterator on a thread of its own and give its items.

    When the consumer leaves, the thread's `stop_of_thread()` is set and the iterator is closed, in
    its own thread.

    Args:
        make: Makes the iterator, in the thread.
        seconds: Longest time from the first item's wish to the end; None for no limit.

    Raises:
        TimedOutError: The time is up.
        Exception: Whatever `make` or the iterator raise.
    """
    relay = _Relay(make, asyncio.get_running_loop())
    deadline = None if seconds is None else time.monotonic() + seconds
    relay.start()
    try:
        while True:
            item = await relay.take(deadline)
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        relay.leave()


async def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a blocking function returns, worked out on a thread; raises what it raises.

    A function that takes long looks at `stop_of_thread()`, as `Desk` does.
    """

    def one() -> Iterator[T]:
        yield function(*args, **kwargs)

    relay = _Relay(one, asyncio.get_running_loop())
    relay.start()
    try:
        item = await relay.take(None)
    finally:
        relay.leave()
    if isinstance(item, _End):
        assert item.error is not None, "a call gives a value or an error"
        raise item.error
    return item


@dataclass(frozen=True)
class _End:
    error: Exception | None


class _Relay(Generic[T]):
    """A thread that fills a small buffer, and the loop that empties it."""

    def __init__(self, make: Callable[[], Iterator[T]], loop: asyncio.AbstractEventLoop) -> None:
        self._make = make
        self._loop = loop
        self._items: deque[T | _End] = deque()
        self._room = threading.Semaphore(NUM_AHEAD)
        self._came = asyncio.Event()
        self._stop = Stop()

    def start(self) -> None:
        """Begin; the thread does not keep a process from ending."""
        threading.Thread(target=self._run, name="shuowen-request", daemon=True).start()

    async def take(self, deadline: float | None) -> T | _End:
        """The next item; raises `TimedOutError`."""
        while not self._items:
            self._came.clear()
            if self._items:
                break
            left = None if deadline is None else deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._came.wait(), left)
            except asyncio.TimeoutError:
                raise TimedOutError(
                    "The answer took longer than a request may.",
                    "Send fewer or smaller pages, or hand them in as a document job.",
                ) from None
        self._room.release()
        return self._items.popleft()

    def leave(self) -> None:
        """Nobody waits any more."""
        self._stop.set()
        self._room.release()

    def _run(self) -> None:
        _here.stop = self._stop
        end = _End(None)
        try:
            self._pass_on(self._make())
        except Exception as error:  # the loop's side raises it
            end = _End(error)
        self._put(end)

    def _pass_on(self, items: Iterator[T]) -> None:
        try:
            for item in items:
                self._room.acquire()
                if self._stop.is_set or not self._put(item):
                    return
        finally:
            close: Any = getattr(items, "close", None)
            if close is not None:
                close()

    def _put(self, item: T | _End) -> bool:
        """Hand an item over; whether there is still a loop that takes it."""
        self._items.append(item)
        try:
            self._loop.call_soon_threadsafe(self._came.set)
        except RuntimeError:  # the loop was closed
            return False
        return True
