from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError
from shuowen.evals.datasets import Item
from shuowen.evals.formats import cc_ocr
from shuowen.evals.reading import Reading

CopyOf = Callable[[str], Path]


def items(folder: Path) -> dict[str, Item]:
    return {each.name: each.items[0] for each in cc_ocr.load(folder)}


def test_one_set_a_data_set_by_track(data: Path) -> None:
    assert list(items(data / "cc_ocr")) == [
        "multi_scene_ocr/zh_doc",
        "multi_scene_ocr/IC15",
        "multi_lan_ocr/French",
        "doc_parsing/doc_scan_eng",
        "doc_parsing/formula_handwriting",
        "doc_parsing/molecular_handwriting",
        "doc_parsing/table_scan_eng",
        "kie/CORD",
        "kie/COLD_CELL",
    ]


@pytest.mark.parametrize(
    ("name", "answer", "judge", "score"),
    [
        ("multi_scene_ocr/IC15", "no5 centre!", "F1", 1),
        ("multi_scene_ocr/zh_doc", "中文一 X", "F1", 6 / 8),
        ("multi_lan_ocr/French", "le café", "F1", 1),
        ("multi_lan_ocr/French", "le cafe", "F1", 1 / 2),
        ("doc_parsing/doc_scan_eng", "\\section{A}text", "likeness", 1),
        ("doc_parsing/formula_handwriting", "a^3", "likeness", 2 / 3),
        ("doc_parsing/molecular_handwriting", "<smiles>CCO</smiles>", "likeness", 1),
        ("doc_parsing/table_scan_eng", "|a|b|\n|-|-|\n", "published TEDS", 1),
        ("kie/CORD", '{"menu": {"nm": "tea"}, "total": "6"}', "field F1", 1 / 2),
        ("kie/COLD_CELL", '```json\n{"brand": "AB"}\n```', "field F1", 1),
    ],
)
def test_each_task_has_its_measure(
    name: str, answer: str, judge: str, score: float, data: Path
) -> None:
    (found,) = items(data / "cc_ocr")[name].judges
    assert found.name == judge
    assert found.score(Reading(text=answer)) == pytest.approx(score)


def test_pages_are_read_and_the_rest_is_asked_for(data: Path) -> None:
    asked = {name for name, item in items(data / "cc_ocr").items() if item.question}
    assert asked == {
        "doc_parsing/formula_handwriting",
        "doc_parsing/molecular_handwriting",
        "kie/CORD",
        "kie/COLD_CELL",
    }
    assert items(data / "cc_ocr")["kie/CORD"].question == "Fill the schema."


def test_the_repository_itself_has_its_data_in_a_folder(copy_of: CopyOf) -> None:
    folder = copy_of("cc_ocr")
    above = folder.parent / "repository"
    above.mkdir()
    folder.rename(above / "data")
    assert cc_ocr.is_here(above)
    assert len(cc_ocr.load(above)) == 9


def test_a_question_without_a_label_is_refused(copy_of: CopyOf) -> None:
    folder = copy_of("cc_ocr")
    (folder / "kie/constrained_category/CORD/label.json").write_text("{}")
    with pytest.raises(InputError, match=r"qa\.jsonl:1 asks about images/1\.png"):
        cc_ocr.load(folder)


def test_a_form_that_is_no_json_is_refused(copy_of: CopyOf) -> None:
    folder = copy_of("cc_ocr")
    (folder / "kie/open_category/COLD_CELL/label.json").write_text('{"1.png": "{"}')
    with pytest.raises(InputError, match="a label that is no JSON"):
        cc_ocr.load(folder)


def test_an_unknown_task_is_refused(copy_of: CopyOf) -> None:
    folder = copy_of("cc_ocr")
    (folder / "doc_parsing" / "formula").rename(folder / "doc_parsing" / "music")
    with pytest.raises(InputError, match="no task 'music'"):
        cc_ocr.load(folder)


def test_a_folder_without_tracks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no track"):
        cc_ocr.load(tmp_path)
