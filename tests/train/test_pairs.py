"""Preference pairs from samples, against what the two papers' pipelines say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import EngineError, UsageError
from shuowen.train.answer_sampler import Question, SampleRequest, seed_of
from shuowen.train.pairs import (
    CorrectnessOptions,
    correctness_pairs,
    dropout_pair,
    same_reading,
    sampled_pairs,
)
from shuowen.train.records import ArrayPicture, Turn

PICTURE = ArrayPicture(np.zeros((2, 2, 3), np.uint8))
QUESTION = Question(
    turns=(Turn("system", "s"), Turn("user", "<image>\nWhat is written?")), pictures=(PICTURE,)
)
READINGS = st.lists(st.sampled_from(["寿", "春", "赛", "", "寿 "]), max_size=40)


class Sampler:
    """Answers from a list, and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.requests = answers, list[SampleRequest]()

    def __call__(self, request: SampleRequest) -> tuple[str, ...]:
        self.requests.append(request)
        return self.answers


@given(answers=READINGS, max_pairs=st.integers(1, 20))
def test_right_is_chosen_and_wrong_rejected(answers: list[str], max_pairs: int) -> None:
    pairs = correctness_pairs("k", QUESTION, "寿", answers, max_pairs=max_pairs)
    assert len(pairs) <= max_pairs
    assert len({(pair.chosen, pair.rejected) for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert same_reading(pair.chosen, "寿")
        assert not same_reading(pair.rejected, "寿")
        assert pair.rejected in answers
        assert pair.chosen in answers or pair.chosen == "寿"
        assert (pair.turns, pair.pictures) == (QUESTION.turns, QUESTION.pictures)
    assert len({pair.key for pair in pairs}) == len(pairs)


def test_every_right_answer_meets_every_wrong_one() -> None:
    pairs = correctness_pairs("k", QUESTION, "a", ["a", "b", "a ", "c", "b", "a"])
    found = {(pair.chosen, pair.rejected) for pair in pairs}
    assert found == {("a", "b"), ("a", "c"), ("a ", "b"), ("a ", "c")}


def test_no_more_than_fifteen_pairs_and_always_the_same() -> None:
    answers = ["truth", *map(str, range(30))]
    first, again = (correctness_pairs("k", QUESTION, "truth", answers) for _ in range(2))
    assert len(first) == 15
    assert first == again
    other = correctness_pairs("another key", QUESTION, "truth", answers)
    assert {pair.rejected for pair in other} != {pair.rejected for pair in first}


def test_where_nothing_is_right_the_truth_is_chosen() -> None:
    (pair,) = correctness_pairs("k", QUESTION, "寿", ["春", "春", "春"])
    assert (pair.chosen, pair.rejected) == ("寿", "春")


def test_where_all_is_right_there_is_no_pair() -> None:
    assert correctness_pairs("k", QUESTION, "寿", ["寿", "寿"]) == ()


@pytest.mark.parametrize(
    ("answer", "truth", "is_same"),
    [
        ("e\u0301", "\u00e9", True),
        ("a  \nb\n", "a\nb", True),
        ("a b", "ab", False),
        ("A", "a", False),
        ("1，2", "1,2", False),
    ],
)
def test_what_counts_as_the_same_reading(answer: str, truth: str, is_same: bool) -> None:
    assert same_reading(answer, truth) is is_same


def test_answers_are_drawn_as_upstream_draws_them() -> None:
    sampler = Sampler(*["寿"] * 31, "春")
    (pair,) = sampled_pairs("k", QUESTION, "寿", sampler)
    (request,) = sampler.requests
    assert (request.num_answers, request.temperature, request.begun) == (32, 0.7, "")
    assert request.question == QUESTION
    assert pair.rejected == "春"


def test_a_sampler_that_answers_too_little_is_told() -> None:
    with pytest.raises(EngineError, match="32 answers were asked for and 1 came"):
        sampled_pairs("k", QUESTION, "寿", Sampler("寿"))


def test_dropout_goes_on_from_the_middle_without_the_picture() -> None:
    sampler = Sampler("天啊")
    pair = dropout_pair("k", QUESTION, "寿比南山", sampler)
    (request,) = sampler.requests
    assert (request.begun, request.num_answers) == ("寿比", 1)
    assert request.question.pictures == ()
    assert [turn.text for turn in request.question.turns] == ["s", "What is written?"]
    assert pair is not None
    assert (pair.chosen, pair.rejected) == ("寿比南山", "寿比天啊")
    assert (pair.turns, pair.pictures) == (QUESTION.turns, QUESTION.pictures)


@given(answer=st.text(min_size=0, max_size=30), share=st.floats(0.01, 0.99))
def test_dropout_keeps_the_beginning(answer: str, share: float) -> None:
    sampler = Sampler("#")
    pair = dropout_pair("k", QUESTION, answer, sampler, share=share)
    if pair is None:
        return
    begun = pair.rejected.removesuffix("#")
    assert answer.startswith(begun)
    assert abs(len(begun) - share * len(answer)) <= 0.5


def test_dropout_makes_nothing_of_what_is_too_short_or_comes_out_the_same() -> None:
    assert dropout_pair("k", QUESTION, "", Sampler("x")) is None
    assert dropout_pair("k", QUESTION, "寿比南山", Sampler("南山")) is None
    with pytest.raises(UsageError, match="share is 1"):
        dropout_pair("k", QUESTION, "寿比南山", Sampler("x"), share=1)


def test_seeds_hang_on_the_key_alone() -> None:
    assert seed_of("a") == seed_of("a") != seed_of("b") != seed_of("b", 1)
    assert 0 <= seed_of("a") < 2**63


@pytest.mark.parametrize("change", [{"num_samples": 0}, {"max_pairs": 0}, {"temperature": -1}])
def test_options_out_of_range_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        CorrectnessOptions(**change)  # type: ignore[arg-type]
