"""What is known of a page's lines, and what is guessed, while they are being read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shuowen.document.model import Line
from shuowen.engines.embedded.background import Background
from shuowen.engines.embedded.looks import Look
from shuowen.image.frame import turned_frame
from shuowen.reading.growing_text import LINES_AFTER, GrowingText, Typical
from shuowen.reading.kinds import CAPTION, is_page_number, starts_footnote
from shuowen.reading.paragraphs import BULLET, NUMBER
from shuowen.reading.place import between
from tests.reading.drawn_lines import line

TEXT = "1. Fig. 3 says that *some* of it may be true"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def rows(count: int) -> list[Line]:
    return [line(f"{TEXT} {n}", 100, 100 + 40 * n, 800, 130 + 40 * n) for n in range(count)]


def growing(
    pool: ThreadPoolExecutor, lines: Sequence[Line], *, no_text: Sequence[int] = ()
) -> GrowingText:
    """A text of these lines; those in `no_text` turn out to be none."""
    looks = [None if n in no_text else Look(line=each) for n, each in enumerate(lines)]
    tasks = [lambda look=look: look for look in looks]
    return GrowingText([np.array(each.quad) for each in lines], Background(pool, tasks, width=0))


def test_guesses_are_as_long_as_what_was_read_and_mark_nothing(pool: ThreadPoolExecutor) -> None:
    lines = rows(20)
    text = growing(pool, lines)
    text.read([0, 1, 2])
    guessed = text.lines()[10]
    assert len(guessed.text) == pytest.approx(len(lines[10].text), abs=4)
    assert (guessed.box, guessed.direction) == (lines[10].box, "horizontal")
    for marks in (BULLET, NUMBER, CAPTION):
        assert not marks.match(guessed.text)
    assert not is_page_number(guessed.text)
    assert not starts_footnote(guessed.text)


def test_chinese_pages_have_chinese_guesses() -> None:
    typical = Typical.of([line("説文解字，許慎撰。" * 3, 0, 0, 27 * 30, 30)])
    guess = typical.line(np.array([[0, 0], [300, 0], [300, 30], [0, 30]], float))
    assert guess.text == "説文解字許慎撰説文解"
    column = typical.line(np.array([[0, 0], [30, 0], [30, 300], [0, 300]], float))
    assert (column.direction, len(column.text)) == ("vertical", 10)


def test_what_turns_out_to_be_no_text_is_a_line_no_more(pool: ThreadPoolExecutor) -> None:
    text = growing(pool, rows(4), no_text=[1])
    assert list(text.lines()) == [0, 1, 2, 3]
    text.read(range(4))
    assert list(text.lines()) == [0, 2, 3]
    assert text.is_read([0, 1, 2, 3])
    assert text.look(2).line == rows(4)[2]


def test_parts_follow_the_plan_begin_with_short_lines_and_end_with_all(
    pool: ThreadPoolExecutor,
) -> None:
    lines = [*rows(40), line("7", 20, 1500, 40, 1530)]
    order = [*reversed(range(40)), 40]
    first, *_, last = growing(pool, lines).parts(lambda: order)
    assert first[0] == 40
    assert list(first[1:]) == order[: len(first) - 1]
    assert LINES_AFTER < len(first) < 10
    assert list(last) == list(range(41))


def test_a_short_page_and_a_finished_text_have_one_part(pool: ThreadPoolExecutor) -> None:
    def unasked() -> list[int]:
        raise AssertionError

    assert list(growing(pool, rows(5)).parts(unasked)) == [range(5)]
    finished = GrowingText.finished(rows(30))
    assert list(finished.parts(unasked)) == [range(30)]
    finished.read(range(30))
    assert list(finished.lines().values()) == rows(30)


def test_lines_and_guesses_are_carried_to_the_level_picture(pool: ThreadPoolExecutor) -> None:
    frame = turned_frame((900, 900), 0)
    placing = between(frame, frame.straightened(5.0))
    assert placing is not None
    tasks = [lambda: Look(line=rows(1)[0], read_again=lambda: rows(1)[0])]
    quads = [np.array(each.quad) for each in rows(2)]
    text = GrowingText(quads, Background(pool, tasks, width=0), placing)
    text.read([0])
    known, guessed = text.lines().values()
    assert known == placing.line(rows(1)[0]) == text.look(0).final()
    assert guessed.quad == placing.line(rows(2)[1]).quad
