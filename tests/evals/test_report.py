from collections.abc import Callable
from dataclasses import replace

import pytest

from shuowen.evals import report
from shuowen.evals.bench import EngineRun
from shuowen.evals.datasets import Item
from shuowen.evals.intervals import Estimate
from shuowen.evals.reading import Reading, ReadLine
from shuowen.evals.results import ItemResult, JudgeScore, score_item

MakeResult = Callable[..., ItemResult]
MakeRun = Callable[..., EngineRun]


@pytest.fixture
def run(make_result: MakeResult, make_run: MakeRun) -> EngineRun:
    return make_run(
        make_result("a.png", "abcX", "abcd", seconds=2),
        make_result("b.png", "abcd", "abcd", degradation="blur1"),
        make_result("c.png", "hello", "hello", set_name="slips"),
    )


def test_a_row_a_set_and_a_total(run: EngineRun) -> None:
    heading, pages, slips, total = report.format_table([run], "set").splitlines()
    shown = "set items pages CER lost edit F1 order TEDS TEDS-S s/page failed"
    assert heading.split() == shown.split()
    # Two groups, 0 and 1 of 4 wrong: the interval goes from one to the other.
    assert "0.1250 [0.000 0.250]" in pages
    assert pages.split()[:3] == ["pages", "2", "2"]
    assert pages.split()[-5:] == ["-", "-", "-", "1.50", "0"]
    assert slips.split()[3:5] == ["0.0000", "0.0000"]  # one group has no interval
    assert total.split()[:4] == ["total", "3", "3", "0.0769"]


def test_a_row_a_kind_of_damage(run: EngineRun) -> None:
    lines = report.format_table([run], "degradation").splitlines()
    assert [line.split()[0] for line in lines] == ["degradation", "none", "blur1", "total"]


def test_engines_stand_side_by_side(run: EngineRun) -> None:
    other = replace(run, engine="peer")
    lines = report.format_table([run, other], "set").splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["set", "engine"],
        ["pages", "fake"],
        ["pages", "peer"],
        ["slips", "fake"],
        ["slips", "peer"],
        ["total", "fake"],
        ["total", "peer"],
    ]


def test_judges_have_columns(run: EngineRun) -> None:
    results = tuple(replace(each, judged={"ANLS": JudgeScore(score=0.5)}) for each in run.results)
    heading, pages, *_ = report.format_table([replace(run, results=results)], "set").splitlines()
    assert heading.split()[-2:] == ["ANLS", "failed"]
    assert pages.split()[-2:] == ["0.5000", "0"]


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        (None, "-"),
        (Estimate(value=0.12345), "0.1235"),
        (Estimate(value=0.12345, low=0.1, high=0.2), "0.1235 [0.100 0.200]"),
    ],
)
def test_scores_with_and_without_intervals(estimate: Estimate | None, shown: str) -> None:
    assert report.format_estimate(estimate) == shown


def runs_of(
    make_result: MakeResult, make_run: MakeRun, num: int, texts: tuple[str, str]
) -> tuple[EngineRun, EngineRun]:
    """Two engines that read `num` pages "abcd", each always the same."""
    ours, theirs = (
        make_run(*[make_result(f"{n}.png", text, "abcd") for n in range(num)], engine=engine)
        for engine, text in zip(("fake", "peer"), texts, strict=True)
    )
    return ours, theirs


@pytest.mark.parametrize(
    ("num", "texts", "verdict"),
    [
        (8, ("abcX", "abXX"), "better"),
        (8, ("abXX", "abcX"), "worse"),
        (8, ("abcX", "abcX"), "chance"),
        (3, ("abcX", "abXX"), "too few"),
    ],
)
def test_the_baseline_is_beaten_or_not(
    make_result: MakeResult, make_run: MakeRun, num: int, texts: tuple[str, str], verdict: str
) -> None:
    ours, theirs = runs_of(make_result, make_run, num, texts)
    heading, pages, total = report.format_comparison([ours, theirs], theirs, "set").splitlines()
    assert heading.split()[:5] == ["set", "engine", "items", "lost:", "ratio"]
    assert pages.split()[:3] == ["pages", "fake", str(num)]
    assert pages.endswith(verdict)
    assert pages.count(verdict) == total.count(verdict) == 2  # lost and CER


def test_halved_can_be_seen(make_result: MakeResult, make_run: MakeRun) -> None:
    ours, theirs = runs_of(make_result, make_run, 8, ("abcX", "abXX"))
    pages = report.format_comparison([ours, theirs], theirs, "set").splitlines()[1]
    assert "0.500 [0.50 0.50]  -0.2500 [-0.250 -0.250]  better" in pages


def test_a_baseline_alone_is_beside_nothing(run: EngineRun) -> None:
    assert report.format_comparison([run], run, "set") == ""


def test_confidences_of_lines_and_characters(
    make_item: Callable[..., Item], make_run: MakeRun
) -> None:
    lines = (
        ReadLine(text="abcd", confidence=0.9, character_confidences=(0.9,) * 4),
        ReadLine(text="efgX", confidence=0.4, character_confidences=(0.8, 0.8, 0.8, 0.4)),
    )
    item = make_item("a.png", text="abcd\nefgh")
    reading = Reading(text="abcd\nefgX", lines=lines)
    run = make_run(score_item(item, reading, seconds=1, is_kept=False))
    _, by_line, by_character = report.format_confidences([run]).splitlines()
    assert by_line.split()[:4] == ["fake", "lines", "2", "1"]
    # Distances: 0.9 and right, 0.4 and wrong: (0.1 + 0.4) / 2.
    assert by_line.split()[4] == "0.2500"
    assert by_line.endswith("at 0.400, 50.0% to look at      1.000")
    assert by_character.split()[:4] == ["fake", "characters", "8", "1"]


def test_without_confidences_there_is_nothing_to_say(run: EngineRun) -> None:
    assert report.format_confidences([run]) == ""


def test_failures_are_listed_with_their_reason(run: EngineRun) -> None:
    torn = replace(run.results[0], reading=Reading(text="", failure="It is torn."))
    failed = replace(run, results=(torn, run.results[1]))
    assert report.failure_lines([failed]) == ["pages/a.png: It is torn."]
    both = report.failure_lines([failed, replace(run, engine="peer")])
    assert both == ["pages/a.png (fake): It is torn."]


def test_other_data_publishes_nothing(run: EngineRun) -> None:
    assert report.format_totals([run], "truth") == ""


def test_a_benchmarks_own_figures(run: EngineRun) -> None:
    judged = tuple(replace(each, judged={"ANLS": JudgeScore(score=0.5)}) for each in run.results)
    _, row = report.format_totals([replace(run, results=judged)], "docvqa").splitlines()
    assert row.split() == ["ANLS", "fake", "0.5000", "1"]


def test_what_is_not_judged_is_said(run: EngineRun, run_with_unjudged_tests: EngineRun) -> None:
    assert report.format_not_judged([run]) == ""
    said = report.format_not_judged([run, run_with_unjudged_tests])
    assert said == "Not judged in pages: <math>, 7 tests. It needs a browser & time."
