from collections.abc import Callable

import pytest

from shuowen.evals.confidence_check import check_confidences
from shuowen.evals.datasets import Item
from shuowen.evals.reading import Reading, ReadLine
from shuowen.evals.results import ItemResult, score_item

MakeItem = Callable[..., Item]


def result_of(item: Item, *lines: ReadLine) -> ItemResult:
    reading = Reading(text="\n".join(line.text for line in lines), lines=lines)
    return score_item(item, reading, seconds=1, is_kept=False)


def test_lines_of_all_items_are_judged_together(make_item: MakeItem) -> None:
    right = result_of(make_item("a.png", text="abcdef"), ReadLine(text="abcdef", confidence=1.0))
    wrong = result_of(make_item("b.png", text="uvwxyz"), ReadLine(text="uvwxyQ", confidence=0.5))
    check = check_confidences([right, wrong])
    assert check is not None
    assert (check.lines.num, check.lines.num_wrong) == (2, 1)
    assert check.lines.expected_error == pytest.approx((0 + 0.5) / 2)
    assert [bin.accuracy for bin in check.lines.bins] == [0, 1]
    assert check.lines.detection is not None
    assert (check.lines.detection.threshold, check.lines.detection.precision) == (0.5, 1)
    assert check.characters is None


def test_tables_and_receipts_are_judged_without_case(make_item: MakeItem) -> None:
    table = make_item("a.png", html="<table><tr><td>Total</td></tr></table>")
    check = check_confidences([result_of(table, ReadLine(text="TOTAL", confidence=0.9))])
    assert check is not None
    assert check.lines.num_wrong == 0
    assert check.lines.detection is None


def test_what_cannot_be_judged_is_left_out(make_item: MakeItem) -> None:
    line = ReadLine(text="abcdef", confidence=1.0)
    asked = result_of(make_item("a.png", question="why?"), line)
    partial = result_of(make_item("b.png", text="x", set_name="formulas_im2markup"), line)
    silent = result_of(make_item("c.png", text="abcdef"))
    assert check_confidences([asked, partial, silent]) is None
