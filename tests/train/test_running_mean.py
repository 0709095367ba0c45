"""δ of BCO: a plain average of every reward so far."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.train.running_mean import START_COUNT, RunningMean

REWARDS = st.lists(st.floats(-20, 20), min_size=1, max_size=6)
STEPS = st.lists(st.lists(REWARDS, min_size=1, max_size=4), min_size=1, max_size=5)
"""Steps of packs of rewards."""


def test_it_starts_at_zero_with_next_to_no_weight() -> None:
    mean = RunningMean()
    assert (mean.mean, mean.count) == (0.0, START_COUNT) == (0.0, 1e-24)
    mean.update(3.0, 2)
    assert (mean.mean, mean.count) == (1.5, 2.0)


@given(steps=STEPS)
def test_it_is_the_average_over_all_steps_and_packs(steps: list[list[list[float]]]) -> None:
    mean = RunningMean()
    for packs in steps:
        mean.update(sum(map(sum, packs)), sum(map(len, packs)))
    every = [reward for packs in steps for pack in packs for reward in pack]
    assert mean.mean == pytest.approx(np.mean(every), abs=1e-9)
    assert mean.count == pytest.approx(len(every))


@given(before=REWARDS, own=REWARDS)
def test_the_loss_of_a_pack_sees_its_own_rewards(before: list[float], own: list[float]) -> None:
    mean = RunningMean()
    mean.update(sum(before), len(before))
    state = mean.state_dict()
    assert mean.including(sum(own), len(own)) == pytest.approx(np.mean(before + own), abs=1e-9)
    assert mean.state_dict() == state


def test_one_pack_in_a_step_is_the_rule_of_upstream() -> None:
    """Update, then take the loss: the same δ as `including` before the update."""
    mean = RunningMean()
    for rewards in ([0.0, 0.0], [0.5, -0.25], [1.0, 2.0]):
        shift = mean.including(sum(rewards), len(rewards))
        mean.update(sum(rewards), len(rewards))
        assert mean.mean == shift


@given(steps=STEPS, cut=st.integers(0, 5))
def test_after_a_restart_it_goes_on_to_the_bit(steps: list[list[list[float]]], cut: int) -> None:
    straight, first = RunningMean(), RunningMean()
    for index, packs in enumerate(steps):
        if index == cut:
            saved = json.loads(json.dumps(first.state_dict()))
            first = RunningMean()
            first.load_state_dict(saved)
        for mean in (straight, first):
            mean.update(sum(map(sum, packs)), sum(map(len, packs)))
    assert first == straight
