import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import InputError, MissingExtraError
from shuowen.evals import bench
from shuowen.evals.datasets import EvaluationSet, Item, load_sets
from shuowen.evals.kept_readings import KeptReadings
from shuowen.evals.reading import Reading

MakeSet = Callable[..., Path]
MakeEngine = Callable[..., Any]

TABLE_HTML = "<table><tr><td>Sum</td><td>12</td></tr></table>"


def read_by_name(item: Item) -> Reading:
    """A reader with three habits: it reads "right", misreads "wrong" and refuses the rest."""
    if item.path.name == "right.png":
        return Reading(text="甲乙丙丁", html="")
    if item.path.name == "wrong.png":
        return Reading(text="甲乙丙X", html="", num_pages=2)
    if item.path.name == "table.png":
        return Reading(text="SUM\t12", html=TABLE_HTML.replace("12", "13"))
    raise InputError(f"{item.path.name} is truncated.")


@pytest.fixture
def data(make_set: MakeSet) -> Path:
    """Two sets; the files are there, and hold their names."""
    make_set("tables", {"file": "table.png", "kind": "table", "html": TABLE_HTML})
    folder = make_set(
        "pages",
        {"file": "right.png", "kind": "page", "text": "甲乙丙丁"},
        {"file": "wrong.png", "kind": "page", "text": "甲乙丙丁", "degradation": "blur1"},
        {"file": "broken.png", "kind": "page", "text": "甲乙", "degradation": "blur1"},
    )
    for name in ("tables/table.png", "pages/right.png", "pages/wrong.png", "pages/broken.png"):
        (folder / name).write_text(name)
    return folder


def test_every_item_is_read_and_scored(data: Path, engine_of: MakeEngine) -> None:
    run = bench.run(load_sets(data), engine_of(read_by_name))
    assert (run.engine, run.identity, run.num_not_asked, run.num_kept) == ("fake", "fake 1", 0, 0)
    texts = [result.text for result in run.results]
    assert [text and text.cer for text in texts] == [0, 0.25, 1, 0]
    assert [result.reading.num_pages for result in run.results] == [1, 2, 1, 1]
    assert all(result.seconds > 0 for result in run.results)
    table = run.results[3].table
    assert table is not None
    # "12" against "13" is half of one of 4 nodes.
    assert table.teds == pytest.approx(1 - 0.5 / 4)


def test_a_failing_item_counts_as_read_nothing(data: Path, engine_of: MakeEngine) -> None:
    failed = bench.run(load_sets(data, ["pages"]), engine_of(read_by_name)).results[-1]
    assert failed.failure == "InputError: broken.png is truncated."
    assert failed.text is not None
    assert (failed.text.cer, failed.text.lost, failed.text.f1) == (1, 1, 0)


def test_a_failure_that_the_reader_reports_is_kept(data: Path, engine_of: MakeEngine) -> None:
    engine = engine_of(lambda item: Reading(text="", html="", failure="page 1: gone"))
    (result,) = bench.run(load_sets(data, ["tables"]), engine).results
    assert result.failure == "page 1: gone"
    assert result.table is not None
    assert result.table.teds == 0


def test_a_readers_own_clock_counts(data: Path, engine_of: MakeEngine) -> None:
    engine = engine_of(lambda item: Reading(text="", seconds=12.5))
    (result,) = bench.run(load_sets(data, ["tables"]), engine).results
    assert result.seconds == 12.5


def test_a_limit_takes_items_evenly(make_set: MakeSet, engine_of: MakeEngine) -> None:
    rows = [{"file": f"{n}.png", "kind": "page", "text": ""} for n in range(10)]
    (each,) = load_sets(make_set("many", *rows))
    assert [item.path.name for item in bench.spread(each.items, 3)] == ["0.png", "3.png", "6.png"]
    assert len(bench.spread(each.items, 20)) == 10
    assert len(bench.run([each], engine_of(lambda item: Reading(text="")), limit=4).results) == 4


def test_results_are_told_in_order_as_they_come(data: Path, engine_of: MakeEngine) -> None:
    told: list[str] = []
    run = bench.run(
        load_sets(data),
        engine_of(read_by_name),
        jobs=3,
        on_result=lambda result: told.append(result.file),
    )
    assert told == [result.file for result in run.results]
    assert told == ["right.png", "wrong.png", "broken.png", "table.png"]


def test_jobs_change_nothing_but_the_time(data: Path, engine_of: MakeEngine) -> None:
    one, three = (
        bench.run(load_sets(data), engine_of(read_by_name), jobs=jobs).results for jobs in (1, 3)
    )
    assert [replace(each, seconds=0) for each in one] == [
        replace(each, seconds=0) for each in three
    ]


def test_jobs_read_at_the_same_time(data: Path, engine_of: MakeEngine) -> None:
    both_here = threading.Barrier(2, timeout=30)  # breaks, and fails the items, if one comes alone

    def wait_for_the_other(item: Item) -> Reading:
        both_here.wait()
        return Reading(text="", html="")

    run = bench.run(load_sets(data, ["pages"]), engine_of(wait_for_the_other), jobs=2, limit=2)
    assert [result.failure for result in run.results] == ["", ""]


def test_an_interrupt_stops_what_has_not_begun(data: Path, engine_of: MakeEngine) -> None:
    begun: list[str] = []

    def interrupt(item: Item) -> Reading:
        begun.append(item.path.name)
        raise KeyboardInterrupt

    engine = engine_of(interrupt)
    with pytest.raises(KeyboardInterrupt):
        bench.run(load_sets(data), engine)
    assert len(begun) < 4
    assert engine.num_closed == 1  # nobody waits for a peer that still reads


def test_a_missing_extra_is_told_before_anything_is_read(
    data: Path, engine_of: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apted", None)
    read: list[Item] = []

    def note(item: Item) -> Reading:
        read.append(item)
        return Reading(text="", html="")

    with pytest.raises(MissingExtraError, match="apted"):
        bench.run(load_sets(data), engine_of(note))
    assert read == []


def test_questions_go_to_those_that_can_answer(
    make_item: Callable[..., Item], engine_of: MakeEngine
) -> None:
    items = (make_item("a.png", text="a"), make_item("b.png", question="How much?"))
    sets = [EvaluationSet(name="pages", items=items)]
    asked: list[str] = []

    def note(item: Item) -> Reading:
        asked.append(item.path.name)
        return Reading(text="")

    reader = bench.run(sets, engine_of(note))
    assert (len(reader.results), reader.num_not_asked, asked) == (1, 1, ["a.png"])
    answerer = bench.run(sets, engine_of(note, answers_questions=True))
    assert (len(answerer.results), answerer.num_not_asked) == (2, 0)
    assert answerer.results[1].text is None


def test_a_rerun_reads_what_is_missing(data: Path, tmp_path: Path, engine_of: MakeEngine) -> None:
    read: list[str] = []

    def note(item: Item) -> Reading:
        read.append(item.path.name)
        return read_by_name(item)

    with closing(KeptReadings(tmp_path / "kept.jsonl")) as kept:
        first = bench.run(load_sets(data, ["pages"]), engine_of(note), kept=kept, limit=1)
    with closing(KeptReadings(tmp_path / "kept.jsonl")) as kept:
        second = bench.run(load_sets(data), engine_of(note), kept=kept)
        # What failed is tried again; what was read is not, and keeps its scores and its time.
        third = bench.run(load_sets(data), engine_of(note), kept=kept)
        other = bench.run(load_sets(data), engine_of(note, identity="fake 2"), kept=kept)
    assert read[:4] == ["right.png", "wrong.png", "broken.png", "table.png"]
    assert read[4:5] == ["broken.png"]
    assert len(read) == 5 + 4
    assert [run.num_kept for run in (first, second, third, other)] == [0, 1, 3, 0]
    assert [each.text for each in third.results] == [each.text for each in second.results]
    assert [each.seconds for each in third.results][:2] == [
        each.seconds for each in second.results
    ][:2]


def test_a_file_that_changed_is_read_again(
    data: Path, tmp_path: Path, engine_of: MakeEngine
) -> None:
    with closing(KeptReadings(tmp_path / "kept.jsonl")) as kept:
        bench.run(load_sets(data, ["tables"]), engine_of(read_by_name), kept=kept)
        (data / "tables" / "table.png").write_text("another picture")
        run = bench.run(load_sets(data, ["tables"]), engine_of(read_by_name), kept=kept)
    assert run.num_kept == 0


def test_a_file_that_is_not_there_fails_with_the_readers_words(
    make_set: MakeSet, tmp_path: Path, engine_of: MakeEngine
) -> None:
    folder = make_set("pages", {"file": "gone.png", "kind": "page", "text": "x"})
    with closing(KeptReadings(tmp_path / "kept.jsonl")) as kept:
        run = bench.run(load_sets(folder), engine_of(read_by_name), kept=kept)
    assert run.results[0].failure == "InputError: gone.png is truncated."
