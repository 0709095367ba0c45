"""Labels of solution steps: by continuations, and exact ones of readings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import EngineError, UsageError
from shuowen.train.answer_sampler import Question, SampleRequest
from shuowen.train.records import ArrayPicture, Turn
from shuowen.train.step_labels import (
    ContinuationOptions,
    StepLabel,
    continuation_labels,
    reading_labels,
    reading_parts,
    reading_record,
    solution_record,
)

PICTURE = ArrayPicture(np.zeros((2, 2, 3), np.uint8))
QUESTION = Question(turns=(Turn("user", "<image>\nHow many?"),), pictures=(PICTURE,))
TEXTS = st.text(st.sampled_from("寿比南山福如 東海ab1,。\n\u0301"), max_size=60)


class Solver:
    """Ends right so many times of 16 after each solution step."""

    def __init__(self, *num_right: int) -> None:
        self.num_right, self.requests = num_right, list[SampleRequest]()

    def __call__(self, request: SampleRequest) -> list[str]:
        num_right = self.num_right[len(self.requests)]
        self.requests.append(request)
        num_wrong = request.num_answers - num_right
        return ["so it is 7"] * num_right + ["so it is 8"] * num_wrong


def is_seven(answer: str) -> bool:
    return answer.endswith("7")


def test_a_step_is_right_when_the_truth_can_still_be_reached() -> None:
    solver = Solver(16, 1, 0)
    labels = continuation_labels("k", QUESTION, ["a", "b", "c", "it is 8"], is_seven, solver)
    assert labels == (
        StepLabel(1.0, True),
        StepLabel(1 / 16, True),
        StepLabel(0.0, False),
        StepLabel(0.0, False),
    )
    assert [each.begun for each in solver.requests] == ["a\n\n", "a\n\nb\n\n", "a\n\nb\n\nc\n\n"]
    assert {(each.num_answers, each.temperature) for each in solver.requests} == {(16, 1.0)}
    assert len({each.seed for each in solver.requests}) == 3
    assert all(each.question == QUESTION for each in solver.requests)


def test_the_first_wrong_step_stops_nothing() -> None:
    labels = continuation_labels("k", QUESTION, ["a", "b", "it is 7"], is_seven, Solver(0, 3))
    assert [label.is_right for label in labels] == [False, True, True]


def test_the_last_step_is_as_right_as_the_answer() -> None:
    solver = Solver()
    assert continuation_labels("k", QUESTION, ["it is 7"], is_seven, solver)[0].is_right
    assert not continuation_labels("k", QUESTION, ["it is 8"], is_seven, solver)[0].is_right
    assert not solver.requests


def test_a_higher_threshold_wants_more() -> None:
    options = ContinuationOptions(num_continuations=4, threshold=0.5)
    labels = continuation_labels("k", QUESTION, ["a", "b", "7"], is_seven, Solver(2, 3), options)
    assert [label.is_right for label in labels] == [False, True, True]


def test_a_sampler_that_answers_too_little_is_told() -> None:
    def silent(request: SampleRequest) -> list[str]:
        return []

    with pytest.raises(EngineError, match="16 answers"):
        continuation_labels("k", QUESTION, ["a", "b"], is_seven, silent)


@pytest.mark.parametrize(
    "change", [{"num_continuations": 0}, {"threshold": 1.0}, {"temperature": -1.0}]
)
def test_options_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        ContinuationOptions(**change)  # type: ignore[arg-type]


@given(text=TEXTS, max_parts=st.integers(1, 20))
def test_parts_are_the_text(text: str, max_parts: int) -> None:
    parts = reading_parts(text, max_parts)
    assert "".join(parts) == text
    assert len(parts) <= max_parts
    assert all(parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("寿比南山", ("寿", "比", "南", "山")),
        ("a big dog", ("a ", "big ", "dog")),
        ("第12页 total: 3", ("第", "12", "页 ", "total: ", "3")),
        ("e\u0301te\u0301", ("e\u0301te\u0301",)),
        ("", ()),
    ],
)
def test_characters_that_fill_a_square_and_words_of_all_else(
    text: str, parts: tuple[str, ...]
) -> None:
    assert reading_parts(text) == parts


def test_many_units_share_parts() -> None:
    assert reading_parts("一二三四五六七", 3) == ("一二三", "四五六", "七")


def test_all_is_wrong_after_the_first_mistake() -> None:
    assert reading_labels(["寿", "比", "南", "山"], "寿比南山") == (True,) * 4
    assert reading_labels(["春", "比", "南", "山"], "寿比南山") == (False,) * 4
    assert reading_labels(["寿", "北", "南"], "寿比南山") == (True, False, False)
    assert reading_labels(["寿", "比", "南", "山", "山"], "寿比南山")[-1] is False
    assert reading_labels(["寿", "比"], "寿比南山") == (True, True)


@given(reading=TEXTS, truth=TEXTS)
def test_labels_are_those_of_prefixes(reading: str, truth: str) -> None:
    parts = reading_parts(reading)
    labels = reading_labels(parts, truth)
    for number, label in enumerate(labels, start=1):
        assert label == truth.startswith("".join(parts[:number]))
    assert sorted(labels, reverse=True) == list(labels)  # never right again


def test_a_reading_as_a_record() -> None:
    record = reading_record("k", QUESTION, "春 比", "寿 比")
    assert record is not None
    assert (record.question, record.pictures) == ("<image>\nHow many?", (PICTURE,))
    assert (record.solution_steps, record.labels) == (("春 ", "比"), (False, False))
    assert reading_record("k", QUESTION, "", "寿") is None


def test_a_solution_as_a_record() -> None:
    record = solution_record("k", QUESTION, ["a", "b"], [True, False])
    assert (record.key, record.solution_steps, record.labels) == ("k", ("a", "b"), (True, False))
