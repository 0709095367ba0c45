from __future__ import annotations

import msgspec
import pytest

from shuowen.document.model import Box, Line, RegionKind, Span
from shuowen.engines.embedded.lines import words
from shuowen.reading.dashes import with_dashes


def line(text: str) -> Line:
    spans = tuple(
        Span(text=text[a:b], box=Box(a, 0, b, 1), confidences=(0.9,) * (b - a))
        for a, b in words(text)
    )
    corners = ((0.0, 0.0), (9.0, 0.0), (9.0, 1.0), (0.0, 1.0))
    return Line(text=text, confidence=0.9, box=Box(0, 0, 9, 1), quad=corners, spans=spans)


def texts(kind: RegionKind, *lines: str) -> list[str]:
    return [found.text for found in with_dashes(kind, [line(text) for text in lines])]


def test_a_lone_one_among_numbers_is_a_dash() -> None:
    assert texts("table", "12.5", "一", "项目", "一一") == ["12.5", "—", "项目", "——"]


@pytest.mark.parametrize("other", ["二", "三", "（十）", "两"])
def test_where_chinese_numbers_are_counted_it_is_a_number(other: str) -> None:
    assert texts("table", "序号", "一", other) == ["序号", "一", other]


def test_in_chinese_text_it_is_a_number_and_in_english_text_a_dash() -> None:
    assert texts("text", "第", "一", "章") == ["第", "一", "章"]
    assert texts("text", "Total", "一", "12") == ["Total", "—", "12"]


def test_alone_in_its_region_it_stays() -> None:
    assert texts("table", "一") == ["一"]


def test_between_numbers_or_letters_it_is_a_dash() -> None:
    assert texts("text", "1990一1995年", "第一章", "A一B", "一1") == [
        "1990—1995年",
        "第一章",
        "A—B",
        "一1",
    ]


def test_the_spans_say_the_same_as_the_line() -> None:
    (found,) = with_dashes("text", [line("共 10一15 页")])
    assert "".join(span.text for span in found.spans) == found.text.replace(" ", "")
    assert [span.box for span in found.spans] == [span.box for span in line("共 10一15 页").spans]


def test_the_text_of_a_pdf_is_not_touched() -> None:
    own = [msgspec.structs.replace(line(text), source="text_layer") for text in ("9", "一", "5一6")]
    assert with_dashes("table", own) == own
    assert texts("table", "9", "一", "5一6") == ["9", "—", "5—6"]


def test_a_line_that_was_crossed_out_whole_says_nothing_of_the_others() -> None:
    assert texts("text", "", "一") == ["", "一"]
