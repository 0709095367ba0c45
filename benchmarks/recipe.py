"""The training recipe from nothing to its numbers: every stage, its evaluation, two experiments.

    python -m benchmarks.recipe out/recipe --data DATA
    python -m benchmarks.recipe out/recipe --budget pretrain=20 --budget mpo=300s --only pretrain

What is there already is not done again, and an interrupted stage goes on: start the same command
again. `numbers.json`, `tables.md` and `plots/` are what docs/recipe.md shows. DATA is a folder of
evaluation sets; nothing is trained on it.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.recipe_answers import write_labels, write_pairs
from benchmarks.recipe_evaluation import (
    CropSets,
    evaluate_choosing,
    evaluate_model,
    improvements,
)
from benchmarks.recipe_experiments import native_against_staged, v2pe
from benchmarks.recipe_report import draw_plots, write_tables
from benchmarks.recipe_training import Budget, recipe_of, train, training_facts
from shuowen.evals.crops.crop import made_crops, real_crops
from shuowen.train.recipe import DataOptions

STAGES = ("pretrain", "sft", "mpo", "prm")
STEPS = (*STAGES, "evaluate", "best_of", "native", "v2pe")
MINUTES = {"pretrain": 24.0, "sft": 6.0, "mpo": 4.0, "prm": 5.0, "native": 5.0, "v2pe": 5.0}
"""Of training on two cores; writing pairs and labels, and reading, come on top."""


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    out: Path
    data: Path | None
    family: str
    budgets: dict[str, Budget]
    models: dict[str, Path]
    only: Sequence[str]
    threads: int
    num_crops: int
    num_choosing: int
    num_pairs: int
    num_labels: int


class Run:
    """The stages, in their order; each finds what those before it left in the folder."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.out = asked.out
        self._sets: CropSets | None = None

    def pretrain(self) -> Path:
        return self._train("pretrain")

    def sft(self) -> Path:
        if self._is_there("sft"):
            return self._model("sft")
        return self._train("sft", init=self.pretrain())

    def mpo(self) -> Path:
        if self._is_there("mpo"):
            return self._model("mpo")
        before = self.sft()
        pairs = write_pairs(before, self.out / "pairs", self.asked.num_pairs, self.asked.threads)
        return self._train("mpo", init=before, meta=pairs)

    def prm(self) -> Path:
        if self._is_there("prm"):
            return self._model("prm")
        before = self.mpo()
        labels = write_labels(
            before, self.out / "labels", self.asked.num_labels, self.asked.threads
        )
        return self._train("prm", init=before, meta=labels)

    def evaluate(self) -> None:
        folders = {"pretrain": self.pretrain(), "sft": self.sft(), "mpo": self.mpo()}
        sets = self.sets()
        scores = {
            name: evaluate_model(folder, sets, self.asked.threads)
            for name, folder in folders.items()
        }
        self.note("models", {name: each.record for name, each in scores.items()})
        self.note("improvements", improvements(scores))

    def best_of(self) -> None:
        crops = self.sets().made[: self.asked.num_choosing]
        self.note("best of 8", evaluate_choosing(self.mpo(), self.prm(), crops, self.asked.threads))

    def native(self) -> None:
        budget = self.asked.budgets["native"]
        folder = self.out / "native"
        found = native_against_staged(folder, self.sets(), budget, self.asked.threads)
        self.note("native against staged", found)

    def v2pe(self) -> None:
        budget, folder = self.asked.budgets["v2pe"], self.out / "v2pe"
        self.note("v2pe", v2pe(folder, self.sets().made, budget, self.asked.threads))

    def sets(self) -> CropSets:
        if self._sets is None:
            real = real_crops(self.asked.data) if self.asked.data else []
            self._sets = CropSets(made_crops(self.asked.num_crops), real)
        return self._sets

    def numbers(self) -> dict[str, Any]:
        path = self.out / "numbers.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}

    def note(self, name: str, found: Any) -> None:
        numbers = self.numbers() | {name: found}
        text = json.dumps(numbers, ensure_ascii=False, indent=1)
        (self.out / "numbers.json").write_text(text + "\n", encoding="utf-8")

    def report(self) -> None:
        """Tables and plots of whatever there is."""
        found = {path.parent for path in self.out.rglob("metrics.jsonl")}
        runs = {str(path.relative_to(self.out)): path for path in sorted(found)}
        given = {name: folder.parent for name, folder in self.asked.models.items()}
        runs |= {name: path for name, path in given.items() if (path / "metrics.jsonl").is_file()}
        self.note("training", {name: training_facts(path) for name, path in runs.items()})
        write_tables(self.out / "tables.md", self.numbers())
        if runs:
            draw_plots(self.out / "plots", self.numbers(), runs)

    def _model(self, stage: str) -> Path:
        return self.asked.models.get(stage, self.out / stage / "model")

    def _is_there(self, stage: str) -> bool:
        return (self._model(stage) / "config.json").is_file()

    def _train(self, stage: str, init: Path | None = None, meta: Path | None = None) -> Path:
        if self._is_there(stage):
            return self._model(stage)
        recipe = recipe_of(stage, self.asked.family)  # type: ignore[arg-type]
        if init is not None:
            recipe = replace(recipe, init=str(init.resolve()))
        if meta is not None:
            recipe = replace(recipe, data=DataOptions(meta_files=(str(meta.resolve()),)))
        budget = self.asked.budgets[stage]
        return train(recipe, self.out / stage, budget, self.asked.threads)


def main(arguments: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asked = _parse(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    run = Run(asked)
    for step in STEPS:
        if step in asked.only:
            getattr(run, step)()
            run.report()
    run.report()


def _parse(arguments: Sequence[str] | None) -> Asked:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, help="evaluation sets with real lines")
    parser.add_argument("--family", default="nano", help="recipes are called FAMILY-pretrain, …")
    parser.add_argument(
        "--budget",
        action="append",
        default=[],
        metavar="STEP=MINUTES",
        help="or STEP=NUMBERs, steps",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="STAGE=FOLDER",
        help="a model folder that is taken for what the stage would train",
    )
    parser.add_argument("--only", action="append", choices=STEPS, help="default: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--crops", type=int, default=2000, help="made crops that are read")
    parser.add_argument("--choosing", type=int, default=500, help="of them, for Best-of-8")
    parser.add_argument("--pairs", type=int, default=3000, help="crops that pairs come from")
    parser.add_argument("--labels", type=int, default=2000, help="crops that labels come from")
    given = parser.parse_args(arguments)
    budgets = {name: Budget(minutes=minutes) for name, minutes in MINUTES.items()}
    for text in given.budget:
        name, _, amount = text.partition("=")
        if name not in budgets:
            parser.error(f"--budget {text}: choose one of {', '.join(budgets)}")
        budgets[name] = Budget.parse(amount)
    return Asked(
        out=given.out,
        data=given.data,
        family=given.family,
        budgets=budgets,
        models=_models(parser, given.model),
        only=given.only or STEPS,
        threads=given.threads,
        num_crops=given.crops,
        num_choosing=given.choosing,
        num_pairs=given.pairs,
        num_labels=given.labels,
    )


def _models(parser: argparse.ArgumentParser, given: Sequence[str]) -> dict[str, Path]:
    models = {name: Path(folder) for name, _, folder in (text.partition("=") for text in given)}
    for name, folder in models.items():
        if name not in STAGES or not (folder / "config.json").is_file():
            parser.error(f"--model {name}={folder}: no stage, or no model folder")
    return models


if __name__ == "__main__":
    main()
