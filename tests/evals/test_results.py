from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shuowen.evals.datasets import Item
from shuowen.evals.reading import Reading
from shuowen.evals.results import (
    ItemResult,
    JudgeScore,
    score_item,
    truth_text,
    with_missing_tables,
)

MakeItem = Callable[..., Item]
TABLE = "<table><tr><td>a</td><td>b</td></tr></table>"


@dataclass
class LengthJudge:
    """Likes readings of one length; says nothing of empty ones."""

    name: str = "length"
    wanted: int = 3

    def score(self, reading: Reading) -> float | None:
        return float(len(reading.text) == self.wanted) if reading.text else None


@dataclass
class HeavyJudge(LengthJudge):
    def weight(self, reading: Reading) -> float:
        return 5.0


def scored(item: Item, **reading: Any) -> ItemResult:
    return score_item(item, Reading(**{"text": "", **reading}), seconds=0.5, is_kept=False)


def test_a_page_has_text_and_order_and_no_table(make_item: MakeItem) -> None:
    result = scored(
        make_item("a.png", text="first line\nsecond line"), text="second line first line"
    )
    assert result.text is not None and result.order is not None
    assert (result.text.lost, result.order.distance, result.table) == (0, 1, None)


def test_a_table_has_its_cells_text_and_no_order(make_item: MakeItem) -> None:
    item = make_item("a.png", html=TABLE)
    assert truth_text(item) == "a b"
    result = scored(item, text="a b", html=TABLE)
    assert result.text is not None and result.table is not None
    assert (result.text.cer, result.table.teds, result.order) == (0, 1, None)


def test_no_html_is_no_score_of_tables(make_item: MakeItem) -> None:
    item = make_item("a.png", html=TABLE)
    assert scored(item, text="a b", html=None).table is None
    none = scored(item, text="a b", html="").table
    assert none is not None
    assert none.teds == 0


def test_a_table_that_failed_counts_where_the_engine_gives_tables(make_item: MakeItem) -> None:
    item, page = make_item("a.png", html=TABLE), make_item("b.png", text="x")
    failed, read = scored(item, failure="gone"), scored(item, html=TABLE)
    filled = with_missing_tables([failed, read, scored(page)])
    assert [each.table and each.table.teds for each in filled] == [0, 1, None]
    assert with_missing_tables([failed, scored(page)])[0].table is None


def test_judges_say_what_they_say(make_item: MakeItem) -> None:
    item = make_item("a.png", judges=(LengthJudge(), HeavyJudge(name="heavy", wanted=2)))
    result = scored(item, text="abc")
    assert result.judged == {"length": JudgeScore(score=1), "heavy": JudgeScore(score=0, weight=5)}
    assert (result.text, result.loss) == (None, 1)
    assert scored(item).judged == {}


@pytest.mark.parametrize(
    ("fields", "group"), [({"group": "one"}, "pages/one"), ({}, "pages/a.png")]
)
def test_groups_stay_within_their_set(
    make_item: MakeItem, fields: dict[str, str], group: str
) -> None:
    assert scored(make_item("a.png", text="x", **fields)).group == group


def test_the_loss_is_the_worst_of_what_is_measured(make_item: MakeItem) -> None:
    table = make_item("a.png", html=TABLE)
    assert scored(table, text="a b", html="").loss == 1
    assert scored(table, text="a x", html=None).loss == 0.5
    assert scored(make_item("a.png")).loss == 0
