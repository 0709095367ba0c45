"""Which steps are open to a second thought."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.language.candidates import greedy_runs, list_candidates

LETTERS = ("", "合", "同", "网", "3", "5", "a", "b", "c")


def matrix(*rows: dict[str, float]) -> NDArray[np.float32]:
    made = np.zeros((len(rows), len(LETTERS)), np.float32)
    for row, wanted in zip(made, rows, strict=True):
        for letter, probability in wanted.items():
            row[LETTERS.index(letter)] = probability
    return made


def columns(*rows: dict[str, float]) -> list[str]:
    listed = list_candidates(matrix(*rows), LETTERS, sure=0.99, least=1e-3, top_k=3)
    return ["|".join(LETTERS[column] or "_" for column, _ in step) for step in listed.steps]


def test_sure_steps_are_fixed_and_doubtful_ones_keep_the_likeliest() -> None:
    assert columns(
        {"合": 0.995, "网": 0.005},
        {"": 0.9, "网": 0.0999, "同": 0.0001},
        {"同": 0.5, "网": 0.3, "": 0.15, "合": 0.05},
    ) == ["合", "_|网", "同|网|_"]


def test_digits_are_fixed_where_they_win_and_are_not_offered_elsewhere() -> None:
    assert columns({"3": 0.4, "合": 0.35, "5": 0.25}) == ["3"]
    assert columns({"合": 0.4, "3": 0.35, "网": 0.25}) == ["合|网"]


def test_nothing_is_put_between_two_digits_or_before_one_at_the_lines_edge() -> None:
    assert columns(
        {"": 0.6, "合": 0.4}, {"3": 0.9}, {"": 0.6, "合": 0.4}, {"5": 0.9}, {"": 0.6, "同": 0.4}
    ) == ["_", "3", "_", "5", "_"]
    assert columns({"3": 0.9}, {"": 0.6, "合": 0.4}, {"网": 0.9}) == ["3", "_|合", "网"]


def test_runs_of_the_likeliest_path() -> None:
    assert greedy_runs(np.array([0, 1, 1, 0, 1, 2])) == [(1, 3), (4, 5), (5, 6)]
    assert greedy_runs(np.array([0, 0])) == []


def test_only_the_letters_of_small_words_are_open_in_english() -> None:
    rows = ({"c": 0.6, "合": 0.4}, {"": 0.9}, {"a": 0.6, "b": 0.2, "3": 0.2}, {"b": 0.6, "c": 0.4})
    assert columns(*rows) == ["c", "_", "a|b", "b|c"]
    assert columns(*rows[2:]) == ["a", "b"]  # two letters are no word
    listed = list_candidates(matrix(*rows), LETTERS, sure=0.99, least=1e-3, top_k=3)
    assert not listed.chinese
    assert not listed.decided.any()


def test_what_the_picture_decides_is_marked() -> None:
    rows = ({"合": 0.9}, {"": 0.9}, {"3": 0.9}, {"": 0.9}, {"5": 0.9})
    listed = list_candidates(matrix(*rows), LETTERS, sure=0.99, least=1e-3, top_k=3)
    assert listed.chinese
    assert listed.decided.tolist() == [False, False, True, True, True]
