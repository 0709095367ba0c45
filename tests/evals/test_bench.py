import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError, MissingExtraError
from shuowen.evals import bench, report
from shuowen.evals.bench import Reading
from shuowen.evals.datasets import load_sets

MakeSet = Callable[..., Path]

TABLE_HTML = "<table><tr><td>Sum</td><td>12</td></tr></table>"


def read_by_name(path: Path) -> Reading:
    """A reader with three habits: it reads "right", misreads "wrong" and refuses the rest."""
    if path.name == "right.png":
        return Reading(text="甲乙丙丁", html="")
    if path.name == "wrong.png":
        return Reading(text="甲乙丙X", html="", num_pages=2)
    if path.name == "table.png":
        return Reading(text="SUM\t12", html=TABLE_HTML.replace("12", "13"))
    raise InputError(f"{path.name} is truncated.")


@pytest.fixture
def data(make_set: MakeSet) -> Path:
    make_set("tables", {"file": "table.png", "kind": "table", "html": TABLE_HTML})
    return make_set(
        "pages",
        {"file": "right.png", "kind": "page", "text": "甲乙丙丁"},
        {"file": "wrong.png", "kind": "page", "text": "甲乙丙丁", "degradation": "blur1"},
        {"file": "broken.png", "kind": "page", "text": "甲乙", "degradation": "blur1"},
    )


def test_scores_by_set_and_in_all(data: Path) -> None:
    results = bench.run(load_sets(data), read_by_name)
    pages, tables = bench.summarise_by_set(results)
    # 1 wrong of 4 and 2 unread of 2, on 10 characters.
    assert (pages.num_items, pages.num_pages, pages.num_failures) == (3, 4, 1)
    assert pages.text.cer == 0.3
    assert pages.text.lost == pytest.approx(0.3)
    assert pages.text.f1 == pytest.approx(2 * 7 / (8 + 10))
    assert pages.table is None
    # Text is all there in other case; "12" against "13" is half of one of 4 nodes.
    assert tables.text.cer == 0
    assert tables.table is not None
    assert tables.table.teds == pytest.approx(1 - 0.5 / 4)
    assert tables.table.teds_structure == 1
    assert bench.summarise("all", results).text.cer == pytest.approx(3 / 15)


def test_scores_by_damage(data: Path) -> None:
    results = bench.run(load_sets(data, ["pages"]), read_by_name)
    undamaged, blurred = bench.summarise_by_degradation(results)
    assert (undamaged.name, undamaged.text.cer) == ("none", 0)
    assert (blurred.name, blurred.text.cer) == ("blur1", 0.5)


def test_a_failing_item_counts_as_read_nothing_and_is_listed(data: Path) -> None:
    results = bench.run(load_sets(data, ["pages"]), read_by_name)
    failed = results[-1]
    assert (failed.text.cer, failed.text.lost, failed.text.f1) == (1, 1, 0)
    assert report.failure_lines(results) == [
        "pages/broken.png: InputError: broken.png is truncated."
    ]


def test_a_failure_that_the_reader_reports_is_kept(data: Path) -> None:
    results = bench.run(
        load_sets(data, ["tables"]), lambda path: Reading(text="", html="", failure="page 1: gone")
    )
    assert results[0].failure == "page 1: gone"
    assert results[0].table is not None
    assert results[0].table.teds == 0


def test_a_limit_takes_items_evenly(make_set: MakeSet) -> None:
    rows = [{"file": f"{n}.png", "kind": "page", "text": ""} for n in range(10)]
    (each,) = load_sets(make_set("many", *rows))
    assert [item.path.name for item in bench.spread(each.items, 3)] == ["0.png", "3.png", "6.png"]
    assert len(bench.spread(each.items, 20)) == 10
    assert len(bench.run([each], lambda path: Reading(text="", html=""), limit=4)) == 4


def test_results_are_told_in_order_as_they_come(data: Path) -> None:
    told: list[str] = []
    results = bench.run(
        load_sets(data), read_by_name, jobs=3, on_result=lambda result: told.append(result.file)
    )
    assert told == [result.file for result in results]
    assert told == ["right.png", "wrong.png", "broken.png", "table.png"]


def test_jobs_read_at_the_same_time(data: Path) -> None:
    both_here = threading.Barrier(2, timeout=30)  # breaks, and fails the items, if one comes alone

    def wait_for_the_other(path: Path) -> Reading:
        both_here.wait()
        return Reading(text="", html="")

    results = bench.run(load_sets(data, ["pages"]), wait_for_the_other, jobs=2, limit=2)
    assert [result.failure for result in results] == ["", ""]


def test_an_interrupt_stops_what_has_not_begun(data: Path) -> None:
    begun: list[str] = []

    def interrupt(path: Path) -> Reading:
        begun.append(path.name)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(load_sets(data), interrupt)
    assert len(begun) < 4


def test_a_missing_extra_is_told_before_anything_is_read(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apted", None)
    read: list[Path] = []

    def note(path: Path) -> Reading:
        read.append(path)
        return Reading(text="", html="")

    with pytest.raises(MissingExtraError, match="apted"):
        bench.run(load_sets(data), note)
    assert read == []


def test_the_printed_table_has_a_row_a_set_and_a_total(data: Path) -> None:
    results = bench.run(load_sets(data), read_by_name)
    heading, pages, tables, total = report.format_table(results, "set").splitlines()
    assert heading.split() == ["set", *report.HEADINGS]
    assert pages.split()[:8] == ["pages", "3", "4", "0.3000", "0.3000", "0.7778", "-", "-"]
    assert tables.split()[:8] == [
        "tables",
        "1",
        "1",
        "0.0000",
        "0.0000",
        "1.0000",
        "0.8750",
        "1.0000",
    ]
    assert total.split()[:4] == ["total", "4", "5", "0.2000"]
    assert [line.split()[-1] for line in (pages, tables, total)] == ["1", "0", "1"]
    by_damage = report.format_table(results, "degradation").splitlines()
    assert [line.split()[0] for line in by_damage] == ["degradation", "none", "blur1", "total"]


def test_the_json_holds_everything(data: Path) -> None:
    results = bench.run(load_sets(data), read_by_name)
    told = json.loads(report.to_json(results, "effort=normal"))
    assert told["options"] == "effort=normal"
    assert told["total"]["num_items"] == 4
    assert [each["name"] for each in told["sets"]] == ["pages", "tables"]
    assert [each["name"] for each in told["degradations"]] == ["none", "blur1"]
    assert told["items"][1]["cer"] == 0.25
    assert told["items"][3]["teds"] == 0.875
    assert told["items"][2]["failure"].startswith("InputError")
