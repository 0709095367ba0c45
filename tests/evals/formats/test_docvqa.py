import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError
from shuowen.evals.formats import docvqa
from shuowen.evals.reading import Reading

CopyOf = Callable[[str], Path]


def test_questions_with_their_answers(data: Path) -> None:
    (validation,) = docvqa.load(data / "docvqa")
    first, second = validation.items
    assert validation.name == "val"
    assert (first.question, first.answers) == ("What is the first word?", ("CENTRE", "Centre"))
    assert (first.text, first.html) == (None, None)
    assert first.group == second.group == "documents/sign_1.png"
    (judge,) = first.judges
    assert judge.name == "ANLS"
    assert judge.score(Reading(text="centre")) == 1


def test_files_as_the_site_packs_them(copy_of: CopyOf) -> None:
    folder = copy_of("docvqa")
    (folder / "documents").rename(folder / "spdocvqa_images")
    (folder / "spdocvqa_qas").mkdir()
    (folder / "val_v1.0.json").rename(folder / "spdocvqa_qas" / "val_v1.0_withQT.json")
    (validation,) = docvqa.load(folder)
    assert validation.items[0].path == folder / "spdocvqa_images" / "sign_1.png"


def test_questions_without_answers_are_refused(copy_of: CopyOf) -> None:
    folder = copy_of("docvqa")
    questions = json.loads((folder / "val_v1.0.json").read_text())
    del questions["data"][1]["answers"]
    (folder / "val_v1.0.json").write_text(json.dumps(questions))
    with pytest.raises(InputError, match=r"data\[1\] has no answers"):
        docvqa.load(folder)


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no val_v1"):
        docvqa.load(tmp_path)


def test_a_missing_picture_is_named(copy_of: CopyOf) -> None:
    folder = copy_of("docvqa")
    (folder / "documents" / "sign_1.png").unlink()
    with pytest.raises(InputError, match=r"documents/sign_1\.png"):
        docvqa.load(folder)
