from __future__ import annotations

from collections.abc import Sequence

from shuowen.document.model import Box, Line
from shuowen.reading.drafts import Draft, PageLines, drafts_of_block, make_row
from shuowen.reading.frame import straight_boxes
from shuowen.reading.letters import letter_sizes
from shuowen.reading.parts import Part
from tests.reading.drawn_lines import chinese, line, texts_down

PROSE = texts_down(["the quick brown fox jumps"] * 3, 0, 0, 400)


def page_of(lines: Sequence[Line]) -> PageLines:
    boxes = straight_boxes(lines, "horizontal")
    return PageLines(
        lines=lines, boxes=boxes, sizes=letter_sizes(lines, boxes), votes=[None] * len(lines)
    )


def drafts_of(lines: Sequence[Line]) -> list[Draft]:
    return drafts_of_block([[Part(line_indices=(i,))] for i in range(len(lines))], page_of(lines))


def test_prose_is_one_draft_of_one_paragraph() -> None:
    (draft,) = drafts_of(PROSE)
    assert len(draft.paragraphs) == 1
    assert draft.line_indices == [0, 1, 2]


def test_short_lines_share_a_draft_line_by_line() -> None:
    texts = ["高街", "老城", "远方国", "长长的街道名称"]
    lines = [chinese(text, 0, 30 * i) for i, text in enumerate(texts)]
    (draft,) = drafts_of(lines)
    assert [len(paragraph) for paragraph in draft.paragraphs] == [1, 1, 1, 1]


def test_items_make_a_list() -> None:
    lines = texts_down(["• one thing", "• another thing", "• a third thing"], 0, 0, 300)
    (draft,) = drafts_of(lines)
    assert draft.kind == "list"
    assert len(draft.paragraphs) == 3


def test_a_table_divides_the_text_around_it() -> None:
    cells = [line("a", 0, 100, 50, 120), line("b", 200, 100, 250, 120)]
    after = texts_down(["and the text goes on below"] * 2, 0, 140, 400)
    lines = [*PROSE, *cells, *after]
    table = Part(line_indices=(4, 3), kind="table", layout_box=Box(0, 95, 260, 125))
    block = [[Part(line_indices=(i,))] for i in range(3)]
    block += [[table]] + [[Part(line_indices=(i,))] for i in (5, 6)]
    drafts = drafts_of_block(block, page_of(lines))
    assert [draft.kind for draft in drafts] == [None, "table", None]
    assert drafts[1].line_indices == [3, 4]


def test_a_row_knows_its_widest_gap_and_its_words() -> None:
    lines = [line("name", 0, 0, 100, 20), line("price", 250, 0, 300, 20)]
    row = make_row([0, 1], page_of(lines))
    assert (row.widest_gap, row.text, row.height) == (150, "name price", 20)
