import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import InputError
from shuowen.evals.datasets import EvaluationSet
from shuowen.evals.formats import olmocr_bench
from shuowen.evals.judges.not_judged import NotJudged
from shuowen.evals.judges.weighted import weight_of
from shuowen.evals.reading import Reading

CopyOf = Callable[[str], Path]


def by_name(folder: Path) -> dict[str, EvaluationSet]:
    return {each.name: each for each in olmocr_bench.load(folder)}


def test_one_set_a_list_and_one_item_a_file(data: Path) -> None:
    sets = by_name(data / "olmocr_bench")
    assert list(sets) == ["arxiv_math", "multi_column", "table_tests"]
    (item,) = sets["multi_column"].items
    assert item.path.relative_to(data) == Path("olmocr_bench/bench_data/pdfs/multi_column/a.pdf")


def test_checks_are_scored_together_and_what_is_not_judged_is_counted(data: Path) -> None:
    (item,) = by_name(data / "olmocr_bench")["multi_column"].items
    reading = Reading(text="two, one. THREE")
    scores = {judge.name: judge.score(reading) for judge in item.judges}
    assert scores == {"tests": 0.5, "math": None, "later pages": None, "baseline": 1}
    assert weight_of(item.judges[0], reading) == 2
    counted = {each.name: each.num_tests for each in item.judges if isinstance(each, NotJudged)}
    assert counted == {"math": 1, "later pages": 1}


def test_a_file_has_one_baseline_check_its_own_or_the_general_one(data: Path) -> None:
    sets = by_name(data / "olmocr_bench")
    names = {name: [judge.name for judge in each.items[0].judges] for name, each in sets.items()}
    assert names["table_tests"] == ["tests"]
    assert names["arxiv_math"] == ["math", "baseline"]


def test_table_checks(data: Path) -> None:
    (item,) = by_name(data / "olmocr_bench")["table_tests"].items
    assert item.judges[0].score(Reading(text="|w|\n|-|\n|1|\n")) == 1
    assert item.judges[0].score(Reading(text="|x|\n|-|\n|1|\n")) == 0.5


def test_every_type_of_check_is_known(copy_of: CopyOf) -> None:
    rows: list[dict[str, Any]] = [
        {"type": "present", "text": "Heading"},
        {"type": "absent", "text": "Footer"},
        {"type": "order", "before": "Heading", "after": "end"},
        {"type": "table", "cell": "1"},
        {"type": "format", "text": "Heading", "format": "heading"},
        {"type": "footnote", "marker": "1", "appears_before_marker": "end"},
        {"type": "baseline"},
    ]
    folder = rewritten(copy_of("olmocr_bench"), rows)
    (item,) = by_name(folder)["multi_column"].items
    page = "# Heading\n\n|1|2|\n|-|-|\n\nend[^1]"
    assert [judge.score(Reading(text=page)) for judge in item.judges] == [1]


@pytest.mark.parametrize(
    "row",
    [
        {"type": "present", "text": " "},
        {"type": "order", "before": "a"},
        {"type": "table"},
        {"type": "format", "text": "a"},
        {"type": "footnote"},
        {"type": "present", "text": "a", "max_diffs": -1},
    ],
)
def test_a_check_that_lacks_something_is_refused(copy_of: CopyOf, row: dict[str, Any]) -> None:
    folder = rewritten(copy_of("olmocr_bench"), [row])
    with pytest.raises(InputError, match=r"multi_column\.jsonl:1 \(id0\) lacks"):
        olmocr_bench.load(folder)


def test_bad_rows_and_missing_files_are_named(copy_of: CopyOf) -> None:
    folder = copy_of("olmocr_bench")
    pdf = folder / "bench_data/pdfs/tables/b.pdf"
    pdf.unlink()
    with pytest.raises(InputError, match=r"tables/b\.pdf"):
        olmocr_bench.load(folder)
    with (folder / "bench_data" / "table_tests.jsonl").open("a") as file:
        file.write('{"pdf": "x.pdf"}\n')
    with pytest.raises(InputError, match=r"table_tests\.jsonl:3 is not as"):
        olmocr_bench.load(folder)


def test_a_folder_without_checks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no checks"):
        olmocr_bench.load(tmp_path)


def rewritten(folder: Path, rows: list[dict[str, Any]]) -> Path:
    full = [
        {"pdf": "multi_column/a.pdf", "page": 1, "id": f"id{index}", **row}
        for index, row in enumerate(rows)
    ]
    path = folder / "bench_data" / "multi_column.jsonl"
    path.write_text("\n".join(map(json.dumps, full)))
    return folder
