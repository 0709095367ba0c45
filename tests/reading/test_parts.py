from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Line, RegionKind
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.frame import straight_boxes
from shuowen.reading.parts import Part, find_parts, part_box
from tests.reading.drawn_lines import chinese, line, texts_down


def seen(kind: RegionKind, *edges: float) -> LayoutBox:
    return LayoutBox(kind=kind, box=Box(*edges), confidence=0.9)


def parts_of(lines: list[Line], *layout: LayoutBox) -> list[Part]:
    return find_parts(lines, straight_boxes(lines, "horizontal"), layout, "horizontal")


GRID = [
    line(f"{row}{col}", 100 * col, 40 * row, 100 * col + 60, 40 * row + 20)
    for row in range(3)
    for col in range(3)
]


def test_a_table_keeps_its_lines_together() -> None:
    below = line("after the table", 0, 300, 300, 320)
    table, after = parts_of([*GRID, below], seen("table", 0, 0, 300, 150))
    assert (table.kind, sorted(table.line_indices)) == ("table", list(range(9)))
    assert after == Part(line_indices=(9,))


def test_a_table_of_single_lines_is_text() -> None:
    lines = texts_down(["one", "two", "three"], 0, 0, 300)
    assert all(part.is_line for part in parts_of(lines, seen("table", 0, 0, 300, 150)))


def test_a_figure_full_of_text_is_text() -> None:
    lines = texts_down(["some running text"] * 10, 0, 0, 300)
    assert all(part.is_line for part in parts_of(lines, seen("figure", 0, 0, 300, 300)))


def test_the_lines_of_a_figures_label_stay_together() -> None:
    labels = [
        line("first", 0, 0, 60, 20),
        line("second", 400, 0, 480, 20),
        line("label", 0, 24, 60, 44),
        line("label", 400, 24, 480, 44),
    ]
    (figure,) = parts_of(labels, seen("figure", 0, 0, 800, 600))
    assert figure.line_indices == (0, 2, 1, 3)


def test_a_figure_without_lettering_stands_where_the_network_saw_it() -> None:
    (figure,) = parts_of([], seen("figure", 10, 20, 30, 40))
    assert figure.line_indices == ()
    assert part_box(figure, straight_boxes([], "horizontal"), "horizontal").tolist() == [
        10,
        20,
        30,
        40,
    ]


def test_vertical_text_on_a_horizontal_page_is_one_part_right_to_left() -> None:
    columns = [
        line("左边", 500, 0, 520, 200, "vertical"),
        line("右边", 530, 0, 550, 200, "vertical"),
    ]
    lines = [*texts_down(["a long horizontal line"] * 3, 0, 0, 400), *columns]
    group = parts_of(lines)[0]
    assert group.line_indices == (4, 3)


BOXES = st.tuples(
    st.sampled_from(["table", "figure", "text", "title"]),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(1, 400),
    st.integers(1, 400),
)


@given(st.lists(BOXES, max_size=6), st.lists(st.integers(0, 380), max_size=25))
def test_every_line_is_in_one_part(
    layout: list[tuple[RegionKind, int, int, int, int]], places: list[int]
) -> None:
    lines = [chinese("几个汉字", place, (place * 7) % 380) for place in places]
    boxes = [seen(kind, x, y, x + width, y + height) for kind, x, y, width, height in layout]
    parts = parts_of(lines, *boxes)
    assert sorted(i for part in parts for i in part.line_indices) == list(range(len(lines)))
