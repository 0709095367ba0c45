from __future__ import annotations

import numpy as np
import pytest

from shuowen.document.model import Box, Line, Span
from shuowen.engines.embedded.leader_lines import COUNTED, with_leaders
from shuowen.image.page import Pixels

WORD_END, FIRST_DOT, PITCH = 90, 100, 8


def picture(count: int, *, first: int = FIRST_DOT) -> Pixels:
    """A block of ink where the word is, and dots behind it on its base line."""
    pixels = np.full((80, 600, 3), 255, np.uint8)
    pixels[30:50, 20:WORD_END] = 0
    for x in range(first, first + count * PITCH, PITCH):
        pixels[47:50, x : x + 3] = 0
    return pixels


def line(text: str, spans: list[tuple[str, float, float]]) -> Line:
    left, right = spans[0][1], spans[-1][2]
    return Line(
        text=text,
        confidence=0.9,
        box=Box(left, 26, right, 54),
        quad=((left, 26), (right, 26), (right, 54), (left, 54)),
        spans=tuple(
            Span(text=word, box=Box(a, 26, b, 54), confidences=(0.9,) * len(word))
            for word, a, b in spans
        ),
    )


WORD = ("Total", 20.0, float(WORD_END))


def test_dots_that_the_box_left_out_are_counted() -> None:
    found = with_leaders(line("Total..", [WORD, ("..", 98, 110)]), picture(30), [])
    assert found.text == "Total " + "." * 30
    assert found.spans[-1].confidences == (COUNTED,) * 30
    assert found.box.right == pytest.approx(FIRST_DOT + 29 * PITCH + 3, abs=1)
    assert found.quad[1][0] == found.quad[2][0] == pytest.approx(found.box.right)
    assert "".join(span.text for span in found.spans) == found.text.replace(" ", "")


def test_a_dot_that_hangs_on_its_word_is_cut_off() -> None:
    found = with_leaders(line("Total.", [("Total.", 20, 104)]), picture(12), [])
    assert [span.text for span in found.spans] == ["Total", "." * 12]
    assert found.spans[0].box.right == pytest.approx(20 + 84 * 5 / 6, abs=0.1)


def test_what_follows_the_dots_stays_behind_them() -> None:
    pixels = picture(10)
    pixels[30:50, 200:230] = 0
    read = line("Total . . 42", [WORD, (".", 105, 110), (".", 150, 155), ("42", 200, 230)])
    assert with_leaders(read, pixels, []).text == "Total .......... 42"


def test_dots_stop_at_the_next_line() -> None:
    read = line("Total..", [WORD, ("..", 98, 110)])
    beside = Box(FIRST_DOT + 10 * PITCH - 3, 20, 300, 60)
    assert with_leaders(read, picture(30), [beside]).text == "Total " + "." * 10


@pytest.mark.parametrize("text", ["Total", "Total:", "3.5 kg"])
def test_a_line_without_a_hint_of_dots_is_left_alone(text: str) -> None:
    read = line(text, [(text.replace(" ", ""), 20, 110)])
    assert with_leaders(read, picture(30), []) is read


def test_the_end_of_a_sentence_is_left_alone() -> None:
    read = line("Total.", [("Total.", 20, 104)])
    assert with_leaders(read, picture(1), []) is read


def test_dots_far_from_the_text_are_not_its_own() -> None:
    read = line("Total.", [("Total.", 20, 94)])
    assert with_leaders(read, picture(20, first=200), []) is read


def test_letters_are_never_taken_for_dots() -> None:
    read = line("Total. ABC", [("Total.", 20, 98), ("ABC", 100, 140)])
    assert with_leaders(read, picture(8), []) is read


def test_a_slanted_or_vertical_line_is_left_alone() -> None:
    flat = line("Total..", [WORD, ("..", 98, 110)])
    slanted = Line(
        text=flat.text,
        confidence=0.9,
        box=flat.box,
        quad=((20, 26), (110, 40), (110, 54), (20, 40)),
        spans=flat.spans,
    )
    assert with_leaders(slanted, picture(30), []) is slanted


def test_a_line_whose_spans_do_not_make_up_its_text_stays_as_it_is() -> None:
    read = line("Total 5..", [WORD, ("..", 98, 110)])
    assert with_leaders(read, picture(30), []) is read
