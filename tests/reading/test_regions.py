from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.document.model import Box, Line, RegionKind
from shuowen.engines.embedded.records import LayoutBox
from tests.reading.built import build_regions
from tests.reading.drawn_lines import CHINESE, chinese, line, moved, texts_down

SIZE = (1000, 1400)


@st.composite
def pages(draw: st.DrawFn) -> tuple[list[Line], list[LayoutBox]]:
    """Any lines, with any boxes of a layout network over them."""
    edges = st.tuples(
        st.integers(0, 900), st.integers(0, 1300), st.integers(5, 500), st.integers(5, 300)
    )
    lines = [
        line(
            draw(st.sampled_from(["text", "1. item", "汉字", "12", "a long line of words"])),
            x,
            y,
            x + width,
            y + height / 8 + 2,
            draw(st.sampled_from(["horizontal", "vertical"])),
        )
        for x, y, width, height in draw(st.lists(edges, max_size=30))
    ]
    kinds: list[RegionKind] = ["text", "title", "table", "figure", "header", "formula"]
    layout = [
        LayoutBox(
            kind=draw(st.sampled_from(kinds)), box=Box(x, y, x + width, y + height), confidence=0.8
        )
        for x, y, width, height in draw(st.lists(edges, max_size=6))
    ]
    return lines, layout


@given(pages())
@settings(deadline=None)
def test_every_line_is_in_one_region(page: tuple[list[Line], list[LayoutBox]]) -> None:
    lines, layout = page
    regions = build_regions(lines, layout, SIZE, 1)
    held = [id(own) for region in regions for own in region.lines]
    assert sorted(held) == sorted(id(own) for own in lines)
    assert len({region.id for region in regions}) == len(regions)


@given(pages(), st.sampled_from([0.5, 2.0, 4.0]), st.integers(0, 256))
@settings(deadline=None)
def test_size_and_place_change_no_order(
    page: tuple[list[Line], list[LayoutBox]], scale: float, shift: int
) -> None:
    lines, _ = page
    there = [moved(source, scale, 0, 0) for source in lines]
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    here = [region.text for region in build_regions(lines, [], SIZE, 1)]
    assert [region.text for region in build_regions(there, [], size, 1)] == here
    aside = [moved(source, 1, shift, 0) for source in lines]
    wider = (SIZE[0] + shift, SIZE[1])
    assert [region.text for region in build_regions(aside, [], wider, 1)] == here


@pytest.mark.parametrize("num_columns", [1, 2, 3])
def test_columns_are_read_one_after_the_other(num_columns: int) -> None:
    lines = [
        chinese(CHINESE[(7 * col + row) % 20 :][:15], 330 * col, 200 + 30 * row)
        for col in range(num_columns)
        for row in range(20)
    ]
    shuffled = random.Random(1).sample(lines, len(lines))
    regions = build_regions(shuffled, [], SIZE, 1)
    assert [own for region in regions for own in region.lines] == lines


def test_vertical_text_is_read_from_right_to_left() -> None:
    columns = [
        line(CHINESE[10 * i : 10 * i + 10], 500 - 30 * i, 100, 520 - 30 * i, 300, "vertical")
        for i in range(4)
    ]
    (region,) = build_regions(columns[::-1], [], SIZE, 1)
    assert region.text == CHINESE[:40]


def test_vertical_text_in_two_tiers_is_read_tier_by_tier() -> None:
    tiers = [
        line(CHINESE[tier * 5 + i :][:12], 900 - 30 * i, top, 920 - 30 * i, top + 240, "vertical")
        for tier, top in enumerate([100, 360])
        for i in range(10)
    ]
    regions = build_regions(tiers[::-1], [], SIZE, 1)
    assert [own for region in regions for own in region.lines] == tiers


def test_a_newspaper_seen_as_one_figure_is_read_as_text() -> None:
    lines = texts_down(["a line of the newspaper's text"] * 10, 100, 300, 800)
    layout = [LayoutBox(kind="figure", box=Box(90, 290, 910, 610), confidence=0.9)]
    assert [region.kind for region in build_regions(lines, layout, SIZE, 1)] == ["text"]


def test_a_table_is_read_row_by_row() -> None:
    cells = [
        line(f"{row}{col}", 100 + 200 * col, 300 + 40 * row, 160 + 200 * col, 320 + 40 * row)
        for row in range(4)
        for col in range(3)
    ]
    layout = [LayoutBox(kind="table", box=Box(90, 290, 700, 470), confidence=0.9)]
    (table,) = build_regions(cells[::-1], layout, SIZE, 1)
    assert table.kind == "table"
    assert table.text == "00 01 02\n10 11 12\n20 21 22\n30 31 32"


def test_a_figure_without_text_is_a_region_in_its_place() -> None:
    above = texts_down(["a line of text above the figure"] * 6, 100, 200, 800)
    below = texts_down(["a line of text below the figure"] * 6, 100, 900, 800)
    layout = [LayoutBox(kind="figure", box=Box(100, 450, 900, 850), confidence=0.9)]
    regions = build_regions([*below, *above], layout, SIZE, 1)
    assert [region.kind for region in regions] == ["text", "figure", "text"]
    assert (regions[1].text, regions[1].confidence) == ("", None)


def test_a_page_that_slopes_a_little_is_read_straight() -> None:
    pairs = [
        (
            line(f"name {row}", 100, 300 + 30 * row, 300, 320 + 30 * row),
            line(f"price {row}", 800, 314 + 30 * row, 900, 334 + 30 * row),
        )
        for row in range(8)
    ]
    rule = Line(
        text="a line as long as the page is wide, sloping by one degree",
        confidence=0.9,
        box=Box(100, 200, 900, 234),
        quad=((100, 200), (900, 216), (900, 236), (100, 220)),
    )
    regions = build_regions([rule, *(own for pair in pairs for own in pair)], [], SIZE, 1)
    read = [own.text for region in regions for own in region.lines][1:]
    assert read == [own.text for pair in pairs for own in pair]


def test_confidence_is_the_mean_over_characters() -> None:
    (region,) = build_regions([line("word", 0, 600, 100, 620)], [], SIZE, 1)
    assert region.confidence == pytest.approx(0.9)


def test_an_empty_page_has_no_regions() -> None:
    assert build_regions([], [], SIZE, 1) == []
