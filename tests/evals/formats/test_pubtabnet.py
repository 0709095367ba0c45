from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError
from shuowen.evals.formats import pubtabnet
from shuowen.evals.reading import Reading

CopyOf = Callable[[str], Path]

SIMPLE = (
    "<table><thead><tr><td><b>Age</b></td><td>n</td></tr></thead>"
    "<tbody><tr><td>69</td><td></td></tr></tbody></table>"
)


def test_tables_of_the_validation_split_with_their_cells_filled_in(data: Path) -> None:
    simple, complex_ = pubtabnet.load(data / "pubtabnet")
    assert (simple.name, complex_.name) == ("simple", "complex")
    assert simple.items[0].html == SIMPLE
    assert complex_.items[0].html is not None
    assert '<td colspan="2">Sex</td>' in complex_.items[0].html


def test_a_table_read_as_it_is_scores_1(data: Path) -> None:
    (item,) = pubtabnet.load(data / "pubtabnet")[0].items
    assert [judge.score(Reading(text="", html=SIMPLE)) for judge in item.judges] == [1, 1]


def test_without_validation_rows_training_rows_are_read(copy_of: CopyOf) -> None:
    folder = copy_of("pubtabnet")
    path = folder / "PubTabNet_2.0.0.jsonl"
    path.write_text(path.read_text().split("\n")[0] + "\n")
    (folder / "val").rename(folder / "train")
    (folder / "train" / "PMC2_000_00.png").rename(folder / "train" / "PMC1_000_00.png")
    (simple,) = pubtabnet.load(folder)
    assert simple.items[0].html == "<table><tr><td>x</td></tr></table>"


def test_a_row_whose_cells_do_not_fit_is_refused(copy_of: CopyOf) -> None:
    folder = copy_of("pubtabnet")
    path = folder / "PubTabNet_2.0.0.jsonl"
    path.write_text(path.read_text().replace('{"tokens": []}', "").replace(", ]", "]"))
    with pytest.raises(InputError, match=r"jsonl:2 has 3 cells and a structure for 4"):
        pubtabnet.load(folder)


def test_a_row_that_is_cut_off_is_refused(copy_of: CopyOf) -> None:
    folder = copy_of("pubtabnet")
    path = folder / "PubTabNet_2.0.0.jsonl"
    path.write_text(path.read_text()[:-50])
    with pytest.raises(InputError, match=r"jsonl:3 is not as"):
        pubtabnet.load(folder)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no list of tables"):
        pubtabnet.load(tmp_path)
