from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError, UsageError
from shuowen.evals.datasets import degradation_family, load_set, load_sets

MakeSet = Callable[..., Path]

PAGE = {"file": "a.png", "kind": "page", "text": "甲"}
TABLE = {"file": "t.png", "kind": "table", "html": "<table></table>"}


def test_sets_come_by_name_with_what_a_row_says(make_set: MakeSet) -> None:
    make_set("tables", TABLE)
    folder = make_set(
        "receipts",
        {**PAGE, "subkind": "receipt", "degradation": "blur1", "x": 1},
    )
    receipts, tables = load_sets(folder)
    assert (receipts.name, tables.name) == ("receipts", "tables")
    (item,) = receipts.items
    assert item.path == folder / "receipts" / "a.png"
    assert (item.text, item.html, item.degradation) == ("甲", None, "blur1")


def test_capitals_do_not_count_in_receipts_and_tables_only(make_set: MakeSet) -> None:
    folder = make_set("mixed", PAGE, {**PAGE, "subkind": "receipt"}, TABLE)
    assert [item.folds_case for item in load_sets(folder)[0].items] == [False, True, True]


def test_pages_of_a_document_are_one_text(make_set: MakeSet) -> None:
    row = {"file": "d.pdf", "kind": "page", "pages": [{"text": "一"}, {"text": "二"}]}
    assert load_sets(make_set("pdf", row))[0].items[0].text == "一\n二"


def test_line_separators_inside_a_text_do_not_end_a_row(make_set: MakeSet) -> None:
    folder = make_set("odd", {**PAGE, "text": "a\u2028b\u0085c"})
    assert load_sets(folder)[0].items[0].text == "a\u2028b\u0085c"


def test_sets_are_chosen_by_name(make_set: MakeSet) -> None:
    make_set("one", PAGE)
    folder = make_set("two", PAGE)
    assert [each.name for each in load_sets(folder, ["two"])] == ["two"]
    with pytest.raises(UsageError, match="no set named three") as raised:
        load_sets(folder, ["two", "three"])
    assert "one, two" in raised.value.hint


def test_a_folder_that_is_itself_a_set(make_set: MakeSet) -> None:
    folder = make_set("one", PAGE)
    assert [each.name for each in load_sets(folder / "one")] == ["one"]


def test_a_folder_without_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no evaluation set"):
        load_sets(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        load_sets(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            b'{"file": "a.png", "kind": "page", "text": "x"}\n{"file": ',
            "truth.jsonl:2 is not a row",
        ),
        (b'{"kind": "page", "text": "x"}', "truth.jsonl:1 is not a row"),
        (b'{"file": "a.png", "kind": "page"}', "must have one of text, html and pages"),
        (b'{"file": "a", "kind": "page", "text": "", "html": ""}', "must have one of"),
        (b"\xff\xfe", "cannot be read"),
        (b"\n", "truth.jsonl has no rows"),
        (b'{"file": "../a.png", "kind": "page", "text": "x"}', "truth.jsonl:1 names '../a.png'"),
        (b'{"file": "/etc/passwd", "kind": "page", "text": "x"}', "no file inside"),
        (b'{"file": "a\\u0000", "kind": "page", "text": "x"}', "no file inside"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "truth.jsonl:1 is not a row"),
    ],
)
def test_a_damaged_truth_is_refused_with_its_place(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    (tmp_path / "truth.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        load_set(tmp_path)


@pytest.mark.parametrize(
    ("degradation", "family"),
    [
        ("none (rasterised at 200 dpi)", "none"),
        ("", "none"),
        ("blur2", "blur2"),
        ("rot-4", "turned"),
        ("rot270", "turned"),
        ("rot8 (turned by us) of: phone photograph", "turned"),
        ("picture-only PDF: fax, blur2", "picture-only PDF"),
        ("photograph; text on two red stamps is not in truth", "photograph"),
    ],
)
def test_kinds_of_damage_have_short_names(degradation: str, family: str) -> None:
    assert degradation_family(degradation) == family
