from __future__ import annotations

import pytest
from hypothesis import given, settings

from shuowen.document.model import Region
from shuowen.writers.lists import ItemList, parse_list
from shuowen.writers.marks import unmarked, with_marks
from shuowen.writers.plain import clean
from tests.document.strategies import texts
from tests.writers.doubtful import doubtful_regions


@pytest.mark.parametrize(
    ("text", "items", "start"),
    [
        ("• a\n●b\n- c\n\n· d", ("a", "b", "c", "d"), None),
        ("3. c\n4. d", ("c", "d"), 3),
        ("1. a\n3. c", ("1. a", "3. c"), None),
        ("1. a\nand more", ("1. a", "and more"), None),
        ("（一）甲\n① 乙\n-5 ℃\n*注", ("（一）甲", "① 乙", "-5 ℃", "*注"), None),
        ("•", ("•",), None),
        (" \n ", (), None),
    ],
)
def test_markers_go_only_where_the_list_draws_its_own(
    text: str, items: tuple[str, ...], start: int | None
) -> None:
    assert parse_list(text) == ItemList(items=items, start=start)


@given(texts)
def test_every_line_is_an_item_and_ends_as_it_did(text: str) -> None:
    lines = [line.strip() for line in clean(text).split("\n") if line.strip()]
    items = parse_list(text).items
    assert len(items) == len(lines)
    assert all(item and line.endswith(item) for item, line in zip(items, lines, strict=True))


@given(doubtful_regions(("list",)))
@settings(deadline=None)
def test_marks_of_doubt_make_no_other_list(region: Region) -> None:
    found, plain = parse_list(with_marks(region).text), parse_list(region.text)
    assert found.start == plain.start
    assert tuple(map(unmarked, found.items)) == plain.items
