"""OCRBench v1: 1,000 questions in five groups, one point for each right answer.

::

    ocrbench/
      OCRBench.json       [{"dataset_name": "IIIT5K", "image_path": "IIIT5K/test/918_1.png",
                            "question": "…", "answers": "CENTRE" or ["…", …],
                            "type": "Regular Text Recognition"}, …]
      OCRBench_Images/    IIIT5K/test/918_1.png …

Source: Liu et al., "OCRBench: on the hidden mystery of OCR in large multimodal models", Science
China Information Sciences 67, 2024; Yuliang-Liu/MultimodalOCR, OCRBench/example.py.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.formats.pictures import Pictures
from shuowen.evals.formats.records import read_json
from shuowen.evals.judges.answers import AnswerContained, clean_answer, clean_expression

GROUPS = (
    "Text Recognition",
    "Scene Text-centric VQA",
    "Doc-oriented VQA",
    "Key Information Extraction",
    "Handwritten Mathematical Expression Recognition",
)
_PLACES = ("OCRBench_Images", ".", "images")
_EXPRESSIONS = "HME100k"
"""The one source whose answers are formulas, compared without blanks."""


class _Question(msgspec.Struct):
    dataset_name: str
    image_path: str
    question: str
    answers: str | list[str]
    type: str


def is_here(folder: Path) -> bool:
    """Whether OCRBench.json is in `folder`."""
    return _file(folder) is not None


def load(folder: Path) -> list[EvaluationSet]:
    """One set a group, in the order of the published table.

    Raises:
        InputError: OCRBench.json is absent or cannot be read, or pictures are absent.
    """
    path = _file(folder)
    if path is None:
        raise InputError(f"{folder} holds no OCRBench.json.")
    pictures = Pictures(folder, _PLACES)
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for row, question in enumerate(read_json(path, list[_Question])):
        name = _group(question.type)
        groups[name].append(_item(name, question, f"{path}: row {row}", pictures))
    pictures.require_all()
    order = [*GROUPS, *(name for name in groups if name not in GROUPS)]
    return [EvaluationSet(name=each, items=tuple(groups[each])) for each in order if groups[each]]


def _file(folder: Path) -> Path | None:
    candidates = (folder / "OCRBench.json", folder / "OCRBench" / "OCRBench.json")
    return next((path for path in candidates if path.is_file()), None)


def _group(kind: str) -> str:
    """Six kinds of recognition, from regular text to strings of digits, are one group."""
    is_recognition = kind.endswith("Recognition") and kind not in GROUPS
    return GROUPS[0] if is_recognition else kind


def _item(set_name: str, row: _Question, place: str, pictures: Pictures) -> Item:
    answers = (row.answers,) if isinstance(row.answers, str) else tuple(row.answers)
    if not answers:
        raise InputError(f"{place} has no answers.")
    clean = clean_expression if row.dataset_name == _EXPRESSIONS else clean_answer
    return Item(
        set_name=set_name,
        path=pictures.find(row.image_path, place),
        kind="question",
        text=None,
        html=None,
        subkind=row.type,
        group=row.image_path,
        question=row.question,
        answers=answers,
        judges=(AnswerContained(answers=answers, clean=clean),),
    )
