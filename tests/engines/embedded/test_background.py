"""Values worked out in the background: in order, fairly, and not at all once nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shuowen.engines.embedded.background import Background


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


class Tasks:
    """Numbers as tasks, which note the order in which they were done."""

    def __init__(self, count: int) -> None:
        self.done: list[int] = []
        self.tasks: list[Callable[[], int]] = [lambda n=n: self._do(n) for n in range(count)]

    def _do(self, number: int) -> int:
        self.done.append(number)
        return number * 10


@pytest.mark.parametrize("width", [0, 1, 2, 5])
def test_values_come_by_number_however_wide(pool: ThreadPoolExecutor, width: int) -> None:
    made = Tasks(40)
    with Background(pool, made.tasks, width=width) as background:
        assert background.values([3, 1]) == [30, 10]
        assert background.all_values() == [number * 10 for number in range(40)]
    assert sorted(made.done) == list(range(40))


def test_tasks_can_be_taken_in_another_order(pool: ThreadPoolExecutor) -> None:
    made = Tasks(6)
    with Background(pool, made.tasks, width=0) as background:
        background.arrange([4, 2, 4])
        assert background.values([2]) == [20]
        assert made.done == [4, 2]
        background.all_values()
    assert made.done == [4, 2, 0, 1, 3, 5]


def test_a_failure_comes_to_who_asks_and_others_stay_good(pool: ThreadPoolExecutor) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    with Background(pool, [lambda: 1, broken, lambda: 3], width=1) as background:
        assert background.values([0, 2]) == [1, 3]
        with pytest.raises(ZeroDivisionError):
            background.values([1])


def test_what_has_not_begun_when_it_is_left_never_begins(pool: ThreadPoolExecutor) -> None:
    gate, made = threading.Event(), Tasks(50)

    def held() -> int:
        gate.wait(5)
        return 0

    with Background(pool, [held, *made.tasks], width=1):
        pass
    gate.set()
    pool.submit(lambda: None).result()
    pool.shutdown()
    assert made.done == []


def test_one_page_does_not_wait_for_all_of_another() -> None:
    """With one thread in the pool and two pages, their lines are read by turns."""
    order: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        gate = threading.Event()
        pool.submit(gate.wait, 5)
        first = Background(pool, [lambda: order.append("first")] * 20, width=1)
        second = Background(pool, [lambda: order.append("second")] * 20, width=1)
        gate.set()
        pool.submit(lambda: None).result()
        while len(order) < 40:
            pool.submit(lambda: None).result()
    assert order == ["first", "second"] * 20
    assert len(first.all_values()) == len(second.all_values()) == 20


def test_ctrl_c_during_a_task_reaches_whoever_works_along(pool: ThreadPoolExecutor) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    with (
        Background(pool, [interrupted, lambda: 2], width=0) as background,
        pytest.raises(KeyboardInterrupt),
    ):
        background.values([1])


def test_a_pool_that_takes_no_more_does_not_leave_anybody_waiting() -> None:
    made, gate = Tasks(5), threading.Event()
    pool = ThreadPoolExecutor(1)
    pool.submit(gate.wait, 5)
    with Background(pool, made.tasks, width=1) as background:
        pool.shutdown(wait=False)  # as the end of the program does
        gate.set()
        pool.shutdown(wait=True)
        assert made.done == list(range(5))
        assert background.all_values() == [0, 10, 20, 30, 40]
