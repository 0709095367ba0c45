"""Evaluation data on disk: a folder of sets, each a folder of files with their truth.

::

    data/
      receipts/
        truth.jsonl      one row a file: {"file": "slip.jpg", "kind": "page", "text": "…", …}
        slip.jpg

A row's truth is `text`, `html` (a table) or `pages` (a list of {"text": …}, one a page). Other
fields used: `subkind`, `degradation` (how the file was damaged, if it was) and `group` (the same
for all variants of one original). Fields beyond these are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shuowen.errors import InputError, UsageError
from shuowen.evals.judge import Judge
from shuowen.evals.safe_path import safe_path

TRUTH_FILE = "truth.jsonl"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file to read and what it says: `text`, or the HTML of a table in `html`.

    Neither is known of an item that is scored by its judges alone, such as one with a question.
    """

    set_name: str
    path: Path
    kind: str
    text: str | None
    html: str | None
    subkind: str = ""
    degradation: str = "none"
    group: str = ""
    """Ties variants of one original together; empty where an item stands alone."""
    question: str = ""
    """What is asked about the file; empty where its text is to be read."""
    answers: tuple[str, ...] = ()
    """Answers to `question` that count as right."""
    judges: tuple[Judge, ...] = ()
    """Measures that only this item brings along."""

    @property
    def folds_case(self) -> bool:
        """Whether capitals do not count: labels of receipts and tables are often all capitals."""
        return self.subkind == "receipt" or self.html is not None


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """A named list of items that are scored together."""

    name: str
    items: tuple[Item, ...]


class _PageTruth(msgspec.Struct):
    text: str


class _Row(msgspec.Struct):
    file: str
    kind: str
    text: str | None = None
    html: str | None = None
    pages: list[_PageTruth] | None = None
    subkind: str = ""
    degradation: str = "none"
    group: str = ""


def load_sets(folder: Path, names: Sequence[str] = ()) -> list[EvaluationSet]:
    """The sets in `folder`, by name; only those in `names` when it is not empty.

    A folder that itself holds a truth.jsonl is one set.

    Raises:
        InputError: No set is there, or a truth.jsonl is empty, or a row of it cannot be read or
            names a file outside of the set's folder.
        UsageError: A name in `names` is not a set in the folder.
    """
    found = _set_folders(folder)
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise UsageError(
            f"{folder} holds no set named {', '.join(unknown)}.",
            f"Choose from: {', '.join(found)}.",
        )
    return [load_set(path) for name, path in found.items() if not names or name in names]


def holds_sets(folder: Path) -> bool:
    """Whether `load_sets` would find a set in `folder`."""
    return (folder / TRUTH_FILE).is_file() or any(folder.glob(f"*/{TRUTH_FILE}"))


def load_set(folder: Path) -> EvaluationSet:
    """The set in `folder`; raises InputError when its truth.jsonl cannot be read or is empty."""
    truth_path = folder / TRUTH_FILE
    try:
        lines = truth_path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{truth_path} cannot be read: {error}.") from error
    items = [
        _item(folder, line, f"{truth_path}:{number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not items:
        raise InputError(f"{truth_path} has no rows.", "Write one for each file of the set.")
    return EvaluationSet(name=folder.resolve().name, items=tuple(items))


def degradation_family(degradation: str) -> str:
    """The short name under which a kind of damage is summed up.

    What follows the first bracket, colon, semicolon or comma is detail: "none (rasterised at
    200 dpi)" is "none". Turned pages count together whatever the angle.
    """
    name = re.split(r"[(:;,]", degradation)[0].strip() or "none"
    return "turned" if re.fullmatch(r"rot-?\d+", name) else name


def _set_folders(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", "Give the folder that holds the sets.")
    if (folder / TRUTH_FILE).is_file():
        return {folder.resolve().name: folder}
    found = {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{TRUTH_FILE}"))}
    if not found:
        raise InputError(
            f"{folder} holds no evaluation set.",
            f"A set is a folder of files with a {TRUTH_FILE}.",
        )
    return found


def _item(folder: Path, line: str, place: str) -> Item:
    try:
        row = msgspec.json.decode(line, type=_Row)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"{place} is not a row of truth: {error}.") from error
    text = "\n".join(page.text for page in row.pages) if row.pages is not None else row.text
    if (text is None) == (row.html is None):
        raise InputError(f"{place} must have one of text, html and pages.")
    return Item(
        set_name=folder.resolve().name,
        path=folder / safe_path(row.file, place),
        kind=row.kind,
        text=text,
        html=row.html,
        subkind=row.subkind,
        degradation=row.degradation,
        group=row.group,
    )
