from __future__ import annotations

from contextlib import closing
from math import cos, radians, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Box, Line
from shuowen.image.page import PageImage
from shuowen.image.pdf import Pdf
from shuowen.image.pdf_frame import PageFrame
from shuowen.image.pdf_glyphs import Glyph
from shuowen.image.pdf_text import build_lines
from shuowen.source.model import Source
from tests.image.pdf_maker import PdfMaker, codes, one_page, placed, text


def load(pdf: bytes, dpi: int = 144) -> PageImage:
    with closing(Pdf(Source(name="x.pdf", data=pdf), ReadOptions(dpi=dpi), Limits())) as opened:
        return opened.load(0)


def lines_of(content: str) -> list[Line]:
    return list(load(one_page(content)).text_lines)


def texts_of(content: str) -> list[str]:
    return [line.text for line in lines_of(content)]


def squares(meanings: list[str], content: str) -> PageImage:
    """A page in the square font "S", whose character n means `meanings[n - 1]`."""
    maker = PdfMaker()
    maker.square_font("S", meanings)
    maker.page(content)
    return load(maker.build())


def square_line(meaning: str) -> str:
    """What a line that is drawn as the characters of `meaning` is read as."""
    page = squares(list(meaning), text(20, 300, codes(len(meaning)), font="S"))
    return " | ".join(line.text for line in page.text_lines)


def ink_box(page: PageImage) -> Box:
    dark = np.argwhere(page.pixels.min(axis=2) < 160)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0) + 1
    return Box(float(left), float(top), float(right), float(bottom))


def assert_close(found: Box, expected: Box, tolerance: float = 2.0) -> None:
    for edge in ("left", "top", "right", "bottom"):
        assert getattr(found, edge) == pytest.approx(getattr(expected, edge), abs=tolerance)


# Boxes


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", ["", "/CropBox[10 20 290 350]"])
def test_boxes_lie_on_the_ink_however_the_page_is_turned_and_cropped(turn: int, crop: str) -> None:
    page = load(one_page(text(50, 300, "Hxgp boxes"), more=f"/Rotate {turn}{crop}"))
    (line,) = page.text_lines
    assert line.text == "Hxgp boxes"
    assert_close(line.box, ink_box(page))
    assert [span.text for span in line.spans] == ["Hxgp", "boxes"]


@pytest.mark.parametrize("degrees", [0, 10, 30, 60, 90, 135, 180, -90, -20])
def test_the_quad_follows_turned_text(degrees: int) -> None:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    page = load(one_page(placed(f"{c:.6f} {s:.6f} {-s:.6f} {c:.6f} 150 200", "Along it")))
    (line,) = page.text_lines
    assert line.text == "Along it"
    assert line.direction == "horizontal"
    along = np.subtract(line.quad[1], line.quad[0])
    slope = np.degrees(np.arctan2(along[1], along[0]))
    assert (slope + degrees + 180) % 360 - 180 == pytest.approx(0, abs=1)
    dark = np.argwhere(page.pixels.min(axis=2) < 160)[:, ::-1] + 0.5
    down = np.subtract(line.quad[3], line.quad[0])
    for side in (along, down):
        length = np.linalg.norm(side)
        reach = (dark - line.quad[0]) @ (side / length)
        assert reach.min() == pytest.approx(0, abs=5)
        assert reach.max() == pytest.approx(length, abs=5)


def test_every_character_has_full_confidence_and_a_span() -> None:
    (line,) = lines_of(text(20, 300, "two words"))
    assert line.source == "text_layer"
    assert line.confidence == 1.0
    assert [span.confidences for span in line.spans] == [(1.0,) * 3, (1.0,) * 5]


def test_chinese_characters_have_a_span_each() -> None:
    page = squares(list("说文A1解"), text(20, 300, codes(5), font="S"))
    (line,) = page.text_lines
    assert line.text == "说文A1解"
    assert [span.text for span in line.spans] == ["说", "文", "A1", "解"]
    lefts = [span.box.left for span in line.spans]
    assert lefts == pytest.approx([42, 82, 122, 202], abs=1)


# Characters


@pytest.mark.parametrize(
    ("drawn", "read"),
    [
        ("𠮷野家", "𠮷野家"),
        ("ab\u200bcd\ufeff", "abcd"),
        ("ab\u0007c", "abc"),
        ("a\u00a0b\u3000c", "a b c"),
    ],
)
def test_characters_come_as_they_are_seen(drawn: str, read: str) -> None:
    assert square_line(drawn) == read


def test_ligatures_are_spelled_out() -> None:
    page = squares(["e", "ﬃ", "ff", "c"], text(20, 300, codes(4), font="S"))
    (line,) = page.text_lines
    assert line.text == "effiffc"
    (span,) = line.spans
    assert len(span.confidences) == len(span.text)


def test_characters_that_the_pdf_does_not_name_are_counted() -> None:
    page = squares(["a", "", "", "b"], text(20, 300, codes(4), font="S"))
    assert page.text_facts.num_characters == 4
    assert page.text_facts.num_unmapped == 2


def test_invisible_text_is_read_and_counted() -> None:
    page = load(one_page("3 Tr " + text(20, 300, "hidden") + " 0 Tr " + text(20, 200, "seen")))
    assert [line.text for line in page.text_lines] == ["hidden", "seen"]
    assert page.text_facts.num_invisible == 6
    assert page.text_facts.num_characters == 10


def test_text_beyond_the_page_is_left_out_and_counted() -> None:
    page = load(
        one_page(text(20, 300, "inside") + text(20, -50, "below") + text(400, 100, "right"))
    )
    assert [line.text for line in page.text_lines] == ["inside"]
    assert page.text_facts.num_outside == 10


def test_text_too_small_to_see_is_left_out() -> None:
    assert texts_of(text(20, 300, "large") + text(20, 200, "tiny", size=0.3)) == ["large"]


@pytest.mark.parametrize("shift", [0, 0.4, 1.2])
def test_text_printed_twice_to_look_bold_is_read_once(shift: float) -> None:
    again = text(20 + shift, 300, "bold letters")
    assert texts_of(text(20, 300, "bold letters") + again) == ["bold letters"]


def test_double_letters_stay_double() -> None:
    assert texts_of(text(20, 300, "ill-llll oo")) == ["ill-llll oo"]


# Spaces


def test_spaces_are_inferred_from_gaps() -> None:
    content = "BT /F1 20 Tf 20 300 Td [(two)-300(words, to)20(ge)-20(ther)] TJ ET"
    assert texts_of(content) == ["two words, together"]


def test_a_gap_beside_chinese_is_no_space_unless_it_is_wide() -> None:
    words = "BT /S 20 Tf 20 300 Td [(\x01)-250(\x02)-250(\x03)-600(\x04)] TJ ET"
    page = squares(list("说a文b"), words)
    assert [line.text for line in page.text_lines] == ["说a文 b"]


def test_a_written_space_beside_chinese_stays() -> None:
    assert square_line("说 a") == "说 a"


# Lines


def test_columns_stay_apart() -> None:
    left = [text(20, 300 - 20 * row, f"left {row}", size=14) for row in range(3)]
    right = [text(150, 300 - 20 * row, f"right {row}", size=14) for row in range(3)]
    rowwise = "".join(a + b for a, b in zip(left, right, strict=True))
    expected = ["left 0", "left 1", "left 2", "right 0", "right 1", "right 2"]
    assert sorted(texts_of(rowwise)) == expected
    assert texts_of("".join(left + right)) == expected


def test_a_narrow_gutter_parts_columns_that_were_drawn_one_after_the_other() -> None:
    (width,) = (line.box.width / 2 for line in lines_of(text(20, 300, "some words", size=12)))
    left = [text(20, 300 - 15 * row, "some words", size=12) for row in range(3)]
    right = [text(20 + width + 10, 300 - 15 * row, "other ones", size=12) for row in range(3)]
    assert texts_of("".join(left + right)) == ["some words"] * 3 + ["other ones"] * 3


def test_pieces_drawn_out_of_order_make_one_line() -> None:
    content = text(64, 300, "second") + text(20, 250, "below") + text(20, 300, "first")
    assert texts_of(content) == ["first second", "below"]


def test_superscripts_stay_in_their_line() -> None:
    content = "BT /F1 20 Tf 20 300 Td (x) Tj /F1 12 Tf 8 Ts (2) Tj 0 Ts /F1 20 Tf ( + 1) Tj ET"
    assert texts_of(content) == ["x2 + 1"]


def test_lines_close_below_each_other_stay_apart() -> None:
    assert texts_of(text(20, 300, "a") + text(20, 281, "b")) == ["a", "b"]


def test_chinese_below_each_other_is_vertical_writing() -> None:
    down = "".join(text(100, 300 - 22 * row, codes(1, row + 1), font="S") for row in range(4))
    beside = "".join(text(70, 300 - 22 * row, codes(1, row + 5), font="S") for row in range(3))
    page = squares(list("天地玄黄宇宙洪"), down + beside)
    assert [line.text for line in page.text_lines] == ["天地玄黄", "宇宙洪"]
    assert {line.direction for line in page.text_lines} == {"vertical"}
    first = page.text_lines[0]
    assert_close(first.box, Box(202, 167, 238, 335))
    assert [span.text for span in first.spans] == list("天地玄黄")


def test_digits_beside_each_other_stand_in_a_vertical_line() -> None:
    content = (
        text(100, 300, codes(1), font="S") + text(99, 278, "12") + text(100, 256, "\x02", font="S")
    )
    page = squares(list("第章"), content)
    assert [(line.text, line.direction) for line in page.text_lines] == [("第12章", "vertical")]


def test_upright_latin_letters_stand_in_a_vertical_line() -> None:
    page = squares(
        list("血A型"), "".join(text(99, 300 - 22 * n, codes(1, n + 1), font="S") for n in range(3))
    )
    assert [(line.text, line.direction) for line in page.text_lines] == [("血A型", "vertical")]


def test_latin_letters_below_each_other_are_lines() -> None:
    content = "".join(text(100, 300 - 22 * row, letter) for row, letter in enumerate("abc"))
    assert [(line.text, line.direction) for line in lines_of(content)] == [
        (letter, "horizontal") for letter in "abc"
    ]


def test_a_page_without_text_has_no_lines() -> None:
    page = load(one_page("0 0 50 50 re f"))
    assert page.text_lines == ()
    assert page.text_facts.num_characters == 0


FRAME = PageFrame(a=1, b=0, c=0, d=-1, e=0, f=600, width_px=500, height_px=600)

glyphs = st.builds(
    lambda letter, x, y, size, angle, space: Glyph(
        text=letter,
        center=(x + size / 4, y - size / 3),
        width=size / 2,
        height=size * 0.7,
        origin=(x, y),
        advance=size * 0.55,
        angle=angle,
        size=size,
        space_before=space,
    ),
    st.sampled_from("abc1说文，"),
    st.integers(0, 60).map(lambda step: step * 8.0),
    st.integers(1, 40).map(lambda step: step * 14.0),
    st.sampled_from([8.0, 14.0, 15.0, 30.0]),
    st.sampled_from([0.0, 0.0, 0.0, 90.0, -90.0, 180.0, 12.3]),
    st.sampled_from(["", "written", "inferred"]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(glyphs, max_size=60))
def test_every_glyph_is_in_exactly_one_line(drawn: list[Glyph]) -> None:
    lines = build_lines(drawn, FRAME)
    spans = [span for line in lines for span in line.spans]
    assert sorted("".join(span.text for span in spans)) == sorted(g.text for g in drawn)
    for line in lines:
        assert line.text.replace(" ", "") == "".join(span.text for span in line.spans)
        assert all(len(span.text) == len(span.confidences) for span in line.spans)
        assert 0 <= line.box.left <= line.box.right <= FRAME.width_px
        assert 0 <= line.box.top <= line.box.bottom <= FRAME.height_px
