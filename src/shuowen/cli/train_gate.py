"""The forgetting gate's evaluator: held-out lines are read by our own engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from shuowen.engines.pytorch.load import load_engine
from shuowen.evals.crops.crop import EvalCrop, made_crops, real_crops
from shuowen.evals.crops.reading import read_crops
from shuowen.evals.crops.scores import score_readings
from shuowen.evals.extra import require_bench_extra
from shuowen.hub.download import resolve_model
from shuowen.train.gate import judge
from shuowen.train.gate_result import GateResult
from shuowen.train.gate_rules import GateOptions, NoClearDrop
from shuowen.train.gate_score import SetScore

_NUM_MADE = 200


class LineReading:
    """Reads sets of crops of lines; an `Evaluator`.

    Args:
        sets: By name.
    """

    def __init__(self, sets: Mapping[str, Sequence[EvalCrop]]) -> None:
        self._sets = sets

    def evaluate(self, model_folder: Path) -> dict[str, SetScore]:
        """Errors of every line, by set."""
        with closing(load_engine(model_folder)) as engine:
            return {
                name: _score(crops, read_crops(engine, crops)) for name, crops in self._sets.items()
            }


def judged(before: str, after: Path, margin: float, held_out: Path | None) -> GateResult:
    """Whether a new model reads held-out lines as well as the one that it was made from.

    Args:
        before: Model folder or hub name.
        after: Model folder.
        margin: How far an error rate may rise; 0.01 is a point.
        held_out: A folder of sets, read beside made lines whose words and fonts are in no training.

    Raises:
        MissingExtraError: shuowen[bench], which counts errors, is not installed.
        InputError, ModelError: A set or a model cannot be read.
    """
    require_bench_extra()
    sets: dict[str, Sequence[EvalCrop]] = {"made": made_crops(_NUM_MADE)}
    if held_out is not None and (real := real_crops(held_out)):
        sets[held_out.name] = real
    reader = LineReading(sets)
    scores = reader.evaluate(resolve_model(before)), reader.evaluate(after)
    return judge(*scores, GateOptions(default=NoClearDrop(margin)))


def _score(crops: Sequence[EvalCrop], readings: Sequence[str]) -> SetScore:
    scores = score_readings(crops, readings)
    return SetScore(
        num_errors=tuple(each.num_errors for each in scores),
        sizes=tuple(float(each.num_truth) for each in scores),
        names=tuple(each.key for each in crops),
    )
