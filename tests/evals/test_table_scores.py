import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.evals import table_scores
from shuowen.evals.table_scores import (
    compare_tables,
    mean_table_score,
    row_aligned_distance,
    score_tables,
    tables_text,
    tree_distance,
)
from shuowen.evals.table_trees import TableNode

TWO_BY_TWO = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"


def table(rows: list[list[str]]) -> TableNode:
    return TableNode(
        tag="table",
        children=tuple(
            TableNode(tag="tr", children=tuple(TableNode(tag="td", text=text) for text in row))
            for row in rows
        ),
    )


def test_the_same_table_scores_one() -> None:
    score = score_tables(TWO_BY_TWO.upper().replace("TD", "TH"), TWO_BY_TWO)
    assert (score.teds, score.teds_structure) == (1, 1)


def test_a_missing_cell_costs_one_node() -> None:
    # Truth: table + 2 rows + 4 cells = 7 nodes; one is missing.
    score = score_tables(TWO_BY_TWO.replace("<td>d</td>", ""), TWO_BY_TWO)
    assert score.teds == pytest.approx(1 - 1 / 7)
    assert score.teds_structure == pytest.approx(1 - 1 / 7)


def test_wrong_text_costs_its_share_and_no_structure() -> None:
    # "b" read as "bx": 1 edit over 2 characters, on 7 nodes.
    score = score_tables(TWO_BY_TWO.replace("<td>b", "<td>bx"), TWO_BY_TWO)
    assert score.teds == pytest.approx(1 - 0.5 / 7)
    assert score.teds_structure == 1


def test_spans_must_match() -> None:
    # Truth: table, row, one cell over 2 columns, row, two cells = 6 nodes. The span is not read.
    truth = "<table><tr><td colspan=2>h</td></tr><tr><td>a</td><td>b</td></tr></table>"
    read = truth.replace(" colspan=2", "")
    assert score_tables(read, truth).teds_structure == pytest.approx(1 - 1 / 6)


def test_a_row_too_many() -> None:
    # Read: 7 + row and two cells = 10 nodes, three of them to delete.
    read = TWO_BY_TWO.replace("</table>", "<tr><td>e</td><td>f</td></tr></table>")
    assert score_tables(read, TWO_BY_TWO).teds == pytest.approx(0.7)


def test_width_white_space_and_case_of_cell_text_do_not_count() -> None:
    read = TWO_BY_TWO.replace("<td>a", "<td> Ａ\n")
    assert score_tables(read, TWO_BY_TWO).teds == 1


def test_no_table_read_scores_nothing() -> None:
    assert score_tables("<p>a b c d</p>", TWO_BY_TWO).teds == 0


def test_the_best_of_several_tables_stands_for_each_of_the_truth() -> None:
    other = "<table><tr><td>z</td></tr></table>"
    assert score_tables(other + TWO_BY_TWO, TWO_BY_TWO).teds == 1
    # The second table of the truth is matched with a cell that differs: 3 nodes, 1 wrong.
    score = score_tables(other + TWO_BY_TWO, TWO_BY_TWO + other.replace("z", "y"))
    assert score.teds == pytest.approx((1 + 2 / 3) / 2)


def test_truth_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        score_tables(TWO_BY_TWO, "text")


def test_text_of_tables() -> None:
    assert tables_text(TWO_BY_TWO) == "a b\nc d"


def test_mean_of_scores() -> None:
    scores = [compare_tables(table([["a"]]), table([["a"]])), table_scores.NOTHING_READ]
    assert mean_table_score(scores).teds == 0.5


def test_a_huge_table_is_compared_by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_scores, "MAX_NODE_PAIRS", 10)
    monkeypatch.setattr(table_scores, "tree_distance", None)  # not to be called
    score = score_tables(TWO_BY_TWO.replace("<td>d</td>", ""), TWO_BY_TWO)
    assert score.teds == pytest.approx(1 - 1 / 7)


def test_distances_worked_out_by_hand() -> None:
    two_rows, one_row = table([["a", "b"], ["c", "d"]]), table([["a", "b", "c", "d"]])
    # By trees: both row nodes go, one comes over all four cells.
    assert tree_distance(two_rows, one_row) == 3
    # By rows: "c" and "d" come into the first row, the second goes with its two cells.
    assert row_aligned_distance(two_rows, one_row) == 5


tables = st.lists(st.lists(st.sampled_from(["", "a", "b", "ab"]), max_size=3), max_size=3).map(
    table
)


@settings(deadline=None)
@given(tables, tables)
def test_the_bound_holds_and_both_distances_are_symmetric(one: TableNode, two: TableNode) -> None:
    exact, bound = tree_distance(one, two), row_aligned_distance(one, two)
    assert exact <= bound + 1e-9
    assert exact == pytest.approx(tree_distance(two, one))
    assert bound == pytest.approx(row_aligned_distance(two, one))
    assert tree_distance(one, one) == row_aligned_distance(one, one) == 0
