from __future__ import annotations

import numpy as np

from shuowen.train.synthesize.checkboxes import choices_width, write_choices
from shuowen.train.synthesize.look import Look, draw_look
from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.sheet import Extent, Sheet
from shuowen.train.synthesize.stamps import stamp


def look_and_sheet(seed: int, language: Language = "en") -> tuple[Look, Sheet]:
    rng = np.random.default_rng(seed)
    return draw_look(rng, DocumentOptions(), language), Sheet(600, 300, rng)


def test_words_lie_side_by_side_in_their_line() -> None:
    look, sheet = look_and_sheet(0)
    line = sheet.write("three short words", 20, 30, look.body)
    words = [mark for mark in sheet.marks if mark.kind == "word"]
    assert [mark.text for mark in words] == ["three", "short", "words"]
    edges = [edge for mark in words for edge in (mark.polygon[0, 0], mark.polygon[1, 0])]
    assert edges == sorted(edges)
    assert abs(edges[0] - line.left) < 1 and abs(edges[-1] - line.right) < 1


def test_ink_is_inside_of_its_box_and_nowhere_else() -> None:
    for seed in range(6):
        look, sheet = look_and_sheet(seed, "zh" if seed % 2 else "en")
        style = look.body if seed < 3 else look.hand
        text = "合计 128.50" if seed % 2 else "Total 128.50"
        box = sheet.write(text, 40, 50, style)
        rows, columns = np.nonzero(sheet.pixels[..., 0] < 200)
        assert box.left - 1 <= columns.min() and columns.max() <= box.right + 1
        assert box.top - 1 <= rows.min() and rows.max() <= box.bottom + 1
        assert box.width <= style.width(text) * 1.05 + 2


def test_keys_of_fields_are_unique() -> None:
    _, sheet = look_and_sheet(0)
    for value in ("1", "2", "3"):
        sheet.fill_in("Date", value, Extent(left=0, top=0, right=1, bottom=1))
    assert [field.key for field in sheet.fields] == ["Date", "Date 2", "Date 3"]


def test_boxes_show_what_is_ticked() -> None:
    for seed in range(6):
        look, sheet = look_and_sheet(seed)
        text, extent = write_choices(sheet, ("Yes", "No"), {1}, 50, 50, look)
        assert text == "□ Yes ☑ No"
        assert extent.width <= choices_width(("Yes", "No"), look)
        size = look.body.size_px
        second = 50 + size * 2.3 + look.body.width("Yes")
        darkness = [
            (255 - sheet.pixels[50 : 50 + size, int(x) : int(x + size)].astype(int)).sum()
            for x in (50, second)
        ]
        assert darkness[1] > 1.15 * darkness[0]


def test_stamps_lie_where_they_say_over_what_is_there() -> None:
    for language in ("zh", "en"):
        _, sheet = look_and_sheet(2, language)
        area = Extent(left=100, top=50, right=500, bottom=280)
        place = stamp(sheet, area, language)
        rows, columns = np.nonzero((sheet.pixels < 230).any(axis=2))
        assert place.left - 1 <= columns.min() and columns.max() <= place.right + 1
        assert place.top - 1 <= rows.min() and rows.max() <= place.bottom + 1
        assert [mark.kind for mark in sheet.marks] == ["stamp"]
        assert sheet.text_lines == []
