from collections.abc import Callable
from dataclasses import replace

from shuowen.evals.intervals import estimate
from shuowen.evals.measures import ORDER, STANDARD, judge_measures
from shuowen.evals.results import ItemResult, JudgeScore


def test_measures_have_keys_of_their_own() -> None:
    keys = [measure.key for measure in STANDARD]
    assert len(set(keys)) == len(keys) == 8


def test_what_says_nothing_of_an_item_leaves_it_out(make_result: Callable[..., ItemResult]) -> None:
    ordered = make_result("a.png", "first line second line", "first line\nsecond line")
    short = make_result("b.png", "x", "x")
    assert len(ORDER.parts([ordered, short])) == 1


def test_judges_are_averaged_by_name_and_weight(make_result: Callable[..., ItemResult]) -> None:
    page = make_result("a.png", "x", "x")
    judged = [
        replace(page, judged={"right": JudgeScore(score=1)}),
        replace(
            page, judged={"right": JudgeScore(score=0, weight=3), "other": JudgeScore(score=1)}
        ),
        page,
    ]
    right, other = judge_measures(judged)
    assert (right.heading, other.heading) == ("right", "other")
    assert [(found := estimate(each.parts(judged))) and found.value for each in (right, other)] == [
        0.25,
        1,
    ]
