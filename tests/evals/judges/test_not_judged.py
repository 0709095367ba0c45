from pathlib import Path

from shuowen.evals.datasets import Item
from shuowen.evals.judges.not_judged import NotJudged, not_judged
from shuowen.evals.judges.page_checks import PageChecks
from shuowen.evals.judges.text_checks import Baseline
from shuowen.evals.judges.weighted import weight_of
from shuowen.evals.reading import Reading

MATH = NotJudged(name="math", reason="It draws formulas in a browser.", num_tests=4)


def item(set_name: str, *judges: NotJudged | PageChecks) -> Item:
    return Item(
        set_name=set_name, path=Path("a.pdf"), kind="page", text=None, html=None, judges=judges
    )


def test_it_has_no_score_whatever_was_read() -> None:
    assert MATH.score(Reading(text="$x$")) is None
    assert weight_of(MATH, Reading(text="")) == 1


def test_tests_are_counted_by_set_and_measure() -> None:
    later = NotJudged(name="later pages", reason="One page at a time.", num_tests=1)
    items = [
        item("scans", MATH, PageChecks(checks=(Baseline(),))),
        item("scans", MATH, later),
        item("papers", MATH),
    ]
    counted = [(name, judge.name, judge.num_tests) for name, judge in not_judged(items)]
    assert counted == [("scans", "math", 8), ("scans", "later pages", 1), ("papers", "math", 4)]
    assert MATH.num_tests == 4
