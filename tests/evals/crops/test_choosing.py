"""Ways to choose among readings: random, majority, critics, oracle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.crops.choosing import best, compare_choices, majority
from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.text_scores import edit_distance

TEXTS = ("一二三", "四五六", "七八九")


def crops() -> list[EvalCrop]:
    pixels = np.zeros((8, 8, 3), np.uint8)
    return [EvalCrop(key=text, pixels=pixels, text=text, labels=(), group=text) for text in TEXTS]


def perfect(crop: EvalCrop, readings: Sequence[str]) -> list[float]:
    return [-edit_distance(reading, crop.text) for reading in readings]


def test_the_commonest_reading_wins_and_the_earlier_of_equals() -> None:
    assert majority(["a", "b", "b"]) == "b"
    assert majority(["b", "a"]) == "b"
    assert majority([]) == ""


def test_a_critic_sees_each_reading_once_and_only_where_there_is_a_choice() -> None:
    seen: list[Sequence[str]] = []

    def critic(crop: EvalCrop, readings: Sequence[str]) -> list[float]:
        seen.append(readings)
        return [float(len(reading)) for reading in readings]

    crop = crops()[0]
    assert best(critic, crop, ["ab", "c", "ab", "de"]) == "ab"
    assert best(critic, crop, ["x", "x"]) == "x"
    assert best(critic, crop, []) == ""
    assert seen == [["ab", "c", "de"]]


def test_ways_are_compared_on_the_same_readings() -> None:
    readings = [["一二三", "一二二"], ["四五五", "四五五", "四五六"], []]
    found = {each.name: each for each in compare_choices(crops(), readings, {"prm": perfect})}
    assert list(found) == ["random", "majority", "prm", "oracle"]
    assert found["random"].over_random is None
    assert found["prm"].summary["all"].cer == found["oracle"].summary["all"].cer
    assert found["prm"].summary["all"].cer.value == 3 / 9
    assert found["random"].summary["all"].cer.value == (1 / 2 + 2 / 3 + 3) / 9
    assert found["majority"].summary["all"].exact.value == 1 / 3
    gain = found["prm"].over_random
    assert gain is not None
    assert gain.cer.difference.value < 0


@given(
    st.lists(
        st.lists(st.text("一二三四五六七八九", max_size=4), max_size=6), min_size=3, max_size=3
    )
)
def test_nothing_beats_the_oracle(readings: list[list[str]]) -> None:
    found = compare_choices(crops(), readings, {"prm": perfect})
    errors = {each.name: [score.num_errors for score in each.scores] for each in found}
    for name, best_errors in itertools.product(errors, [errors["oracle"]]):
        assert all(b <= e for b, e in zip(best_errors, errors[name], strict=True))
