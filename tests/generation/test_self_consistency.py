"""Which answers come to the same result, and what a vote makes of it."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.results import Candidate, TokenLogprob
from shuowen.generation.self_consistency import (
    LikelihoodCritic,
    VoteCritic,
    final_answer,
    normalised_answer,
)


def answer(text: str, *logprobs: float) -> Candidate:
    return Candidate(
        index=0,
        text=text,
        token_ids=(),
        finish_reason="stop",
        logprobs=tuple(TokenLogprob(0, each) for each in logprobs),
    )


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"So it is \boxed{42}. Really \boxed{43}.", "43"),
        ("Thinking: the answer is 5?\nFinal answer: 42\nBye.", "42"),
        ("The answer is (B).", "(B)."),
        ("所以,答案:三角形", "三角形"),
        ("Just words.", "Just words."),
        ("Answer:", "Answer:"),
    ],
)
def test_the_result_of_an_answer(text: str, result: str) -> None:
    assert final_answer(text) == result


@pytest.mark.parametrize(
    "alike",
    [
        ("1,234.50", "1234.5", "$1234.50$", "\uff11\uff12\uff13\uff14.5", r"\boxed{1234.5}"),
        ("(B)", "b", "B.", "**B**", "Answer: B", r"\boxed{\text{B}}"),
        ("0", "-0", "0.00", "+0"),
        (r"\frac{1}{2}", "1/2", r"\dfrac{1}{2}"),
        ("Paris", "paris.", " PARIS ", "`Paris`"),
        ("三角形。", "三角形"),
        ("100", "100.0", "1,00" + "0" and "100."),
    ],
)
def test_equal_results_are_equal_texts(alike: tuple[str, ...]) -> None:
    assert len({normalised_answer(each) for each in alike}) == 1


@pytest.mark.parametrize(
    "apart",
    [("1", "11"), ("1.5", "15"), ("-2", "2"), ("ab", "a"), ("1e5", "100000"), ("1,2", "12")],
)
def test_different_results_stay_apart(apart: tuple[str, ...]) -> None:
    assert len({normalised_answer(each) for each in apart}) == len(apart)


@given(st.text())
def test_any_text_has_one_form(text: str) -> None:
    assert isinstance(normalised_answer(text), str)
    assert normalised_answer(f"\\boxed{{{'7'}}}{text.replace('boxed', '')}") != ""


def test_votes_are_counted_by_result() -> None:
    texts = [r"Long way: \boxed{4}", "Answer: 5", "4", "Answer: 4.0", ""]
    assert VoteCritic().scores([answer(each) for each in texts]) == [3, 1, 3, 3, 1]
    assert VoteCritic().scores([answer(""), answer("")]) == [1, 1]


def test_likelihood_is_the_mean_probability_of_a_token() -> None:
    found = LikelihoodCritic().scores([answer("a", -1.0, -3.0), answer("b"), answer("c", 0.0)])
    assert found == pytest.approx([exp(-2), 0.0, 1.0])
