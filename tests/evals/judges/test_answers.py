import pytest

from shuowen.evals.judges.answers import (
    AnswerContained,
    AnswerLikeness,
    clean_answer,
    clean_expression,
)
from shuowen.evals.reading import Reading


def anls(said: str, *answers: str) -> float:
    return AnswerLikeness(answers=answers).score(Reading(text=said))


def contained(said: str, *answers: str) -> float:
    return AnswerContained(answers=answers, clean=clean_answer).score(Reading(text=said))


def test_case_and_white_space_do_not_count() -> None:
    assert anls("  University of\nCALIFORNIA ", "university of california") == 1


def test_the_likeness_is_that_to_the_best_answer() -> None:
    # One of eight characters differs from the first, all but two from the second.
    assert anls("03/14/71", "03/14/77", "1977") == pytest.approx(7 / 8)


def test_half_alike_still_counts_and_less_does_not() -> None:
    assert anls("abxy", "abcd") == 0.5
    assert anls("axyz", "abcd") == 0


def test_nothing_said_is_wrong() -> None:
    assert anls("", "x") == 0


def test_an_answer_may_stand_in_a_sentence() -> None:
    assert contained("The word is CENTRE.", "centre") == 1
    assert contained("It says\ntwo words", "says two") == 1
    assert contained("The word is CENTER.", "centre") == 0


def test_one_of_several_answers_is_enough() -> None:
    assert contained("12 may", "May 12", "12 May") == 1


def test_formulas_are_compared_without_blanks_and_with_capitals() -> None:
    judge = AnswerContained(answers=(r"\frac { A } { b }",), clean=clean_expression)
    assert judge.score(Reading(text=r"$\frac{A}{b}$")) == 1
    assert judge.score(Reading(text=r"\frac{a}{b}")) == 0
