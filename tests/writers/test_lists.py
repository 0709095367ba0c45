from __future__ import annotations

import pytest
from hypothesis import given

from shuowen.writers.lists import ItemList, parse_list
from shuowen.writers.plain import clean
from tests.document.strategies import texts


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
