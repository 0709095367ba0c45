import pytest

from shuowen.evals.judges.checked_page import CheckedPage
from shuowen.evals.judges.table_check import Around, TableCell
from shuowen.evals.reading import Reading

MARKDOWN = """|Name|Width|
|---|---|
|Box|1,136|
|Bag|1,892|
"""
PAGE = CheckedPage(Reading(text=MARKDOWN))


@pytest.mark.parametrize(
    ("around", "passes"),
    [
        ((), True),
        ((Around(direction="up", text="Width"),), True),
        ((Around(direction="down", text="1,892"), Around(direction="left", text="Box")), True),
        ((Around(direction="down", text="1,892"), Around(direction="left", text="Bag")), False),
        ((Around(direction="right", text="Box"),), False),
        ((Around(direction="left", text="Box", is_heading=True),), True),
    ],
)
def test_a_cell_needs_all_its_neighbours(around: tuple[Around, ...], passes: bool) -> None:
    assert TableCell(cell="1,136", around=around).passes(PAGE) is passes


def test_as_many_characters_may_differ() -> None:
    assert not TableCell(cell="1,137").passes(PAGE)
    assert TableCell(cell="1,137", max_diffs=1).passes(PAGE)


def test_less_than_half_alike_is_never_the_same() -> None:
    assert not TableCell(cell="Xyz", max_diffs=3).passes(PAGE)


def test_pipe_tables_may_be_ignored() -> None:
    check = TableCell(cell="1,136", ignores_pipe_tables=True)
    assert not check.passes(PAGE)
    html = "<table><tr><td>1,136</td></tr></table>"
    assert check.passes(CheckedPage(Reading(text="", html=html)))


def test_a_page_without_tables_fails() -> None:
    assert not TableCell(cell="1,136").passes(CheckedPage(Reading(text="1,136")))
