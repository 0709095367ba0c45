"""A critic of solution steps, trained on a tiny model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from shuowen.errors import InputError, UsageError
from shuowen.model.critic_signs import Signs
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.train.collate import Batch
from shuowen.train.options import OptimiserOptions
from shuowen.train.prm import StepVerdicts, prm
from tests.train.toy_runs import (
    conversations,
    metrics_of,
    recipe_of,
    run_options,
    solutions,
    tiny_folder,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def learnt(model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, float]]:
    folder = tmp_path_factory.mktemp("run")
    optimiser = OptimiserOptions(lr=2e-2, weight_decay=0.0, warmup_share=0.0)
    recipe = recipe_of("prm", model, solutions(folder), num_steps=30, optimiser=optimiser)
    result = prm(recipe, run_options(folder / "run"))
    assert result.model_folder is not None
    return metrics_of(folder / "run")


def test_it_learns_to_tell_right_from_wrong(learnt: list[dict[str, float]]) -> None:
    assert learnt[-1]["loss"] < 0.2 * learnt[0]["loss"]
    assert learnt[-1]["loss"] < 0.75  # a coin has 0.69: all else is ruled out


def test_only_verdicts_are_learnt(learnt: list[dict[str, float]]) -> None:
    """Three of each solution, and the loss of a random model is that of a choice among tokens."""
    for line in learnt:
        assert line["targets"] == 3 * line["samples"]


def test_measures_add_up(learnt: list[dict[str, float]]) -> None:
    for line in learnt:
        assert 0 <= line["found"] <= line["wrong"] <= 1
        missed = line["wrong"] - line["found"]
        assert line["accuracy"] == pytest.approx(1 - missed - line["blamed"], abs=1e-6)


def batch_of(target_ids: list[int], weights: list[float]) -> Batch:
    """Targets alone; tokens do not matter to a model that knows its logits."""
    num = len(target_ids)
    return Batch(
        token_ids_T=torch.zeros(num + 1, dtype=torch.int64),
        positions_T=torch.arange(num + 1.0),
        lengths=(num + 1,),
        visual_mask_T=None,
        pixels_MCHW=None,
        target_rows_N=torch.arange(num),
        target_ids_N=torch.tensor(target_ids),
        target_weights_N=torch.tensor(weights),
        example_of_target_N=torch.zeros(num, dtype=torch.int64),
    )


def test_measures_by_hand(model: Path) -> None:
    signs = Signs.of(Tokenizer.from_folder(model))
    good, bad = signs.good_id, signs.bad_id
    logits = torch.zeros(4, 400)
    logits[torch.arange(4), [good, bad, bad, good]] = 5.0
    logits[:, 7] = 99.0  # what is neither sign does not count
    batch = batch_of([good, good, bad, bad], [1.0, 2.0, 4.0, 8.0])
    _, sums = StepVerdicts(signs).loss(lambda *args, **options: logits, batch)  # type: ignore[arg-type]
    assert {name: float(value) for name, value in sums.items()} == {
        "accuracy": 5.0,
        "wrong": 12.0,
        "found": 4.0,
        "blamed": 2.0,
    }
    assert np.isclose(StepVerdicts(signs).weight(batch), 15.0)


def test_what_is_no_judged_solution_is_refused(model: Path, tmp_path: Path) -> None:
    recipe = recipe_of("prm", model, conversations(tmp_path))
    with pytest.raises(InputError, match=r"neither \+ nor -"):
        prm(recipe, run_options(tmp_path / "run"))


def test_a_recipe_of_another_stage_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stage sft"):
        prm(recipe_of("sft", model, solutions(tmp_path)), run_options(tmp_path / "run"))
