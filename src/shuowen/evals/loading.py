"""Evaluation data of any form that is known: our own folders, and those of public benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shuowen.errors import InputError, UsageError
from shuowen.evals.datasets import EvaluationSet, holds_sets, load_sets
from shuowen.evals.formats import FORMATS, detect

OWN_FORMAT = "truth"
"""The name of our own form: folders with a truth.jsonl."""


@dataclass(frozen=True, kw_only=True)
class EvaluationData:
    """Sets, and the form in which they were found: `OWN_FORMAT` or a key of `FORMATS`."""

    form: str
    sets: list[EvaluationSet]


def load_data(folder: Path, names: Sequence[str] = (), *, form: str = "") -> EvaluationData:
    """The sets in `folder`, only those in `names` when it is not empty.

    Args:
        folder: Our own sets, or a public benchmark as its makers publish it.
        names: Sets by name.
        form: The benchmark's name, or `OWN_FORMAT`; found out when empty.

    Raises:
        InputError: No data of that form, or of any, is there, or it cannot be read.
        UsageError: An unknown form, or a name in `names` that is no set there.
    """
    form = form or _form_of(folder)
    if form == OWN_FORMAT:
        return EvaluationData(form=form, sets=load_sets(folder, names))
    if form not in FORMATS:
        known = ", ".join((OWN_FORMAT, *FORMATS))
        raise UsageError(f"There is no format {form!r}.", f"Choose from: {known}.")
    return EvaluationData(form=form, sets=_only(folder, FORMATS[form](folder), names))


def _form_of(folder: Path) -> str:
    if holds_sets(folder):
        return OWN_FORMAT
    found = detect(folder) if folder.is_dir() else OWN_FORMAT
    if found is None:
        raise InputError(
            f"{folder} holds no evaluation set.",
            "A set is a folder of files with a truth.jsonl; of public benchmarks these are known:"
            f" {', '.join(FORMATS)}.",
        )
    return found


def _only(folder: Path, sets: list[EvaluationSet], names: Sequence[str]) -> list[EvaluationSet]:
    found = [each.name for each in sets]
    if unknown := sorted(set(names) - set(found)):
        raise UsageError(
            f"{folder} holds no set named {', '.join(unknown)}.",
            f"Choose from: {', '.join(found)}.",
        )
    return [each for each in sets if not names or each.name in names]
