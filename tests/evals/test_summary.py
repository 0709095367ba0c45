from collections.abc import Callable

import pytest

from shuowen.evals.bench import EngineRun
from shuowen.evals.results import ItemResult
from shuowen.evals.summary import compare, grouped, summarise, summarise_run, summarise_total

MakeResult = Callable[..., ItemResult]
MakeRun = Callable[..., EngineRun]


@pytest.fixture
def results(make_result: MakeResult) -> list[ItemResult]:
    """1 of 4 wrong, and 2 of 2 unread, the second of a blurred page; then another set."""
    return [
        make_result("a.png", "abcX", "abcd", group="one"),
        make_result("b.png", "", "xy", group="one", degradation="blur1 (strong)"),
        make_result("c.png", "hello", "hello", set_name="slips", seconds=3),
    ]


def test_scores_of_many_as_one(results: list[ItemResult]) -> None:
    summary = summarise("all", "fake", results)
    assert (summary.num_items, summary.num_pages, summary.num_groups) == (3, 3, 2)
    assert summary.scores["cer"].value == pytest.approx(3 / 11)
    assert summary.scores["lost"].value == pytest.approx(3 / 11)
    assert summary.scores["f1"].value == pytest.approx(2 * 8 / (9 + 11))
    assert summary.scores["edit"].value == pytest.approx((1 / 4 + 1 + 0) / 3)
    assert summary.scores["seconds_per_page"].value == pytest.approx(5 / 3)
    assert not {"teds", "order"} & set(summary.scores)


def test_by_set_and_by_damage(results: list[ItemResult], make_run: MakeRun) -> None:
    run = make_run(*results)
    by_set = summarise_run(run, "set")
    assert [(each.name, each.scores["cer"].value) for each in by_set] == [
        ("pages", 0.5),
        ("slips", 0),
    ]
    by_damage = summarise_run(run, "degradation")
    assert [(each.name, each.num_items) for each in by_damage] == [("none", 2), ("blur1", 1)]
    assert summarise_total(run).num_items == 3
    assert list(grouped(run.results, "degradation")) == ["none", "blur1"]


def test_intervals_are_over_groups(results: list[ItemResult]) -> None:
    # Both pages are of one original: one group has no interval.
    alone = summarise("pages", "fake", results[:2]).scores["cer"]
    assert (alone.low, alone.high) == (None, None)
    both = summarise("all", "fake", results).scores["cer"]
    assert (both.low, both.high) == (0, 0.5)


def test_engines_are_compared_on_what_both_read(make_result: MakeResult, make_run: MakeRun) -> None:
    ours = make_run(make_result("a.png", "abcX", "abcd"), make_result("b.png", "wx", "wx"))
    theirs = make_run(make_result("a.png", "aXXX", "abcd"), engine="peer")
    lost, cer, *total = compare(ours, theirs, "set")
    assert (lost.measure, cer.measure, cer.engine, cer.baseline) == ("lost", "cer", "fake", "peer")
    assert (cer.num_items, cer.value, cer.baseline_value) == (1, 0.25, 0.75)
    assert cer.paired.ratio is not None
    assert cer.paired.ratio.value == pytest.approx(1 / 3)
    assert cer.paired.difference.value == -0.5
    assert [each.name for each in total] == ["total", "total"]


def test_a_set_that_only_one_read_is_not_compared(
    make_result: MakeResult, make_run: MakeRun
) -> None:
    ours = make_run(
        make_result("a.png", "a", "a"), make_result("b.png", "b", "b", set_name="slips")
    )
    theirs = make_run(make_result("a.png", "a", "a"), engine="peer")
    assert [each.name for each in compare(ours, theirs, "set")] == ["pages"] * 2 + ["total"] * 2
