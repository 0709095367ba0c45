"""Options of runs and optimisers refuse what makes no sense, and say what does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import UsageError
from shuowen.train.options import OptimiserOptions, RunOptions


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "sgd"}, "adamw, muon"),
        ({"schedule": "linear"}, "cosine, constant, wsd"),
        ({"lr": 0.0}, "lr is 0"),
        ({"muon_lr": -1.0}, "muon_lr is -1"),
        ({"warmup_share": 1.5}, "warmup_share is 1.5"),
        ({"betas": (0.9, 1.0)}, "beta is 1"),
    ],
)
def test_an_optimiser_that_makes_no_sense_is_refused(change: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        OptimiserOptions(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "fp16"}, "bf16, fp32"),
        ({"save_every_steps": 0}, "save_every_steps is 0"),
        ({"num_data_workers": True}, "num_data_workers is True"),
        ({"num_threads": 0}, "num_threads is 0"),
        ({"context_parallel": 2}, "cannot share one packed sequence"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(change: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RunOptions(folder=Path("runs"), **change)
