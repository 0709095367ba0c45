"""What each stage's model reads: made crops that it has not seen, and real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.recipe_answers import open_engine
from shuowen.evals.crops.choosing import compare_choices
from shuowen.evals.crops.critics import AGGREGATES, PartsCritic
from shuowen.evals.crops.crop import EvalCrop, writable_ones
from shuowen.evals.crops.reading import read_crops, sample_readings
from shuowen.evals.crops.scores import (
    CropScore,
    CropSummary,
    Improvement,
    compare,
    confusions,
    score_readings,
    summarise,
)
from shuowen.evals.intervals import Estimate
from shuowen.model.critic import ProcessCritic

Json = dict[str, Any]


@dataclass(frozen=True)
class CropSets:
    """What is read: made crops, and real ones with and without those outside the alphabet."""

    made: Sequence[EvalCrop]
    real: Sequence[EvalCrop]

    def by_name(self) -> Mapping[str, Sequence[EvalCrop]]:
        sets = {
            "held_out": self.made,
            "real, in the alphabet": writable_ones(self.real),
            "real, all": self.real,
        }
        return {name: crops for name, crops in sets.items() if crops}


@dataclass(frozen=True)
class ModelScores:
    """One model's scores by set, and as JSON."""

    scores: Mapping[str, list[CropScore]]
    record: Json


def evaluate_model(folder: Path, sets: CropSets, threads: int) -> ModelScores:
    """Read all sets greedily."""
    engine = open_engine(folder, threads)
    scores, record = {}, {}
    try:
        for name, crops in sets.by_name().items():
            readings = read_crops(engine, crops)
            scores[name] = score_readings(crops, readings)
            summary = {label: as_json(each) for label, each in summarise(scores[name]).items()}
            record[name] = {"summary": summary, "confusions": _confusions(crops, readings)}
    finally:
        engine.close()
    return ModelScores(scores, record)


def improvements(models: Mapping[str, ModelScores]) -> Json:
    """Each model beside the one before it, and whether the difference is beyond chance."""
    names = list(models)
    found: Json = {}
    for before, after in zip(names, names[1:], strict=False):
        pairs = {
            name: compare(scores, models[before].scores[name])
            for name, scores in models[after].scores.items()
        }
        found[f"{after} over {before}"] = {
            name: improvement_json(each) for name, each in pairs.items() if each is not None
        }
    return found


def evaluate_choosing(
    reader: Path, critic: Path, crops: Sequence[EvalCrop], threads: int, num_readings: int = 8
) -> Json:
    """Best-of-N: a greedy reading and drawn ones, chosen in every way."""
    engine = open_engine(reader, threads)
    try:
        greedy = read_crops(engine, crops)
        drawn = sample_readings(engine, crops, num_readings - 1)
    finally:
        engine.close()
    readings = [(first, *others) for first, others in zip(greedy, drawn, strict=True)]
    judge = PartsCritic(ProcessCritic.from_folder(critic))
    critics = {f"PRM, {name}": judge.by(each) for name, each in AGGREGATES.items()}
    choices = compare_choices(crops, readings, {"ORM": judge.as_outcome(), **critics})
    scores = score_readings(crops, greedy)
    record: Json = {"greedy": {"summary": as_json(summarise(scores)["all"])}}
    for choice in choices:
        over_greedy = compare(choice.scores, scores)
        record[choice.name] = {
            "summary": as_json(choice.summary["all"]),
            "over random": improvement_json(choice.over_random),
            "over greedy": improvement_json(over_greedy),
        }
    return record


def as_json(summary: CropSummary) -> Json:
    return {
        "crops": summary.num_crops,
        "cer": _interval(summary.cer),
        "exact": _interval(summary.exact),
    }


def improvement_json(improvement: Improvement | None) -> Json | None:
    if improvement is None:
        return None
    return {
        "cer": _interval(improvement.cer.difference),
        "cer beyond chance": improvement.cer.is_beyond_chance,
        "exact": _interval(improvement.exact.difference),
        "exact beyond chance": improvement.exact.is_beyond_chance,
    }


def _interval(estimate: Estimate) -> list[float | None]:
    return [estimate.value, estimate.low, estimate.high]


def _confusions(crops: Sequence[EvalCrop], readings: Sequence[str]) -> list[list[Any]]:
    return [[each.truth, each.read, each.count] for each in confusions(crops, readings)]
