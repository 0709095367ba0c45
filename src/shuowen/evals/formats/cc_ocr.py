"""CC-OCR: four tracks of reading, each with data sets of its own.

::

    cc_ocr/  (or cc_ocr/data/)
      multi_scene_ocr/scene_text/IC15/     images/   label.json   qa.jsonl
      multi_lan_ocr/French/French/         …
      doc_parsing/{doc,table,formula,molecular}/…/   …
      kie/{constrained,open}_category/…/   …

label.json is {"1.jpg": "what it says" or {"field": "value"}}, a row of qa.jsonl {"url":
"images/1.jpg", "prompt": "…"}. Reading tracks, pages and tables are read as pages; forms, formulas
and molecules are asked for with the benchmark's prompt. The truth of pages is LaTeX: what a reader
writes otherwise counts as error.

Source: Yang et al., "CC-OCR: a comprehensive and challenging OCR benchmark for evaluating large
multimodal models in literacy", 2024 (arXiv 2412.02210); AlibabaResearch/AdvancedLiterateMachinery,
Benchmarks/CC-OCR.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.formats.pictures import Pictures
from shuowen.evals.formats.records import read_json, read_json_lines
from shuowen.evals.judge import Judge
from shuowen.evals.judges.fields import FieldF1, fields_of
from shuowen.evals.judges.teds import CC_OCR_RULES, table_teds
from shuowen.evals.judges.tokens import TokenF1, alphanumeric_words, characters, words
from shuowen.evals.judges.whole_text import WholeText, clean_formula, clean_molecule, clean_page

NUM_DATA_SETS = {"multi_scene_ocr": 13, "multi_lan_ocr": 10, "doc_parsing": 10, "kie": 6}
"""Tracks in the order of the published table, with how many data sets each has."""

_READING_TRACKS = ("multi_scene_ocr", "multi_lan_ocr")
_WITHOUT_WORDS = ("Arabic", "Japanese", "Korean")


class _Question(msgspec.Struct):
    url: str
    prompt: str


@dataclass(frozen=True, kw_only=True)
class _DataSet:
    folder: Path
    track: str
    task: str
    """The folder between track and data set: "scene_text", "table"."""

    @property
    def name(self) -> str:
        return f"{self.track}/{self.folder.name}"

    @property
    def is_asked(self) -> bool:
        """Whether its answers are no page text, so that a prompt has to say what is wanted."""
        return self.track == "kie" or self.task in ("formula", "molecular")


def is_here(folder: Path) -> bool:
    """Whether a track with a data set is in `folder`."""
    return bool(_data_sets(folder))


def load(folder: Path) -> list[EvaluationSet]:
    """One set a data set, named "track/data set", in the order of the published tables.

    Raises:
        InputError: No data set is there, a file of one cannot be read, or pictures are absent.
    """
    sets = [_load_set(each) for each in _data_sets(folder)]
    if not sets:
        raise InputError(
            f"{folder} holds no track of CC-OCR.", f"Tracks: {', '.join(NUM_DATA_SETS)}."
        )
    return sets


def _data_sets(folder: Path) -> list[_DataSet]:
    base = folder / "data" if (folder / "data").is_dir() else folder
    return [
        _DataSet(folder=path.parent, track=track, task=path.relative_to(base).parts[1])
        for track in NUM_DATA_SETS
        for path in sorted((base / track).glob("*/*/label.json"))
    ]


def _load_set(data: _DataSet) -> EvaluationSet:
    labels = read_json(data.folder / "label.json", dict[str, Any])
    pictures = Pictures(data.folder, (".", "images"))
    items = [
        _item(data, row, labels, place, pictures)
        for place, row in read_json_lines(data.folder / "qa.jsonl", _Question)
    ]
    pictures.require_all()
    return EvaluationSet(name=data.name, items=tuple(items))


def _item(
    data: _DataSet, row: _Question, labels: dict[str, Any], place: str, pictures: Pictures
) -> Item:
    file = PurePosixPath(row.url)
    label = labels.get(file.name, labels.get(file.stem))
    if label is None:
        raise InputError(f"{place} asks about {row.url}, of which label.json says nothing.")
    is_text = data.track in _READING_TRACKS
    return Item(
        set_name=data.name,
        path=pictures.find(row.url, place),
        kind="question" if data.is_asked else "page",
        text=str(label) if is_text else None,
        html=None,
        subkind=data.task,
        question=row.prompt if data.is_asked else "",
        judges=_judges(data, label, place),
    )


def _judges(data: _DataSet, label: Any, place: str) -> tuple[Judge, ...]:
    if data.track == "kie":
        return (FieldF1(fields=fields_of(_form(label, place))),)
    if data.track != "doc_parsing":
        return (TokenF1(truth=str(label), tokenise=_tokeniser(data)),)
    if data.task == "table":
        return table_teds(str(label), CC_OCR_RULES)[:1]
    if data.task not in _CLEANERS:
        raise InputError(f"{place}: CC-OCR has no task {data.task!r} in doc_parsing.")
    return (WholeText(truth=str(label), clean=_CLEANERS[data.task]),)


def _form(label: Any, place: str) -> Any:
    """The fields of a form, which the files for VLMEvalKit hold as JSON inside of JSON."""
    if not isinstance(label, str):
        return label
    try:
        return msgspec.json.decode(label)
    except msgspec.DecodeError as error:
        raise InputError(f"{place} has a label that is no JSON: {error}.") from error


def _tokeniser(data: _DataSet) -> Callable[[str], list[str]]:
    if data.folder.name in _WITHOUT_WORDS or "zh" in data.folder.name:
        return characters
    return alphanumeric_words if data.track == "multi_scene_ocr" else words


_CLEANERS: dict[str, Callable[[str], str]] = {
    "doc": clean_page,
    "formula": clean_formula,
    "molecular": clean_molecule,
}
