"""Steps that would spoil a model are seen before they are taken."""

from __future__ import annotations

import logging
from math import inf, nan

import pytest

from shuowen.train.watch import LossWatch, TrainingStopped


@pytest.mark.parametrize(("loss", "norm"), [(nan, 1.0), (inf, 1.0), (2.0, nan), (2.0, inf)])
def test_what_is_no_number_stops_the_run(loss: float, norm: float) -> None:
    with pytest.raises(TrainingStopped, match="Step 7") as caught:
        LossWatch("warn", 4.0).check(7, loss, norm)
    assert "start again" in caught.value.hint


def test_a_spike_is_a_loss_far_above_the_median() -> None:
    watch = LossWatch("stop", 4.0)
    for step in range(30):
        watch.check(step, 2.0 + step % 3, 1.0)
    watch.check(30, 11.9, 1.0)
    with pytest.raises(TrainingStopped, match="loss of step 31 is 12.5; it was about 3 before"):
        watch.check(31, 12.5, 1.0)


def test_the_first_losses_are_no_measure() -> None:
    watch = LossWatch("stop", 4.0)
    for step, loss in enumerate((9.0, 0.1, 8.0, 0.1, 7.0)):
        watch.check(step, loss, 1.0)


def test_a_spike_may_pass_with_a_notice(caplog: pytest.LogCaptureFixture) -> None:
    watch = LossWatch("warn", 2.0, losses=[1.0] * 50)
    with caplog.at_level(logging.WARNING, "shuowen"):
        watch.check(51, 3.0, 1.0)
    assert "loss of step 51 is 3" in caplog.text


def test_losses_before_a_resumption_count() -> None:
    with pytest.raises(TrainingStopped):
        LossWatch("stop", 2.0, losses=[1.0] * 50).check(51, 3.0, 1.0)
