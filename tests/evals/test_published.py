from collections.abc import Callable
from dataclasses import replace

from shuowen.evals.bench import EngineRun
from shuowen.evals.published import not_judged_in, published_totals
from shuowen.evals.results import ItemResult, JudgeScore


def test_weights_carry_into_the_total(
    make_result: Callable[..., ItemResult], make_run: Callable[..., EngineRun]
) -> None:
    page = make_result("a.png", "x", "x")
    other = make_result("b.png", "x", "x", set_name="other")
    run = make_run(
        replace(page, judged={"ANLS": JudgeScore(score=1)}),
        replace(other, judged={"ANLS": JudgeScore(score=0, weight=3)}),
    )
    (total,) = published_totals("docvqa", run)
    assert (total.name, total.value) == ("ANLS", 0.25)
    assert published_totals("truth", run) == []


def test_what_is_not_judged_is_counted_once_however_many_engines_read_it(
    run_with_unjudged_tests: EngineRun,
) -> None:
    runs = [run_with_unjudged_tests, replace(run_with_unjudged_tests, engine="peer")]
    ((set_name, found),) = not_judged_in(runs)
    assert (set_name, found.name, found.num_tests) == ("pages", "<math>", 7)
