import pytest

from shuowen.evals.table_trees import TableNode, parse_tables, table_text


def shape(table: TableNode) -> list[list[tuple[str, int, int]]]:
    return [[(c.text, c.row_span, c.col_span) for c in row.children] for row in table.children]


def test_a_plain_table() -> None:
    (table,) = parse_tables(
        "<p>x</p><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
    )
    assert shape(table) == [[("a", 1, 1), ("b", 1, 1)], [("c", 1, 1)]]
    assert table.num_nodes == 6
    assert table_text(table) == "a b\nc"


def test_header_cells_and_row_groups_count_as_plain_ones() -> None:
    grouped = """<table class="t"><caption>Rates</caption><thead><tr><th rowspan="2">a</th></tr>
    </thead><tbody><tr><td colspan=3>b</td></tr></tbody></table>"""
    assert shape(parse_tables(grouped)[0]) == [[("a", 2, 1)], [("b", 1, 3)]]


def test_end_tags_may_be_missing() -> None:
    (table,) = parse_tables("<table><tr><td>a<td>b<tr><td>c")
    assert shape(table) == [[("a", 1, 1), ("b", 1, 1)], [("c", 1, 1)]]


def test_cells_outside_a_row_make_one() -> None:
    assert shape(parse_tables("<table><td>a</td><td>b</td></table>")[0]) == [
        [("a", 1, 1), ("b", 1, 1)]
    ]


def test_markup_inside_a_cell_is_its_text() -> None:
    (table,) = parse_tables("<table><tr><td> <b>1</b>&nbsp;&lt; 2<br>3 </td></tr></table>")
    assert table.children[0].children[0].text == "1\u00a0< 2 3"


def test_a_nested_table_is_text_of_its_cell() -> None:
    html = "<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>c</td></tr></table>"
    (table,) = parse_tables(html)
    texts = [cell.text.split() for cell in table.children[0].children]
    assert texts == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("value", "span"), [("2", 2), (" 3 ", 3), ("0", 1), ("-1", 1), ("two", 1), ("9999999", 1000)]
)
def test_spans_as_browsers_take_them(value: str, span: int) -> None:
    (table,) = parse_tables(f"<table><tr><td colspan='{value}'>a</td></tr></table>")
    assert table.children[0].children[0].col_span == span


def test_several_tables_and_none() -> None:
    assert len(parse_tables("<table></table>text<table><tr><td>a</td></tr></table>")) == 2
    assert parse_tables("no table </table> here") == []
