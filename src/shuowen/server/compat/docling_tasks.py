"""Conversions that go on after the request: begun, asked after, fetched.

A caller's tasks run one after another, different callers' side by side, so that nobody waits for
another's hundred files. Results are kept for a limited time, and are gone when the server is.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from shuowen.errors import BusyError, NotFoundError, ShuowenError
from shuowen.server.bridge import call
from shuowen.server.compat.docling_convert import Answer, Order
from shuowen.server.compat.held import Held
from shuowen.server.replies import unexpected

_log = logging.getLogger("shuowen.server")

MAX_WAITING = 64
"""Tasks of one caller that have not ended."""
MAX_KEPT = 256
"""Tasks of one caller that are remembered; the oldest that have ended make room."""

State = Literal["pending", "started", "success", "failure"]
Work = Callable[[], Coroutine[Any, Any, Answer]]


@dataclass(kw_only=True)
class Task:
    """One task as it stands.

    Attributes:
        id: Random.
        owner: Id of the caller who began it.
        num_sources: How many sources it converts.
        state: How far it is.
        media_type: Of the result.
        result: The result's bytes, once there are any.
        error: Why it failed.
        was_fetched: Whether the caller has had the result.
        has_ended: Set when it succeeded or failed.
    """

    id: str
    owner: str
    num_sources: int
    state: State = "pending"
    media_type: str = ""
    result: Held | None = None
    error: ShuowenError | None = None
    was_fetched: bool = False
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)


class TaskList:
    """All tasks; for one event loop.

    Args:
        seconds: How long a result is kept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._tasks: dict[str, Task] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, order: Order, work: Work, clear: Callable[[], None]) -> Task:
        """Puts `work` behind the caller's other tasks; `clear` is called when it is over.

        Raises:
            BusyError: The caller has too many tasks that have not ended.
        """
        own = [task for task in self._tasks.values() if task.owner == order.owner]
        ended = [task for task in own if task.has_ended.is_set()]
        if len(own) - len(ended) >= MAX_WAITING:
            clear()
            message = f"{MAX_WAITING} of your tasks have not ended yet."
            raise BusyError(message, "Wait for some of them.", retry_after_seconds=10)
        ended.sort(key=lambda task: not task.was_fetched)
        for task in ended[: max(len(own) + 1 - MAX_KEPT, 0)]:
            self.forget(task)
        task = Task(id=str(uuid4()), owner=order.owner, num_sources=len(order.sources))
        self._tasks[task.id] = task
        running = asyncio.get_running_loop().create_task(self._run(task, work))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        running.add_done_callback(lambda _: clear())
        return task

    def get(self, owner: str, task_id: str) -> Task:
        """A caller's own task; raises `NotFoundError` for any other."""
        task = self._tasks.get(task_id)
        if task is None or task.owner != owner:
            raise NotFoundError("Task not found.")
        return task

    def position(self, task: Task) -> int | None:
        """How many of the caller's tasks come before a waiting one, itself counted."""
        if task.state != "pending":
            return None
        own = [each for each in self._tasks.values() if each.owner == task.owner]
        waiting = [each for each in own if each.state == "pending"]
        return waiting.index(task) + 1

    def forget(self, task: Task) -> None:
        """Erases a task and its result."""
        if self._tasks.pop(task.id, None) and task.result is not None:
            task.result.close()

    async def close(self) -> None:
        """Ends what runs, and erases everything."""
        for running in tuple(self._running):
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        for task in tuple(self._tasks.values()):
            self.forget(task)

    async def _run(self, task: Task, work: Work) -> None:
        try:
            async with self._turns.setdefault(task.owner, asyncio.Lock()):
                task.state = "started"
                answer = await work()
                task.result = await call(Held, io.BytesIO(answer.body))
                task.media_type = answer.media_type
                task.state = "success"
        except Exception as error:  # whatever it is, whoever asks after the task is told
            task.error = unexpected(error)
            if task.error is not error:
                _log.error("A bug showed while documents were converted.", exc_info=error)
            task.state = "failure"
        task.has_ended.set()
        asyncio.get_running_loop().call_later(self._seconds, self.forget, task)
