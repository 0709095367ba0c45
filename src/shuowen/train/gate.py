"""The forgetting gate: new weights take a place only if nothing that mattered got worse.

Tuning on handwritten digits once mended 7 and 1 and turned 寿 into 春 (PaddlePaddle/PaddleFormers
#3982). So held-out sets are read before and after, and weights that lost something are put aside
with a note, never in place. Needs no torch: who reads the sets is handed in.

::

    candidate ─┐                       accepted ── place       (what was there: place.previous)
               ├─ evaluate ─ judge ──┤
    place ─────┘                       refused ── refused/…    (REFUSED.md says why)
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shuowen.errors import OutputError, UsageError
from shuowen.train.gate_report import as_json, note
from shuowen.train.gate_result import GateResult, JudgedSet
from shuowen.train.gate_rules import GateOptions
from shuowen.train.gate_score import Evaluator, SetScore, compare
from shuowen.writers.save import save

RESULT_NAME = "gate.json"
NOTE_NAME = "REFUSED.md"
REFUSED_FOLDER = "refused"


@dataclass(frozen=True)
class Promotion:
    """What became of new weights.

    Attributes:
        result: Every set before and after.
        folder: Where the new weights are now.
    """

    result: GateResult
    folder: Path


def promote(
    candidate: Path, place: Path, evaluator: Evaluator, options: GateOptions | None = None
) -> Promotion:
    """Put new weights in the place of the old ones, unless a held-out set got worse.

    Args:
        candidate: Model folder of the new weights; it is moved.
        place: Model folder in use. Accepted weights take its name, and it is kept beside them as
            "<name>.previous"; refused ones go to the folder "refused" beside it.
        evaluator: Reads the held-out sets with either.
        options: The rules; None: `NoClearDrop` for every set.

    Raises:
        UsageError: A folder is missing, or both are one, or the two evaluations do not fit.
        OutputError: A folder cannot be moved. The place holds the old weights or the new ones,
            whole.
    """
    _check_folders(candidate, place)
    before = evaluator.evaluate(place)
    after = evaluator.evaluate(candidate)
    result = judge(before, after, options or GateOptions())
    save(candidate / RESULT_NAME, as_json(result))
    if result.is_accepted:
        return Promotion(result, _install(candidate, place))
    return Promotion(result, _put_aside(candidate, place.parent, result, place.name))


def refuse(candidate: Path, result: GateResult, kept: str) -> Path:
    """Put refused weights aside, so that nobody takes them for the result of their run.

    Args:
        candidate: Their model folder; it is moved to the folder "refused" beside it.
        result: Says why.
        kept: What stays in use.

    Returns:
        Where they are now.

    Raises:
        OutputError: The folder cannot be moved.
    """
    save(candidate / RESULT_NAME, as_json(result))
    return _put_aside(candidate, candidate.parent, result, kept)


def judge(
    before: Mapping[str, SetScore], after: Mapping[str, SetScore], options: GateOptions
) -> GateResult:
    """Compare scores of the same sets.

    Args:
        before: Of the weights in use.
        after: Of the new weights.
        options: The rules.

    Raises:
        UsageError: There is no set, the sets or their items differ, or a rule is for no set.
    """
    if not before or set(before) != set(after):
        raise UsageError(
            f"Held-out sets before: {_listed(before)}; after: {_listed(after)}.",
            "Evaluate both models on the same sets, at least one.",
        )
    if unknown := set(options.rules) - set(before):
        raise UsageError(
            f"There are rules for {_listed(unknown)}, and the sets are {_listed(before)}.",
            "Name rules after sets.",
        )
    judged = []
    for name in sorted(before):
        change = compare(name, before[name], after[name])
        judged.append(JudgedSet(change, options.rule_of(name).refusal(change)))
    return GateResult(tuple(judged))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _check_folders(candidate: Path, place: Path) -> None:
    for folder in (candidate, place):
        if not folder.is_dir():
            raise UsageError(f"There is no model folder {folder}.", "Check the path.")
    if candidate.resolve() == place.resolve():
        raise UsageError(
            f"{place} is both the old and the new model.", "Train into a folder of its own."
        )


def _install(candidate: Path, place: Path) -> Path:
    """The candidate under the name of the place; the old weights come back when that fails."""
    previous = _free_name(place.with_name(f"{place.name}.previous"))
    incoming = _free_name(place.with_name(f".{place.name}.incoming"))
    _move(candidate, incoming)  # may copy from another disk; what follows are mere renames
    _move(place, previous)
    try:
        _move(incoming, place)
    except OutputError:
        _move(previous, place)
        raise
    return place


def _put_aside(candidate: Path, beside: Path, result: GateResult, kept: str) -> Path:
    save(candidate / NOTE_NAME, note(result, kept).encode())
    target = _free_name(beside / REFUSED_FOLDER / candidate.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_move(candidate, target, error) from error
    _move(candidate, target)
    return target


def _free_name(wanted: Path) -> Path:
    """The path, or with -2, -3, … at its end where something is there already."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def _move(source: Path, target: Path) -> None:
    try:
        shutil.move(source, target)
    except OSError as error:
        raise _cannot_move(source, target, error) from error


def _cannot_move(source: Path, target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{source} cannot become {target}: {error.strerror or error}.",
        "Make the folder writable or free some space; both models are still there.",
    )
