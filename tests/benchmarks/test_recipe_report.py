"""The recipe's numbers become tables and plots; budgets and comparisons mean what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from benchmarks.recipe_evaluation import ModelScores, as_json, improvements
from benchmarks.recipe_experiments import _beside
from benchmarks.recipe_report import draw_plots, percent, points, write_tables
from benchmarks.recipe_training import Budget, flops_of, recipe_of, training_facts
from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.crops.positions import StepScore
from shuowen.evals.crops.scores import score_readings, summarise


def scores_of(share_right: float, number: int = 40) -> Any:
    pixels = np.zeros((8, 8, 3), np.uint8)
    crops = [
        EvalCrop(key=str(n), pixels=pixels, text="一二三四", labels=("printed",), group=str(n))
        for n in range(number)
    ]
    return score_readings(
        crops, ["一二三四" if n < share_right * number else "一二三" for n in range(number)]
    )


def model(share_right: float) -> ModelScores:
    scores = scores_of(share_right)
    summary = {label: as_json(each) for label, each in summarise(scores).items()}
    record = {"held_out": {"summary": summary, "confusions": [["未", "末", 3], ["一", "", 1]]}}
    return ModelScores({"held_out": scores}, record)


def step(share_right: float, tiles: tuple[int, int], delta: float) -> StepScore:
    scores = scores_of(share_right)
    summary = summarise(scores)["all"]
    return StepScore(step=delta, tiles=tiles, summary=summary, scores=tuple(scores))


def numbers() -> dict[str, Any]:
    models = {"pretrain": model(0.5), "sft": model(0.9)}
    gains = improvements(models)
    records = {name: each.record for name, each in models.items()}
    gain = gains["sft over pretrain"]["held_out"]
    summary = records["sft"]["held_out"]["summary"]["all"]
    curves = {
        name: [{"step": delta, "tiles": [1, 4]} | summary for delta in (1.0, 0.5)]
        for name in ("drawn", "one")
    }
    return {
        "models": records,
        "improvements": gains,
        "best of 8": {
            "greedy": {"summary": summary},
            "random": {"summary": summary, "over random": None, "over greedy": gain},
            "PRM, mean": {"summary": summary, "over random": gain, "over greedy": gain},
        },
        "native against staged": {
            "flops": {"native": 1e15, "text": 2e14},
            "models": records,
            "improvements": gains,
        },
        "v2pe": {
            "curves": curves,
            "drawn over one": {"1-4 tiles": {"step": 1.0, "difference": gain}},
        },
    }


def write_run(folder: Path, num_steps: int = 60) -> None:
    folder.mkdir()
    lines = [
        {"step": n, "loss": 4.0 / n, "seconds": 2.0, "tokens": 10, "samples": 2, "flops": 5.0}
        for n in range(1, num_steps + 1)
    ]
    (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")


def test_all_numbers_are_in_tables_and_plots(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    found = numbers() | {"training": {"run": training_facts(tmp_path / "run")}}
    write_tables(tmp_path / "tables.md", found)
    text = (tmp_path / "tables.md").read_text("utf-8")
    for part in (
        "| run | 60 | 2.0 | 120 | 600 | 4.000 |",
        "| pretrain | all | 40 | 12.5 %",
        "| sft over pretrain | held_out | -10.0",
        "未 as 末 3; 一 as nothing 1",
        "native 1.00e+15, text 2.00e+14",
        "1-4 tiles: δ drawn, read with 1, over δ = 1: CER -10.0",
    ):
        assert part in text
    draw_plots(tmp_path / "plots", found, {"run": tmp_path / "run"})
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert names == {"losses.png", "stages.png", "best_of_8.png", "v2pe.png"}


def test_what_was_not_measured_is_left_out(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    write_tables(tmp_path / "tables.md", {"improvements": numbers()["improvements"]})
    assert (tmp_path / "tables.md").read_text("utf-8").startswith("## Improvements")
    draw_plots(tmp_path / "plots", {}, {"run": tmp_path / "run"})
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["losses.png"]


def test_intervals_are_written_for_people() -> None:
    assert percent([0.0412, 0.038, 0.045]) == "4.1 % (3.8 to 4.5)"
    assert percent([0.5, None, None]) == "50.0 %"
    assert points([-0.021, -0.03, -0.01], is_beyond=True) == "-2.1 (-3.0 to -1.0)"
    assert points([0.001, -0.01, 0.02], is_beyond=False) == "+0.1 (-1.0 to +2.0), may be chance"


def test_steps_for_the_positions_of_training_are_compared_and_not_the_best() -> None:
    ranges = ((1, 4), (5, 8), (9, 16))
    deltas = (1.0, 0.5, 0.25, 0.125)
    drawn = [step(0.9 if d == 0.125 else 0.5, tiles, d) for d in deltas for tiles in ranges]
    one = [step(0.5, tiles, d) for d in deltas for tiles in ranges]
    found = _beside(drawn, one)
    assert {name: each["step"] for name, each in found.items()} == {
        "1-4 tiles": 1.0,
        "5-8 tiles": 0.5,
        "9-16 tiles": 0.25,
    }
    assert all(each["difference"]["cer"][0] == 0 for each in found.values())


def test_budgets_are_minutes_or_steps() -> None:
    assert Budget.parse("12.5") == Budget(minutes=12.5)
    assert Budget.parse("300s") == Budget(steps=300)


def test_operations_of_a_run_are_added_up(tmp_path: Path) -> None:
    write_run(tmp_path / "run", 10)
    assert flops_of(tmp_path / "run") == 50
    assert training_facts(tmp_path / "run")["minutes"] == pytest.approx(20 / 60)


def test_every_stage_has_a_recipe() -> None:
    recipes = [recipe_of(stage) for stage in ("pretrain", "sft", "mpo", "prm")]
    assert [each.stage for each in recipes] == ["pretrain", "sft", "mpo", "prm"]
    assert [each.mpo is None for each in recipes] == [True, True, False, True]
