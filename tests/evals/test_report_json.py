import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shuowen.evals.bench import EngineRun
from shuowen.evals.report_json import to_json
from shuowen.evals.results import ItemResult, JudgeScore

MakeResult = Callable[..., ItemResult]
MakeRun = Callable[..., EngineRun]


@pytest.fixture
def told(make_result: MakeResult, make_run: MakeRun) -> Any:
    ours = make_run(
        make_result("a.png", "abcX", "abcd", seconds=2),
        make_result("b.png", "first line second line", "second line\nfirst line"),
        num_not_asked=3,
    )
    theirs = make_run(
        make_result("a.png", "abcd", "abcd"),
        make_result("b.png", "second line first line", "second line\nfirst line"),
        engine="peer",
    )
    return json.loads(to_json([ours, theirs], theirs))


def test_every_score_has_its_interval(told: Any) -> None:
    ours, theirs = told["engines"]
    assert (ours["name"], ours["identity"], ours["num_not_asked"]) == ("fake", "fake 1", 3)
    assert ours["total"]["num_items"] == 2
    (pages,) = ours["sets"]
    assert (pages["name"], pages["num_groups"]) == ("pages", 2)
    cer = pages["cer"]
    assert cer["low"] < cer["value"] < cer["high"]
    assert [each["name"] for each in theirs["degradations"]] == ["none"]
    assert told["intervals"]["level"] == 0.95


def test_every_item_is_there(told: Any) -> None:
    first, second = told["engines"][0]["items"]
    assert (first["cer"], first["num_errors"], first["seconds"], first["teds"]) == (
        0.25,
        1,
        2,
        None,
    )
    assert (second["order"], second["num_blocks_matched"]) == (1, 2)


def test_the_baseline_is_told_by_set_and_by_damage(told: Any) -> None:
    found = told["comparisons"]
    assert {(each["by"], each["name"], each["measure"]) for each in found} == {
        (by, name, measure)
        for by, name in (("set", "pages"), ("set", "total"))
        + (("degradation", "none"), ("degradation", "total"))
        for measure in ("cer", "lost")
    }
    cer = next(each for each in found if each["measure"] == "cer")
    assert cer["baseline_value"] == 0
    assert cer["ratio"] is None
    assert not cer["is_beyond_chance"]


def test_an_infinite_bound_is_null(make_result: MakeResult, make_run: MakeRun) -> None:
    ours = make_run(make_result("a.png", "aX", "ab"), make_result("b.png", "aX", "ab"))
    theirs = make_run(make_result("a.png", "aX", "ab"), make_result("b.png", "ab", "ab"))
    told = json.loads(to_json([ours, theirs], theirs))
    ratio = next(each["ratio"] for each in told["comparisons"] if each["measure"] == "cer")
    assert (ratio["value"], ratio["low"], ratio["high"]) == (2, 1, None)


def test_what_a_benchmark_publishes(make_result: MakeResult, make_run: MakeRun) -> None:
    judged = replace(make_result("a.png", "x", "x"), judged={"ANLS": JudgeScore(score=1)})
    told = json.loads(to_json([make_run(judged)], form="docvqa"))
    assert told["engines"][0]["published"] == [
        {"name": "ANLS", "value": 1, "out_of": 1, "note": ""}
    ]
    assert told["engines"][0]["items"][0]["judged"] == {"ANLS": 1}
    assert told["comparisons"] == []


def test_what_is_not_judged(told: Any, run_with_unjudged_tests: EngineRun) -> None:
    assert told["not_judged"] == []
    found = json.loads(to_json([run_with_unjudged_tests]))["not_judged"]
    reason = "It needs a browser & time."
    assert found == [{"set": "pages", "name": "<math>", "num_tests": 7, "reason": reason}]
