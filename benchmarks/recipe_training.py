"""Stages of the recipe on made data, each resumable: what is there is not done again."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from shuowen.train.mpo import mpo
from shuowen.train.options import OptimiserOptions, RunOptions
from shuowen.train.pretrain import pretrain
from shuowen.train.prm import prm
from shuowen.train.progress import read_metrics
from shuowen.train.recipe import MpoOptions, Recipe, StageName
from shuowen.train.recipes import RECIPES, nano
from shuowen.train.sft import sft

_log = logging.getLogger("shuowen")

FAMILY = "nano"
_RECIPES = {**RECIPES, **nano.RECIPES}
_RUNS = {"pretrain": pretrain, "sft": sft, "mpo": mpo, "prm": prm}
_PROBE_STEPS = 8
_PROBE_WARM_UP = 3

# Lower rates for later stages; upstream's are to its pre-training's about as these are to nano's.
_LATER: Mapping[StageName, OptimiserOptions] = {
    "sft": OptimiserOptions(name="muon", lr=5e-4, weight_decay=0.01, betas=(0.9, 0.98)),
    "mpo": OptimiserOptions(lr=2e-5, weight_decay=0.05, betas=(0.9, 0.98), warmup_share=0.05),
    "prm": OptimiserOptions(lr=3e-4, weight_decay=0.05, betas=(0.9, 0.98), warmup_share=0.05),
}


@dataclass(frozen=True)
class Budget:
    """How long a stage may train: minutes on this machine, or optimiser steps."""

    minutes: float | None = None
    steps: int | None = None

    @classmethod
    def parse(cls, text: str) -> Budget:
        """ "12" or "12.5" is minutes, "400s" is steps."""
        return cls(steps=int(text[:-1])) if text.endswith("s") else cls(minutes=float(text))


@dataclass(frozen=True)
class Pace:
    """What a step takes."""

    seconds: float
    flops: float


def recipe_of(stage: StageName, family: str = FAMILY) -> Recipe:
    """The registered recipe, or the pre-training's with the settings of a later stage."""
    name = f"{family}-{stage}"
    if name in _RECIPES:
        return _RECIPES[name]
    return replace(
        _RECIPES[f"{family}-pretrain"],
        name=name,
        stage=stage,
        optimiser=_LATER[stage],
        mpo=MpoOptions() if stage == "mpo" else None,
    )


def train(recipe: Recipe, folder: Path, budget: Budget, threads: int) -> Path:
    """The model folder of a stage, trained unless it is there; an interrupted run goes on."""
    done = folder / "model"
    if (done / "config.json").is_file():
        _log.info("%s: done already.", recipe.name)
        return done
    steps = planned_steps(recipe, folder, budget, threads)
    _log.info("%s: %d steps into %s.", recipe.name, steps, folder)
    started = time.monotonic()
    recipe = replace(recipe, num_steps=steps, num_epochs=None)
    result = _RUNS[recipe.stage](recipe, _options(folder, threads, save_every_steps=500))
    if result.model_folder is None:
        raise SystemExit(f"{recipe.name} was stopped. {result.how_to_go_on}")
    _log.info("%s: %.1f minutes.", recipe.name, (time.monotonic() - started) / 60)
    return result.model_folder


def planned_steps(recipe: Recipe, folder: Path, budget: Budget, threads: int) -> int:
    """Steps of a stage; kept in its folder, so that a resumed run has the same schedule."""
    plan = folder / "plan.json"
    if plan.is_file():
        return int(json.loads(plan.read_text())["steps"])
    steps = budget.steps
    if steps is None:
        assert budget.minutes is not None
        steps = max(1, int(budget.minutes * 60 / probe(recipe, folder, threads).seconds))
    folder.mkdir(parents=True, exist_ok=True)
    plan.write_text(json.dumps({"steps": steps, "recipe": recipe.name}))
    return steps


def probe(recipe: Recipe, folder: Path, threads: int) -> Pace:
    """Time and operations of a step, from a few that are thrown away."""
    scratch = folder.with_name(f"{folder.name}-probe")
    shutil.rmtree(scratch, ignore_errors=True)
    short = replace(recipe, num_steps=_PROBE_STEPS, num_epochs=None)
    _RUNS[recipe.stage](short, _options(scratch, threads, save_every_steps=10_000))
    lines = read_metrics(scratch / "metrics.jsonl")[_PROBE_WARM_UP:]
    shutil.rmtree(scratch)
    return Pace(
        seconds=median(each["seconds"] for each in lines if "seconds" in each),
        flops=median(each["flops"] for each in lines if "flops" in each),
    )


def flops_of(folder: Path) -> float:
    """Operations of a whole run, as `train/flops.py` counts them."""
    return sum(each.get("flops", 0.0) for each in read_metrics(folder / "metrics.jsonl"))


def training_facts(folder: Path) -> dict[str, Any]:
    """Steps, minutes, tokens and operations of a run, and its losses for a plot."""
    lines = [each for each in read_metrics(folder / "metrics.jsonl") if "loss" in each]
    return {
        "steps": len(lines),
        "minutes": sum(each["seconds"] for each in lines) / 60,
        "tokens": sum(each["tokens"] for each in lines),
        "samples": sum(each["samples"] for each in lines),
        "flops": sum(each["flops"] for each in lines),
        "first_loss": lines[0]["loss"] if lines else None,
        "last_loss": median(each["loss"] for each in lines[-50:]) if lines else None,
    }


def _options(folder: Path, threads: int, save_every_steps: int) -> RunOptions:
    return RunOptions(
        folder=folder,
        device="cpu",
        num_threads=threads,
        save_every_steps=save_every_steps,
        keep_checkpoints=1,
        log_every_steps=50,
        on_spike="warn",
    )
