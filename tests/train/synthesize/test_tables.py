from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.evals.table_trees import parse_tables
from shuowen.train.synthesize.form_entries import draw_entries
from shuowen.train.synthesize.form_grid import plan_grid
from shuowen.train.synthesize.made import Language
from shuowen.train.synthesize.table_columns import NumberForm
from shuowen.train.synthesize.table_truth import plain_table_html, table_html, table_lines
from shuowen.train.synthesize.tables import TableCell, TablePlan, TableShape, draw_plan

SEEDS = st.integers(0, 2**32)
LANGUAGES: st.SearchStrategy[Language] = st.sampled_from(("zh", "en"))
SHAPES = st.builds(
    TableShape,
    most_rows=st.integers(2, 14),
    most_columns=st.integers(2, 9),
    merge_share=st.floats(0, 1),
    empty_share=st.floats(0, 1),
    shows_grid=st.booleans(),
)


def slots(plan: TablePlan) -> Counter[tuple[int, int]]:
    return Counter(
        (row, column)
        for cell in plan.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    )


@given(seed=SEEDS, language=LANGUAGES, shape=SHAPES)
@settings(max_examples=25, deadline=None)
def test_spans_tile_the_grid_exactly(seed: int, language: Language, shape: TableShape) -> None:
    plan = draw_plan(np.random.default_rng(seed), language, shape)
    grid = [(row, column) for row in range(plan.num_rows) for column in range(plan.num_columns)]
    assert slots(plan) == Counter(grid)


@given(seed=SEEDS, language=LANGUAGES)
@settings(max_examples=25, deadline=None)
def test_html_says_the_same_as_the_plan(seed: int, language: Language) -> None:
    plan = draw_plan(np.random.default_rng(seed), language, TableShape(merge_share=1.0))
    for html in (table_html(plan), plain_table_html(plan)):
        (table,) = parse_tables(html)
        cells = [cell for row in table.children for cell in row.children]
        expected = sorted(plan.cells, key=lambda cell: (cell.row, cell.column))
        assert len(table.children) == plan.num_rows
        assert [(cell.row_span, cell.col_span) for cell in cells] == [
            (cell.row_span, cell.column_span) for cell in expected
        ]
        assert [cell.text for cell in cells] == [
            cell.text.replace("\n", " ").strip() for cell in expected
        ]


@given(seed=SEEDS, language=LANGUAGES)
@settings(max_examples=40, deadline=None)
def test_totals_are_sums_of_what_is_shown(seed: int, language: Language) -> None:
    plan = draw_plan(np.random.default_rng(seed), language, TableShape(empty_share=1.0))
    last = plan.num_rows - 1
    named = [cell for cell in plan.cells if cell.row == last and cell.is_header]
    if not named or named[0].text not in ("合计", "总计", "小计", "Total", "Sum", "Grand total"):
        return
    for total in (cell for cell in plan.cells if cell.row == last and not cell.is_header):
        above = [
            cell.text
            for cell in plan.cells
            if cell.column == total.column
            and plan.num_header_rows <= cell.row < last
            and cell.column_span == 1
        ]
        if total.text:
            assert sum(map(number, above)) == number(total.text)


def number(text: str) -> Decimal:
    return Decimal(text.strip("¥$").replace(",", "") or "0")


def test_without_a_grid_nothing_of_the_body_is_merged() -> None:
    shape = TableShape(merge_share=1.0, empty_share=1.0, shows_grid=False)
    for seed in range(30):
        plan = draw_plan(np.random.default_rng(seed), "en", shape)
        body = [cell for cell in plan.cells if cell.row >= plan.num_header_rows]
        assert all(cell.row_span == 1 for cell in body)


def test_all_that_tables_may_have_is_drawn_now_and_then() -> None:
    plans = [draw_plan(np.random.default_rng(seed), "zh") for seed in range(80)]
    cells = [cell for plan in plans for cell in plan.cells]
    assert any(cell.row_span > 1 and not cell.is_header for cell in cells)
    assert any(cell.column_span == plan.num_columns for plan in plans for cell in plan.cells)
    assert any(plan.num_header_rows == 2 for plan in plans)
    assert any("\n" in cell.text for cell in cells)
    assert any(not cell.text for cell in cells)


def test_html_is_escaped_and_lines_are_broken() -> None:
    cell = TableCell(row=0, column=0, text="a < b\nc & d")
    plan = TablePlan(num_rows=1, num_columns=1, num_header_rows=0, cells=(cell,))
    assert plain_table_html(plan) == "<table><tr><td>a &lt; b<br>c &amp; d</td></tr></table>"
    assert table_lines(plan) == ["a < b c & d"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_grids_of_forms_are_tiled_too(language: Language, count: int) -> None:
    entries = draw_entries(np.random.default_rng(count), language, count)
    plan = plan_grid(entries, 10)
    grid = [(row, column) for row in range(plan.num_rows) for column in range(4)]
    assert slots(plan) == Counter(grid)
    assert {cell.text for cell in plan.cells if cell.is_header} == {e.label for e in entries}


def test_numbers_are_read_as_they_are_written() -> None:
    form = NumberForm(num_decimals=2, has_commas=True, prefix="¥")
    assert form.written(Decimal("1234567.5")) == "¥1,234,567.50"
    assert form.number("¥1,234,567.50") == Decimal("1234567.50")
    assert form.number("") == 0
