"""Made records with a verdict: what is wrong is wrong, and an index always gives the same."""

from __future__ import annotations

import numpy as np
import pytest

from shuowen.train.made_data import made_source
from shuowen.train.made_judged import JUDGED
from shuowen.train.records import Preference, Stepwise


@pytest.mark.parametrize("name", JUDGED)
def test_a_record_depends_on_nothing_but_seed_and_index(name: str) -> None:
    first = made_source(name, 3)
    other = made_source(name, 3)
    assert len(first) == len(made_source("lines", 3))
    assert first.name == name
    for index in (0, 7, 2**31 - 1):
        a, b = first.record(index), other.record(index)
        assert np.array_equal(a.pictures[0].load(), b.pictures[0].load())
        assert a.key == b.key


def test_the_wrong_reading_differs_from_the_right_one_by_little() -> None:
    lines, source = made_source("lines", 0), made_source("line_preferences", 0)
    for index in range(40):
        record = source.record(index)
        assert isinstance(record, Preference)
        assert record.chosen == lines.record(index).turns[-1].text
        assert record.rejected != record.chosen
        assert abs(len(record.rejected) - len(record.chosen)) <= 1


def test_labels_of_solution_steps_are_true() -> None:
    lines, source = made_source("lines", 0), made_source("line_solutions", 0)
    seen = set()
    for index in range(60):
        record = source.record(index)
        assert isinstance(record, Stepwise)
        text = lines.record(index).turns[-1].text
        read, counted = record.solution_steps
        is_read = read == f"图中写的是：{text}"
        assert record.labels == (is_read, is_read and counted == f"一共有{len(text)}个字。")
        seen.add(record.labels)
    assert seen == {(True, True), (True, False), (False, False)}
