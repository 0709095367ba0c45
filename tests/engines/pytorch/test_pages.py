"""Pages: who gets which, and how often they follow one another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.pytorch.pages import PagePool, PageTable


def table_with(pool: PagePool, num_pages: int, expected: int = 0) -> PageTable:
    table = PageTable()
    pool.take(table, num_pages, max(num_pages, expected))
    return table


def give_back(pool: PagePool, table: PageTable) -> None:
    pool.unclaim(table)
    for page in table.cut(0):
        if pool.drop(page):
            pool.free(page)


def test_a_sequence_grows_in_place_beside_others_that_start_meanwhile() -> None:
    pool = PagePool(64)
    first, second = table_with(pool, 3, expected=10), table_with(pool, 3, expected=10)
    for _ in range(7):
        pool.take(first, 1, 1)
        pool.take(second, 1, 1)
    assert len(first.runs) == len(second.runs) == 1


def test_a_claim_is_no_reservation() -> None:
    pool = PagePool(8)
    claiming = table_with(pool, 1, expected=8)
    greedy = table_with(pool, 7)
    assert sorted(claiming.pages + greedy.pages) == list(range(8))


def test_the_smallest_gap_that_is_wide_enough_is_taken() -> None:
    pool = PagePool(10)
    blocks = [table_with(pool, count) for count in (2, 1, 3, 1, 3)]
    give_back(pool, blocks[0])
    give_back(pool, blocks[2])
    assert table_with(pool, 2).pages == [0, 1]


def test_scattered_pages_are_used_when_nothing_else_is_left() -> None:
    pool = PagePool(6)
    blocks = [table_with(pool, 1) for _ in range(6)]
    for block in blocks[::2]:
        give_back(pool, block)
    assert table_with(pool, 3).runs == [[0, 1], [2, 1], [4, 1]]


def test_runs_follow_cuts_and_replacements() -> None:
    table = PageTable()
    for page in (4, 5, 6, 9):
        table.append(page)
    assert table.runs == [[4, 3], [9, 1]]
    table.replace(1, 7)
    assert table.runs == [[4, 1], [7, 1], [6, 1], [9, 1]]
    assert table.cut(2) == [6, 9]
    assert table.pages == [4, 7]


@given(st.data())
def test_no_page_is_given_twice_and_none_is_lost(data: st.DataObject) -> None:
    pool = PagePool(24)
    tables: list[PageTable] = []
    for _ in range(data.draw(st.integers(1, 30))):
        if tables and data.draw(st.booleans()):
            give_back(pool, tables.pop(data.draw(st.integers(0, len(tables) - 1))))
        elif pool.num_free:
            wanted = data.draw(st.integers(1, pool.num_free))
            tables.append(table_with(pool, wanted, data.draw(st.integers(0, 40))))
        held = [page for table in tables for page in table.pages]
        assert len(held) == len(set(held)) == pool.num_pages - pool.num_free
        assert not pool.is_free[held].any()
    for table in tables:
        give_back(pool, table)
    assert not pool._claimed.any()
