from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.page_queue import MAX_URGENT_IN_A_ROW, PageQueue

OWNERS = st.sampled_from("abcd")
ITEMS = st.lists(st.tuples(OWNERS, st.booleans()), max_size=40)


def filled(items: list[tuple[str, bool]]) -> PageQueue[tuple[str, bool, int]]:
    queue: PageQueue[tuple[str, bool, int]] = PageQueue()
    for number, (owner, urgent) in enumerate(items):
        assert queue.put((owner, urgent, number), owner=owner, urgent=urgent)
    return queue


def drained(queue: PageQueue[tuple[str, bool, int]]) -> list[tuple[str, bool, int]]:
    return [item for _ in range(len(queue)) if (item := queue.take()) is not None]


@given(ITEMS)
def test_everything_comes_out_once_and_an_owners_items_in_their_order(
    items: list[tuple[str, bool]],
) -> None:
    taken = drained(filled(items))
    assert sorted(number for _, _, number in taken) == list(range(len(items)))
    for owner in "abcd":
        for urgent in (True, False):
            own = [n for who, kind, n in taken if (who, kind) == (owner, urgent)]
            assert own == sorted(own)


@given(ITEMS)
def test_nobody_gets_two_turns_while_another_of_the_same_kind_waits_longer(
    items: list[tuple[str, bool]],
) -> None:
    taken = drained(filled(items))
    for kind in (True, False):
        own = [(owner, index) for index, (owner, urgent, _) in enumerate(taken) if urgent == kind]
        for place, (owner, _) in enumerate(own[1:], start=1):
            if own[place - 1][0] == owner:  # twice in a row: no other owner is left
                assert all(later == owner for later, _ in own[place:])


@given(ITEMS)
def test_what_is_not_urgent_gets_every_fourth_turn_and_no_more(
    items: list[tuple[str, bool]],
) -> None:
    kinds = ["u" if urgent else "p" for _, urgent, _ in drained(filled(items))]
    while "u" in kinds and "p" in kinds:
        turn = [*["u"] * min(MAX_URGENT_IN_A_ROW, kinds.count("u")), "p"]
        assert kinds[: len(turn)] == turn
        del kinds[: len(turn)]
    assert len(set(kinds)) <= 1


def test_urgent_items_come_first() -> None:
    queue = filled([("a", False), ("b", True)])
    assert [urgent for _, urgent, _ in drained(queue)] == [True, False]


def test_what_was_removed_does_not_come_out() -> None:
    queue = filled([("a", True), ("b", True), ("a", False)])
    queue.remove(lambda item: item[0] == "a")
    assert [owner for owner, _, _ in drained(queue)] == ["b"]


def test_closing_wakes_whoever_waits_and_refuses_more() -> None:
    queue: PageQueue[str] = PageQueue()
    taken: list[str | None] = ["nothing yet"]
    thread = threading.Thread(target=lambda: taken.append(queue.take()))
    thread.start()
    queue.close()
    thread.join(5)
    assert taken[-1] is None
    assert not queue.put("x", owner="a", urgent=True)
    assert queue.take() is None
