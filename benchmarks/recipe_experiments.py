"""Two claims of InternVL3 at the scale of two processor cores.

Native pre-training (§2.2) against the older way (text first, then an adapter before a frozen
language model, then all) with as many operations; and V2PE (§2.1): trained on pictures of few
tiles, read with many.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.recipe_answers import open_engine
from benchmarks.recipe_evaluation import (
    CropSets,
    Json,
    as_json,
    evaluate_model,
    improvement_json,
    improvements,
)
from benchmarks.recipe_training import Budget, flops_of, probe, recipe_of, train, training_facts
from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.crops.positions import StepScore, by_tiles, score_steps
from shuowen.evals.crops.scores import compare
from shuowen.model.config_json import read_config
from shuowen.model.weights.load import load_model
from shuowen.prompt.options import POSITION_STEPS
from shuowen.train.recipe import DataOptions, MadeData, Recipe

_log = logging.getLogger("shuowen")

STAGED_SHARES: Mapping[str, float] = {"text": 0.25, "adapter": 0.35, "all": 0.40}
"""Shares of the operations. The native mixture's text takes 1/4 of its tokens."""
FEW_TILES = 4
TILE_RANGES = ((1, 4), (5, 8), (9, 16))
_TEXTS = MadeData(name="texts")
_LINES = MadeData(name="lines")


def native_against_staged(folder: Path, sets: CropSets, budget: Budget, threads: int) -> Json:
    """Both ways with equal operations, and what each reads."""
    base = recipe_of("pretrain")
    native = train(base, folder / "native", budget, threads)
    flops = flops_of(folder / "native")
    staged = native
    before: Path | None = None
    for name, recipe in _staged(base).items():
        if before is not None:
            recipe = replace(recipe, init=str(before))
        steps = _steps_for(recipe, folder / name, STAGED_SHARES[name] * flops, threads)
        staged = train(recipe, folder / name, Budget(steps=steps), threads)
        if name == "adapter":
            assert before is not None
            _check_frozen(before, staged)
        before = staged
    scores = {"staged": staged, "native": native}
    found = {name: evaluate_model(each, sets, threads) for name, each in scores.items()}
    return {
        "flops": {"native": flops} | {name: flops_of(folder / name) for name in STAGED_SHARES},
        "models": {name: each.record for name, each in found.items()},
        "improvements": improvements(found),
    }


def v2pe(folder: Path, crops: Sequence[EvalCrop], budget: Budget, threads: int) -> Json:
    """Models trained on at most four tiles with δ drawn and with δ = 1, read with every δ."""
    base = replace(recipe_of("pretrain"), max_tiles=FEW_TILES)
    found: dict[str, list[StepScore]] = {}
    steps: Budget = budget
    for name, step in (("drawn", "random"), ("one", 1.0)):
        recipe = replace(base, name=f"v2pe-{name}", position_step=step)
        model = train(recipe, folder / name, steps, threads)
        steps = Budget(
            steps=training_facts(folder / name)["steps"]
        )  # the second has as many as the first
        found[name] = _read_with_steps(model, crops, threads)
    return {
        "curves": {name: [_step_json(each) for each in scores] for name, scores in found.items()},
        "drawn over one": _beside(found["drawn"], found["one"]),
    }


def _staged(base: Recipe) -> dict[str, Recipe]:
    pictures = DataOptions(made=(_LINES,))
    adapter: Any = "no_language"
    return {
        "text": replace(base, name="staged-text", data=DataOptions(made=(_TEXTS,))),
        "adapter": replace(base, name="staged-adapter", data=pictures, trainable=adapter),
        "all": replace(base, name="staged-all"),
    }


def _steps_for(recipe: Recipe, folder: Path, flops: float, threads: int) -> int:
    if (folder / "plan.json").is_file():
        return 0  # the plan counts
    return max(1, round(flops / probe(recipe, folder, threads).flops))


def _check_frozen(before: Path, after: Path) -> None:
    """That the adapter's stage left the language model alone."""
    models = [load_model(each).language.state_dict() for each in (before, after)]
    changed = [name for name, values in models[0].items() if not values.equal(models[1][name])]
    if changed:
        raise SystemExit(f"The language model was to be frozen, and {changed[0]} has changed.")


def _read_with_steps(model: Path, crops: Sequence[EvalCrop], threads: int) -> list[StepScore]:
    groups = by_tiles(crops, TILE_RANGES, read_config(model))
    engine = open_engine(model, threads)
    try:
        return score_steps(engine, groups, POSITION_STEPS)
    finally:
        engine.close()


def _step_json(score: StepScore) -> Json:
    return {"step": score.step, "tiles": list(score.tiles)} | as_json(score.summary)


def _beside(drawn: Sequence[StepScore], one: Sequence[StepScore]) -> Json:
    """For each range the δ with which its longest crops end where training ended, beside δ = 1.

    The δ is chosen before anything is read, so that nothing is picked by its result.
    """
    found: Json = {}
    for tiles in dict.fromkeys(each.tiles for each in drawn):
        step = min(1.0, FEW_TILES / tiles[1])
        ours, other = _at(drawn, tiles, step), _at(one, tiles, 1.0)
        found[f"{tiles[0]}-{tiles[1]} tiles"] = {
            "step": step,
            "difference": improvement_json(compare(ours.scores, other.scores)),
        }
    return found


def _at(scores: Sequence[StepScore], tiles: tuple[int, int], step: float) -> StepScore:
    return next(each for each in scores if each.tiles == tiles and each.step == step)
