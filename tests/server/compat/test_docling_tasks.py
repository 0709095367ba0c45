"""Tasks run in turns, end once, are their caller's alone, and are forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from shuowen.config import ReadOptions
from shuowen.errors import BusyError, NotFoundError, TimedOutError
from shuowen.server.compat import docling_tasks
from shuowen.server.compat.docling_convert import Answer, Order
from shuowen.server.compat.docling_options import Wishes
from shuowen.server.compat.docling_tasks import TaskList

ANSWER = Answer(body=b"{}", media_type="application/json")


def order(owner: str = "me") -> Order:
    return Order(sources=[], wishes=Wishes(options=ReadOptions()), is_packed=False, owner=owner)


def with_tasks(test: Callable[[TaskList], Coroutine[Any, Any, None]], seconds: float = 60) -> None:
    async def run() -> None:
        tasks = TaskList(seconds)
        try:
            await test(tasks)
        finally:
            await tasks.close()

    asyncio.run(run())


def nothing() -> None:
    pass


async def answered() -> Answer:
    return ANSWER


def test_a_task_gives_its_result() -> None:
    cleared = []

    async def test(tasks: TaskList) -> None:
        task = tasks.begin(order(), answered, lambda: cleared.append(1))
        assert (task.state, tasks.position(task)) == ("pending", 1)
        await asyncio.wait_for(task.has_ended.wait(), 5)
        assert (task.state, tasks.position(task)) == ("success", None)
        assert task.result is not None and task.result.read() == b"{}"
        assert tasks.get("me", task.id) is task
        for owner, task_id in (("you", task.id), ("me", "x")):
            with pytest.raises(NotFoundError, match="^Task not found.$"):
                tasks.get(owner, task_id)

    with_tasks(test)
    assert cleared == [1]


def test_a_callers_tasks_run_in_turn_and_others_beside_them() -> None:
    async def test(tasks: TaskList) -> None:
        gate, ran = asyncio.Event(), []

        async def waiting() -> Answer:
            ran.append("first")
            await gate.wait()
            return ANSWER

        first = tasks.begin(order(), waiting, nothing)
        second = tasks.begin(order(), answered, nothing)
        others = tasks.begin(order("you"), answered, nothing)
        await asyncio.wait_for(others.has_ended.wait(), 5)
        assert (first.state, second.state) == ("started", "pending")
        assert tasks.position(second) == 1
        gate.set()
        await asyncio.wait_for(second.has_ended.wait(), 5)
        assert first.state == second.state == "success"

    with_tasks(test)


@pytest.mark.parametrize(
    ("error", "message"),
    [(TimedOutError("Too long."), "Too long."), (ValueError("secret"), "A bug in Shuowen showed")],
)
def test_a_task_that_fails_says_why_and_lets_the_next_one_run(
    error: Exception, message: str
) -> None:
    async def failing() -> Answer:
        raise error

    async def test(tasks: TaskList) -> None:
        task = tasks.begin(order(), failing, nothing)
        after = tasks.begin(order(), answered, nothing)
        await asyncio.wait_for(after.has_ended.wait(), 5)
        assert task.state == "failure" and task.result is None
        assert message in str(task.error) and "secret" not in str(task.error)

    with_tasks(test)


def test_results_are_forgotten_after_a_time() -> None:
    async def test(tasks: TaskList) -> None:
        task = tasks.begin(order(), answered, nothing)
        await asyncio.wait_for(task.has_ended.wait(), 5)
        assert task.result is not None
        await asyncio.sleep(0.1)
        with pytest.raises(NotFoundError):
            tasks.get("me", task.id)
        with pytest.raises(NotFoundError):
            task.result.read()
        tasks.forget(task)

    with_tasks(test, seconds=0.02)


def test_only_so_many_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docling_tasks, "MAX_WAITING", 2)
    cleared = []

    async def test(tasks: TaskList) -> None:
        tasks.begin(order(), answered, nothing)
        second = tasks.begin(order(), answered, nothing)
        with pytest.raises(BusyError):
            tasks.begin(order(), answered, lambda: cleared.append(1))
        tasks.begin(order("you"), answered, nothing)
        await asyncio.wait_for(second.has_ended.wait(), 5)
        tasks.begin(order(), answered, nothing)

    with_tasks(test)
    assert cleared == [1]


def test_ended_tasks_make_room_those_that_were_fetched_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docling_tasks, "MAX_KEPT", 3)

    async def test(tasks: TaskList) -> None:
        begun = [tasks.begin(order(), answered, nothing) for _ in range(3)]
        await asyncio.wait_for(begun[2].has_ended.wait(), 5)
        begun[1].was_fetched = True
        tasks.begin(order(), answered, nothing)
        tasks.begin(order("you"), answered, nothing)
        kept = [task for task in begun if task.id in tasks._tasks]
        assert kept == [begun[0], begun[2]]

    with_tasks(test)


def test_closing_ends_what_runs_and_clears_what_waits() -> None:
    cleared: list[int] = []

    async def forever() -> Answer:
        await asyncio.Event().wait()
        return ANSWER

    async def test(tasks: TaskList) -> None:
        tasks.begin(order(), forever, lambda: cleared.append(1))
        tasks.begin(order(), forever, lambda: cleared.append(2))
        await asyncio.sleep(0)
        await tasks.close()
        await asyncio.sleep(0)

    with_tasks(test)
    assert sorted(cleared) == [1, 2]
