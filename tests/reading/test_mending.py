"""Headings stand before what they head, lists are whole, a page's title is its title."""

from __future__ import annotations

from shuowen.document.model import Box, Line, Region
from shuowen.engines.embedded.records import LayoutBox
from tests.reading.built import build_regions
from tests.reading.drawn_lines import line, texts_down

PROSE = "these are the words of a column of text"
WIDE = "a full line of the page's text that goes across both of the columns from edge to edge"


def regions(lines: list[Line], *titles: Box) -> list[Region]:
    layout = [LayoutBox(kind="title", box=box, confidence=0.9) for box in titles]
    return build_regions(lines, layout, (900, 1200), 1)


def columns() -> list[Line]:
    left = texts_down([PROSE] * 12, 50, 300, 380)
    right = texts_down([PROSE] * 12, 470, 300, 380)
    return [*left, *right]


def test_a_heading_below_a_column_goes_with_the_wide_text_it_heads() -> None:
    heading = line("Further Remarks", 50, 680, 240, 704)
    below = texts_down([WIDE] * 5, 50, 715, 800)
    read = regions([*columns(), heading, *below], heading.box)
    order = [region.text[:15] for region in read]
    at = order.index("Further Remarks")
    assert read[at].kind == "title"
    assert order[at + 1].startswith("a full line")
    assert order[:at] == [PROSE[:15]] * at


def test_a_heading_above_its_own_column_stays() -> None:
    heading = line("Inside", 470, 262, 560, 286)
    read = regions([*columns(), heading], heading.box)
    order = [region.text for region in read]
    assert order.index("Inside") == len(order) - 2


def test_the_last_item_of_a_list_above_columns_is_not_cut_off() -> None:
    items = [f"• {WIDE}", f"• {WIDE}", "• the last and short one"]
    listed = texts_down(items[:2], 50, 190, 800)
    last = line(items[2], 50, 250, 260, 270)
    read = regions([*listed, last, *columns()])
    (found,) = [region for region in read if region.kind == "list"]
    assert found.text.splitlines() == items


def test_a_signature_is_no_heading() -> None:
    body = texts_down([WIDE] * 8, 50, 200, 800)
    signature = line("The Committee", 650, 520, 800, 540)
    read = regions([*body, signature], signature.box)
    assert (read[-1].kind, read[-1].text) == ("text", "The Committee")


def test_a_centred_heading_on_top_is_the_page_s_title() -> None:
    title = line("A Modest Heading", 340, 150, 560, 176)
    body = texts_down([WIDE] * 12, 50, 250, 800)
    read = regions([title, *body], title.box)
    assert (read[0].kind, read[0].level) == ("title", 1)
    aside = line("A Modest Heading", 50, 150, 270, 176)
    read = regions([aside, *body], aside.box)
    assert (read[0].kind, read[0].level) == ("title", 3)


def test_a_row_above_a_table_is_its_caption_if_the_network_says_so() -> None:
    body = texts_down([WIDE] * 8, 50, 200, 800)
    row = line("Expenses by quarter", 350, 470, 550, 490)
    cells = [
        line(f"{n}", x, 520 + 40 * n, x + 60, 540 + 40 * n) for n in range(4) for x in (60, 400)
    ]
    layout = [
        LayoutBox(kind="caption", box=row.box, confidence=0.9),
        LayoutBox(kind="table", box=Box(50, 510, 850, 690), confidence=0.9),
    ]
    read = build_regions([*body, row, *cells], layout, (900, 1200), 1)
    assert [region.kind for region in read] == ["text", "caption", "table"]
    alone = build_regions([*body, row], layout[:1], (900, 1200), 1)
    assert {region.kind for region in alone} == {"text"}
