"""DocVQA, single pages: questions about scanned documents, scored by ANLS.

::

    docvqa/
      val_v1.0.json (or val_v1.0_withQT.json)    {"data": [{"questionId": 337, "question": "…",
                                                  "image": "documents/xnbl0037_1.png",
                                                  "answers": ["…", …]}, …]}
      documents/xnbl0037_1.png

Also as the site packs it: spdocvqa_qas/ with the questions and spdocvqa_images/ with the pictures.
Source: Mathew et al., "DocVQA: a dataset for VQA on document images", WACV 2021; rrc.cvc.uab.es,
challenge 17, task 1. The test questions come without answers and can only be scored by that site.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import msgspec

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet, Item
from shuowen.evals.formats.pictures import Pictures
from shuowen.evals.formats.records import read_json
from shuowen.evals.judges.answers import AnswerLikeness

_PLACES = (".", "spdocvqa_images", "val", "train")
_FILES = (
    "val_v1.0.json",
    "val_v1.0_withQT.json",
    "train_v1.0.json",
    "train_v1.0_withQT.json",
    "test_v1.0.json",
)


class _Question(msgspec.Struct, rename={"question_id": "questionId"}):
    question: str
    image: str
    question_id: int | str = ""
    answers: list[str] = []


class _Questions(msgspec.Struct):
    data: list[_Question]


def is_here(folder: Path) -> bool:
    """Whether one of the benchmark's files is in `folder`."""
    return _file(folder) is not None


def load(folder: Path) -> list[EvaluationSet]:
    """The validation questions as one set, or where they are absent the training questions.

    Raises:
        InputError: There is no such file, it cannot be read or has no answers, or pictures lack.
    """
    path = _file(folder)
    if path is None:
        raise InputError(f"{folder} holds no {_FILES[0]}.", "Download DocVQA's task 1.")
    pictures = Pictures(folder, _PLACES)
    name = path.name.split("_")[0]
    items = [
        _item(name, each, f"{path}: data[{row}]", pictures)
        for row, each in enumerate(read_json(path, _Questions).data)
    ]
    pictures.require_all()
    return [EvaluationSet(name=name, items=tuple(items))]


def _file(folder: Path) -> Path | None:
    candidates = [folder / place / name for name in _FILES for place in (".", "spdocvqa_qas")]
    return next((path for path in candidates if path.is_file()), None)


def _item(set_name: str, row: _Question, place: str, pictures: Pictures) -> Item:
    if not row.answers:
        raise InputError(f"{place} has no answers.", "Use the validation questions: val_v1.0.json.")
    return Item(
        set_name=set_name,
        path=pictures.find(row.image, place, PurePosixPath(row.image).name),
        kind="question",
        text=None,
        html=None,
        group=row.image,
        question=row.question,
        answers=tuple(row.answers),
        judges=(AnswerLikeness(answers=tuple(row.answers)),),
    )
