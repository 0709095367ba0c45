import pytest

from shuowen.evals.peers.markdown_tables import with_html_tables
from shuowen.evals.table_trees import parse_tables


def cells(markdown: str) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row.children] for row in table.children]
        for table in parse_tables(with_html_tables(markdown))
    ]


def test_a_bar_table_becomes_a_table() -> None:
    assert cells("text\n\n| a | b |\n|---|:-:|\n| 1 | |\n\nmore") == [[["a", "b"], ["1", ""]]]


def test_two_tables_and_what_is_around_them() -> None:
    markdown = "| a | b |\n|--|--|\n\n*x*\n|c|d|\n|-|-|\n|e|f|"
    assert cells(markdown) == [[["a", "b"]], [["c", "d"], ["e", "f"]]]
    assert "\n*x*\n" in with_html_tables(markdown)


def test_bars_and_brackets_inside_cells() -> None:
    assert cells(r"| a\|b | <i> & |" + "\n|---|---|") == [[["a|b", "<i> &"]]]


@pytest.mark.parametrize(
    "text", ["", "no table", "| alone |", "| a |\n| b |", "<table><tr><td>a</td></tr></table>"]
)
def test_what_is_none_stays(text: str) -> None:
    assert with_html_tables(text) == text
