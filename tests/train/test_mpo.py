"""Preference optimisation from its first step to a model folder, on a tiny model."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from shuowen.errors import ConflictError, InputError, UsageError
from shuowen.model.weights.load import load_model
from shuowen.train.mpo import mpo
from shuowen.train.recipe import Adapter
from tests.train.toy_runs import (
    conversations,
    metrics_of,
    preferences,
    recipe_of,
    run_options,
    tiny_folder,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preferences(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def learnt(
    model: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, float]]:
    """Metrics of a run of some steps."""
    folder = tmp_path_factory.mktemp("run")
    result = mpo(recipe_of("mpo", model, pairs, num_steps=12), run_options(folder))
    assert result.model_folder is not None
    assert result.steps == 12
    assert load_model(result.model_folder).num_parameters == load_model(model).num_parameters
    return metrics_of(folder)


def test_at_the_start_policy_and_reference_are_one(learnt: list[dict[str, float]]) -> None:
    first = learnt[0]
    assert first["dpo"] == pytest.approx(math.log(2), abs=1e-6)
    assert first["bco"] == pytest.approx(2 * math.log(2), abs=1e-6)
    assert first["loss"] - first["nll"] == pytest.approx(0.8318, abs=5e-5)
    for name in ("reward_margin", "reward_chosen", "reward_rejected", "reward_shift"):
        assert first[name] == pytest.approx(0, abs=1e-6)


def test_the_chosen_answer_comes_to_be_preferred(learnt: list[dict[str, float]]) -> None:
    margins = [line["reward_margin"] for line in learnt]
    assert margins[-1] > 0.2
    assert margins[-1] > margins[len(margins) // 2] > margins[1] > 0
    assert learnt[-1]["reward_accuracy"] == 1.0
    assert learnt[-1]["nll"] < learnt[0]["nll"]


def test_every_term_is_in_the_metrics(learnt: list[dict[str, float]]) -> None:
    for line in learnt:
        expected = 0.8 * line["dpo"] + 0.2 * line["bco"] + line["nll"]
        assert line["loss"] == pytest.approx(expected, rel=1e-5)
        difference = line["reward_chosen"] - line["reward_rejected"]
        assert line["reward_margin"] == pytest.approx(difference, abs=1e-5)


def test_the_shift_is_the_mean_of_all_rewards_before(learnt: list[dict[str, float]]) -> None:
    """Packs are alike here, so that the running mean can be followed from the means of steps."""
    total = count = 0.0
    for line in learnt:
        mean = (line["reward_chosen"] + line["reward_rejected"]) / 2
        before = total / count if count else mean
        low, high = sorted((before, mean))
        assert low - 0.05 <= line["reward_shift"] <= high + 0.05
        total, count = total + mean * line["samples"], count + line["samples"]


def test_a_run_that_was_stopped_goes_on_exactly(model: Path, pairs: Path, tmp_path: Path) -> None:
    recipe = recipe_of("mpo", model, pairs)
    straight = mpo(recipe, run_options(tmp_path / "straight"))
    first = mpo(recipe, run_options(tmp_path / "cut", stop_at_step=2))
    assert first.model_folder is None
    second = mpo(recipe, run_options(tmp_path / "cut"))
    assert second.losses == straight.losses
    names = ("reward_shift", "reward_margin", "dpo", "bco")
    for cut, whole in zip(
        metrics_of(tmp_path / "cut"), metrics_of(tmp_path / "straight"), strict=True
    ):
        assert [cut[name] for name in names] == [whole[name] for name in names]


def test_a_reference_from_a_file_says_the_same(model: Path, pairs: Path, tmp_path: Path) -> None:
    recipe = recipe_of("mpo", model, pairs, num_steps=2)
    live = mpo(recipe, run_options(tmp_path / "live"))
    options = run_options(tmp_path / "stored")
    stored = mpo(recipe, options, reference="precomputed")
    assert stored.losses == pytest.approx(live.losses, rel=1e-6)
    table = tmp_path / "stored" / "reference" / "log_probs.npy"
    written = table.stat().st_mtime_ns
    faster = replace(recipe, optimiser=replace(recipe.optimiser, lr=1e-2))
    mpo(faster, replace(options, resume=False), reference="precomputed")
    assert table.stat().st_mtime_ns == written  # asked once for all runs


def test_a_file_of_other_weights_or_data_is_refused(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    options = run_options(tmp_path / "run", resume=False)
    recipe = recipe_of("mpo", model, pairs, num_steps=1)
    mpo(recipe, options, reference="precomputed")
    other = tiny_folder(tmp_path / "other", seed=1)
    with pytest.raises(ConflictError, match="other weights"):
        mpo(replace(recipe, init=str(other)), options, reference="precomputed")
    (tmp_path / "data").mkdir()
    changed = preferences(tmp_path / "data", rejected="海")
    with pytest.raises(ConflictError, match="the data or the recipe have changed"):
        mpo(recipe_of("mpo", model, changed, num_steps=1), options, reference="precomputed")


def test_with_an_adapter_the_model_is_its_own_reference(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    adapter = Adapter(rank=4, dropout=0.0)
    recipe = recipe_of("mpo", model, pairs, num_steps=5, trainable=adapter)
    mpo(recipe, run_options(tmp_path / "run"))
    lines = metrics_of(tmp_path / "run")
    assert lines[0]["loss"] - lines[0]["nll"] == pytest.approx(0.8318, abs=5e-5)
    assert lines[-1]["reward_margin"] > 0


def test_what_is_no_preference_is_refused(model: Path, tmp_path: Path) -> None:
    recipe = recipe_of("mpo", model, conversations(tmp_path))
    with pytest.raises(InputError, match="not pairs"):
        mpo(recipe, run_options(tmp_path / "run"))


def test_wrong_options_are_refused(model: Path, pairs: Path, tmp_path: Path) -> None:
    options = run_options(tmp_path)
    with pytest.raises(UsageError, match="no reference 'frozen'"):
        mpo(recipe_of("mpo", model, pairs), options, reference="frozen")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="stage sft"):
        mpo(recipe_of("sft", model, pairs), options)
