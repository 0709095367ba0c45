"""Regions are given in order, when they are whole, and each line once."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box
from shuowen.reading.growing_text import LINES_AFTER
from shuowen.reading.regions import RegionPlan
from shuowen.reading.turns import Turns
from tests.reading.drawn_lines import texts_down

LINES = dict(enumerate(texts_down(["text"] * 30, 100, 100, 500)))
BOX = Box(0, 0, 10, 10)


def plan(*numbers: int, box: Box = BOX) -> RegionPlan:
    return RegionPlan(kind="text", box=box, paragraphs=(numbers,) if numbers else ())


def ready(turns: Turns, plans: Sequence[RegionPlan], num_read: int) -> list[list[int]]:
    found = turns.ready(plans, LINES, lambda numbers: all(n < num_read for n in numbers))
    return [each.line_numbers for each in found]


def test_a_region_waits_until_what_stands_behind_it_is_read() -> None:
    turns, plans = Turns(), [plan(0, 1), plan(2), plan(3, 4, 5, 6), plan(7)]
    assert ready(turns, plans, 1 + LINES_AFTER) == []
    assert ready(turns, plans, 2 + LINES_AFTER) == [[0, 1]]
    assert ready(turns, plans, 3 + LINES_AFTER) == [[2]]
    assert ready(turns, plans, 8) == [[3, 4, 5, 6], [7]]
    assert ready(turns, plans, 8) == []


def test_a_later_plan_keeps_what_was_given_and_gives_the_rest() -> None:
    turns = Turns()
    assert ready(turns, [plan(0, 1), plan(2, 3, 4, 5)], 6) == [[0, 1], [2, 3, 4, 5]]
    (left,) = turns.ready([plan(0, 1, 2), plan(5, 6, 7)], LINES, lambda numbers: True)
    assert left.line_numbers == [6, 7]
    assert left.box == LINES[6].box.union(LINES[7].box)


def test_a_figure_without_text_is_given_once() -> None:
    turns, figure, other = Turns(), plan(), plan(box=Box(5, 5, 9, 9))
    assert ready(turns, [figure, plan(0)], 1) == [[], [0]]
    assert turns.ready([figure, plan(0), other], LINES, lambda numbers: True) == [other]


@given(
    st.lists(st.permutations(range(30)), min_size=1, max_size=4),
    st.lists(st.integers(1, 7), min_size=30, max_size=30),
)
def test_every_line_is_given_once_whatever_the_plans(
    orders: list[list[int]], sizes: list[int]
) -> None:
    turns, given = Turns(), []
    for stage, order in enumerate(orders):
        rest, plans = list(order), []
        for size in sizes:
            taken, rest = rest[:size], rest[size:]
            plans += [plan(*taken)] if taken else []
        num_read = 30 * (stage + 1) // len(orders)
        given += [n for numbers in ready(turns, plans, num_read) for n in numbers]
        assert all(number < num_read for number in given)
    assert sorted(given) == list(range(30))
