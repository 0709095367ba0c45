from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from shuowen.errors import InputError, TimedOutError
from shuowen.server.bridge import NUM_AHEAD, call, in_thread, stop_of_thread


def threads_of_requests() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "shuowen-request"]


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    for thread in threads_of_requests():
        thread.join(5)
    assert not threads_of_requests()


def test_items_come_in_order_from_another_thread() -> None:
    names = set()

    def items() -> Iterator[int]:
        names.add(threading.current_thread().name)
        yield from range(100)

    async def main() -> list[int]:
        return [item async for item in in_thread(items)]

    assert asyncio.run(main()) == list(range(100))
    assert names == {"shuowen-request"}


def test_a_slow_consumer_holds_the_work_back() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    async def main() -> None:
        async with aclosing(in_thread(items)) as found:
            assert await anext(found) == 0
            await asyncio.sleep(0.2)
            assert len(made) <= NUM_AHEAD + 3

    asyncio.run(main())


def test_leaving_closes_the_iterator_in_its_own_thread() -> None:
    closed_in: list[str] = []
    is_closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed_in.append(threading.current_thread().name)
            is_closed.set()

    async def main() -> None:
        async with aclosing(in_thread(items)) as found:
            await anext(found)

    asyncio.run(main())
    assert is_closed.wait(5)
    assert closed_in == ["shuowen-request"]


def test_a_cancelled_consumer_sets_the_stop_of_work_that_waits() -> None:
    has_begun, was_stopped = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        stop = stop_of_thread()
        wake = threading.Event()
        with stop.wakes(wake.set):
            has_begun.set()
            assert wake.wait(10)
        was_stopped.set()
        yield 1

    async def consume() -> None:
        async for _ in in_thread(items):
            pass

    async def main() -> None:
        task = asyncio.create_task(consume())
        await asyncio.to_thread(has_begun.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert was_stopped.wait(5)


@pytest.mark.parametrize("where", ["make", "first", "later"])
def test_errors_reach_the_consumer(where: str) -> None:
    def fail() -> None:
        raise InputError("It is broken.")

    def later() -> Iterator[int]:
        if where == "first":
            fail()
        yield 1
        fail()

    def items() -> Iterator[int]:
        if where == "make":
            fail()
        return later()

    async def main() -> list[int]:
        seen: list[int] = []
        with pytest.raises(InputError, match="broken"):
            async for item in in_thread(items):
                seen.append(item)
        return seen

    assert asyncio.run(main()) == ([1] if where == "later" else [])


def test_the_time_limit_holds_and_stops_the_work() -> None:
    stopped = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        wake = threading.Event()
        with stop_of_thread().wakes(wake.set):
            wake.wait(10)
        stopped.set()

    async def main() -> None:
        start = time.monotonic()
        with pytest.raises(TimedOutError):
            async for _ in in_thread(items, seconds=0.2):
                pass
        assert time.monotonic() - start < 5

    asyncio.run(main())
    assert stopped.wait(5)


def test_a_call_gives_its_value_or_its_error() -> None:
    def divide(a: int, *, by: int) -> float:
        return a / by

    async def main() -> None:
        assert await call(divide, 6, by=3) == 2
        assert await call(lambda: None) is None
        with pytest.raises(ZeroDivisionError):
            await call(divide, 1, by=0)

    asyncio.run(main())


def test_a_loop_that_is_gone_ends_the_thread() -> None:
    let_go = threading.Event()

    async def main() -> None:
        task = asyncio.create_task(call(let_go.wait, 10))
        await asyncio.sleep(0.05)
        task.cancel()

    asyncio.run(main())
    let_go.set()


def test_threads_outside_have_a_stop_that_nobody_sets() -> None:
    assert not stop_of_thread().is_set
