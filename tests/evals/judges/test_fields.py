import json
from typing import Any

import pytest

from shuowen.evals.judges.fields import FieldF1, fields_of, normalise_value, read_fields
from shuowen.evals.judges.weighted import WeightedJudge, weight_of
from shuowen.evals.reading import Reading


def judge(truth: Any) -> FieldF1:
    return FieldF1(fields=fields_of(truth))


def reading(answer: Any) -> Reading:
    return Reading(text=json.dumps(answer, ensure_ascii=False))


def test_fields_are_paths_with_values() -> None:
    menu = {"menu": [{"name": "cake", "count": 2}, {"name": "tea"}], "total": "5"}
    assert fields_of(menu) == (
        ("menu.name", "cake"),
        ("menu.count", "2"),
        ("menu.name", "tea"),
        ("total", "5"),
    )


def test_a_list_of_values_drops_what_is_empty_or_no_value() -> None:
    assert fields_of({"a": ["x", "", 3, None, True]}) == (("a", "x"), ("a", "3"))
    assert fields_of({"a": []}) == ()


def test_f1_is_over_fields() -> None:
    # Of two true fields one is right; one of two read is right: F1 = 2 / 4.
    assert judge({"a": "1", "b": "2"}).score(reading({"a": "1", "b": "3"})) == 0.5


def test_a_value_under_another_key_is_wrong() -> None:
    assert judge({"a": "1"}).score(reading({"b": "1"})) == 0


def test_the_weighted_mean_is_the_pooled_f1() -> None:
    first, second = judge({"a": "1"}), judge({"a": "1", "b": "2", "c": "3"})
    readings = reading({"a": "1"}), reading({"a": "1", "x": "y"})
    pairs = list(zip((first, second), readings, strict=True))
    total = sum(each.weight(read) for each, read in pairs)
    mean = sum(each.weight(read) * each.score(read) for each, read in pairs) / total
    # Pooled: 2 right, 1 too many, 2 missed.
    assert mean == pytest.approx(2 / (2 + (1 + 2) / 2))


def test_it_is_a_judge_with_weights() -> None:
    assert isinstance(judge({}), WeightedJudge)
    assert weight_of(judge({"a": "1"}), reading({})) == 0.5


@pytest.mark.parametrize("answer", ["no json", "```json\n{\n```", "[" * 100_000, ""])
def test_an_answer_that_is_not_json_holds_no_field(answer: str) -> None:
    assert judge({"a": "1"}).score(Reading(text=answer)) == 0


def test_json_may_stand_in_a_fence() -> None:
    assert read_fields('Here:\n```json\n{"a":\n "1"}\n```\nDone.') == (("a", "1"),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("金额：１００", "金额: 100"),  # a punctuation mark is followed by one blank
        ("中 文 ABC", "中文ABC"),
        ("a、b", "a, b"),
        ("1,000", "1,000"),
        ("12kg", "12 kg"),
        ("x  y", "x y"),
    ],
)
def test_width_and_blanks_do_not_count(value: str, expected: str) -> None:
    assert normalise_value(value) == expected
