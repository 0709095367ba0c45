from __future__ import annotations

from shuowen.document.model import Box, region_id


def test_regions_in_one_place_have_ids_of_their_own() -> None:
    taken: set[str] = set()
    for _ in range(300):
        taken.add(region_id(1, Box(16, 24, 32, 40), taken))
    first = region_id(1, Box(17, 23, 31, 41), set())
    assert taken == {first, *(f"{first}-{number}" for number in range(2, 301))}


def test_an_id_stays_while_the_region_hardly_moves() -> None:
    there = region_id(3, Box(16, 16, 160, 160), set())
    assert region_id(3, Box(17, 15, 161, 159), set()) == there
    assert region_id(4, Box(16, 16, 160, 160), set()) != there
    assert region_id(3, Box(16, 32, 160, 176), set()) != there
