"""Scores of crops: pooled errors, exact lines, confusions and what is beyond chance."""

from __future__ import annotations

import numpy as np
import pytest

from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.crops.scores import (
    ALL,
    compare,
    confusions,
    mean_score,
    score_reading,
    score_readings,
    summarise,
)


def crop(text: str, number: int = 0, *labels: str) -> EvalCrop:
    pixels = np.zeros((8, 8, 3), np.uint8)
    key = f"{text}-{number}"
    return EvalCrop(key=key, pixels=pixels, text=text, labels=labels, group=key)


def test_errors_are_pooled_over_characters_not_over_lines() -> None:
    crops = [crop("一二三四五六七八", 0, "printed"), crop("九十", 1, "handwriting")]
    found = summarise(score_readings(crops, ["一二三四五六七八", "九九"]))
    assert found[ALL].cer.value == pytest.approx(1 / 10)
    assert found[ALL].exact.value == 0.5
    assert found["handwriting"].cer.value == 0.5
    assert found["printed"].exact.value == 1
    assert [found[name].num_crops for name in (ALL, "handwriting", "printed")] == [2, 1, 1]


def test_full_width_forms_and_white_space_are_no_errors() -> None:
    assert score_reading(crop("金额：１２３，元"), " 金额:123, 元").exact == 1
    assert score_reading(crop("Total"), "total").num_errors == 1


def test_a_long_wrong_reading_costs_no_more_than_the_line() -> None:
    assert score_reading(crop("一二"), "abcdefgh").num_errors == 2
    assert score_reading(crop("一二"), "").num_errors == 2


def test_the_mean_of_readings_is_what_a_random_one_is_expected_to_score() -> None:
    score = mean_score(crop("一二三"), ["一二三", "一二", "一二三", "三二"])
    assert score.num_errors == pytest.approx((0 + 1 + 0 + 2) / 4)
    assert score.exact == 0.5
    assert mean_score(crop("一二三"), []).num_errors == 3


def test_confusions_are_counted_and_ordered() -> None:
    crops = [crop("未来", 0), crop("未知", 1), crop("七", 2)]
    found = confusions(crops, ["末来", "末知了", ""])
    assert [(each.truth, each.read, each.count) for each in found] == [
        ("未", "末", 2),
        ("", "了", 1),
        ("七", "", 1),
    ]
    assert confusions(crops, ["末来", "末知了", ""], at_most=1) == found[:1]


def test_only_a_difference_that_lasts_is_beyond_chance() -> None:
    crops = [crop("一二三四", number) for number in range(60)]
    right, wrong = ["一二三四"] * 60, ["一二三五"] * 60
    better = compare(score_readings(crops, right), score_readings(crops, wrong))
    assert better is not None
    assert better.cer.difference.value == pytest.approx(-0.25)
    assert better.cer.is_beyond_chance
    assert better.exact.is_beyond_chance
    mixed = [r if n % 2 else w for n, (r, w) in enumerate(zip(right, wrong, strict=True))]
    other = [w if n % 2 else r for n, (r, w) in enumerate(zip(right, wrong, strict=True))]
    same = compare(score_readings(crops, mixed), score_readings(crops, other))
    assert same is not None
    assert not same.cer.is_beyond_chance


def test_nothing_has_no_scores() -> None:
    assert summarise([]) == {}
    assert compare([], []) is None
