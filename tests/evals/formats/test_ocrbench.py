from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError
from shuowen.evals.formats import ocrbench
from shuowen.evals.reading import Reading

CopyOf = Callable[[str], Path]


def test_one_set_a_group_in_the_order_of_the_published_table(data: Path) -> None:
    sets = ocrbench.load(data / "ocrbench")
    assert [(each.name, len(each.items)) for each in sets] == [
        ("Text Recognition", 2),
        ("Doc-oriented VQA", 1),
        ("Handwritten Mathematical Expression Recognition", 1),
    ]
    regular = sets[0].items[0]
    assert (regular.subkind, regular.answers) == ("Regular Text Recognition", ("CENTRE",))
    assert regular.path == data / "ocrbench" / "OCRBench_Images" / "IIIT5K" / "test" / "1.png"


def test_formulas_are_compared_without_blanks(data: Path) -> None:
    (formula,) = ocrbench.load(data / "ocrbench")[-1].items
    assert formula.judges[0].score(Reading(text=r"\frac{a}{b}")) == 1
    assert formula.judges[0].score(Reading(text=r"\frac{A}{b}")) == 0


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('{"dataset_name": "x"}', r"missing required field.*\$\[0\]"),
        (
            '{"dataset_name": "x", "image_path": "../../secret.png", "question": "?",'
            ' "answers": "a", "type": "Doc-oriented VQA"}',
            "row 0 names '../../secret.png'",
        ),
        (
            '{"dataset_name": "x", "image_path": "1.png", "question": "?", "answers": [],'
            ' "type": "Doc-oriented VQA"}',
            "row 0 has no answers",
        ),
    ],
)
def test_bad_rows_are_refused_with_their_place(copy_of: CopyOf, row: str, complaint: str) -> None:
    folder = copy_of("ocrbench")
    (folder / "OCRBench.json").write_text(f"[{row}]")
    with pytest.raises(InputError, match=complaint):
        ocrbench.load(folder)


def test_a_folder_without_the_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no OCRBench"):
        ocrbench.load(tmp_path)
