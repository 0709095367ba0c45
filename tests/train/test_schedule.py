"""Learning rates over a run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.train.options import OptimiserOptions, Schedule
from shuowen.train.schedule import lr_share


def shares(num_steps: int, **options: object) -> list[float]:
    settings = OptimiserOptions(**options)  # type: ignore[arg-type]
    return [lr_share(step, num_steps, settings) for step in range(num_steps)]


def test_the_warm_up_rises_in_even_steps_to_the_top() -> None:
    assert shares(40, warmup_share=0.1, schedule="constant")[:6] == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    )


def test_the_cosine_falls_by_half_in_the_middle_to_what_is_left() -> None:
    found = shares(101, warmup_share=0.0, min_lr_share=0.1)
    assert found[0] == 1.0
    assert found[50] == pytest.approx(0.55, abs=0.01)
    assert found[-1] == pytest.approx(0.1, abs=0.001)


def test_wsd_is_flat_until_it_falls_in_a_line() -> None:
    found = shares(100, warmup_share=0.0, schedule="wsd", decay_share=0.2)
    assert found[:81] == [1.0] * 81
    assert found[90] == pytest.approx(0.5)
    assert found[99] == pytest.approx(0.05)


@given(
    schedule=st.sampled_from(["cosine", "constant", "wsd"]),
    num_steps=st.integers(1, 300),
    warmup=st.floats(0, 1),
    low=st.floats(0, 1),
)
def test_shares_rise_to_one_at_most_and_fall_after_it(
    schedule: Schedule, num_steps: int, warmup: float, low: float
) -> None:
    found = shares(num_steps, schedule=schedule, warmup_share=warmup, min_lr_share=low)
    assert all(0 <= share <= 1 for share in found)
    top = found.index(max(found))
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
