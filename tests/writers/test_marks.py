from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.document.model import Line, Region
from shuowen.writers import marks
from shuowen.writers.marks import CLOSE, OPEN, marked, shown, unmarked, with_marks, without_front
from shuowen.writers.plain import clean
from tests.document.strategies import lines, texts
from tests.writers.doubtful import doubtful_line, doubtful_regions, doubtful_table, without_doubt

DOUBTS = {"two": 0.43, "three": 0.07, "infor-": 0.5, "合": 0.2}


def seen(text: str, *held: Line) -> str:
    return shown(marked(text, held), "[{}:".format, "]")


def test_a_doubtful_word_stands_between_marks_with_its_likelihood() -> None:
    assert seen("one two four", doubtful_line("one two four", DOUBTS)) == "one [0.43:two] four"


def test_neighbours_share_their_marks_and_the_least_likelihood() -> None:
    line = doubtful_line("two three four", DOUBTS)
    assert seen("two three four", line) == "[0.07:two three] four"


def test_marks_end_with_the_line() -> None:
    held = doubtful_line("one two", DOUBTS), doubtful_line("three", DOUBTS)
    assert seen("one two three", *held) == "one [0.07:two three]"
    assert seen("one two\nthree", *held) == "one [0.43:two]\n[0.07:three]"


def test_a_word_that_was_broken_is_found_whole() -> None:
    held = doubtful_line("an infor-", DOUBTS), doubtful_line("mation two", DOUBTS)
    assert seen("an information two", *held) == "an [0.50:infor]mation [0.43:two]"
    assert seen("an infor-mation two", *held) == "an [0.50:infor-]mation [0.43:two]"


def test_lines_without_a_space_between_them() -> None:
    held = doubtful_line("小 合", DOUBTS), doubtful_line("合 计", DOUBTS)
    assert seen("小合合计", *held) == "小[0.20:合合]计"


def test_a_text_that_was_changed_is_marked_where_it_is_the_same() -> None:
    line = doubtful_line("one two four", DOUBTS)
    assert seen("1 two four", line) == "1 [0.43:two] four"
    assert seen("something else", line).replace("[0.43:", "").replace("]", "") == "something else"


def test_a_long_text_that_was_changed_is_compared_a_window_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def matcher(junk: None, first: str, second: str, autojunk: bool) -> SequenceMatcher[str]:
        compared.append(max(len(first), len(second)))
        return SequenceMatcher(junk, first, second, autojunk)

    monkeypatch.setattr(marks, "SequenceMatcher", matcher)
    words = " ".join(f"word{number}" for number in range(1000))
    held = [doubtful_line(f"one {words}", {}), doubtful_line("two four", DOUBTS)]
    assert seen(f"1 {words} two four", *held) == f"1 {words} [0.43:two] four"
    assert max(compared) <= 500
    assert len(compared) <= 40


def test_each_cell_has_the_marks_of_its_lines() -> None:
    region = with_marks(doubtful_table(["two", "one"], ["two", "three two"], doubts=DOUBTS))
    assert region.table is not None
    found = [shown(cell.text, "[{}:".format, "]") for cell in region.table.cells]
    assert found == ["[0.43:two]", "one", "[0.43:two]", "[0.07:three two]"]


def test_without_doubt_a_region_is_itself() -> None:
    region = without_doubt(doubtful_table(["two"], doubts=DOUBTS))
    assert with_marks(region) is region


def test_marks_in_the_document_itself_are_dropped() -> None:
    line = doubtful_line("one two", DOUBTS)
    assert seen(f"{OPEN}one\ufdd5 two{CLOSE}", line) == "one [0.43:two]"


def test_cutting_the_front_keeps_what_stays_marked() -> None:
    text = marked("1. two", [doubtful_line("1. two", {"1.": 0.3, "two": 0.43})])
    assert shown(without_front(text, 3), "[{}:".format, "]") == "[0.30:two]"
    text = marked("1. two", [doubtful_line("1. two", {"1.": 0.3})])
    assert without_front(text, 3) == "two"


@pytest.mark.parametrize(("sure", "written"), [(0.0, "0.00"), (0.999, "0.99"), (1.0, "0.99")])
def test_likelihoods_have_two_digits(sure: float, written: str) -> None:
    assert seen("two", doubtful_line("two", {"two": sure})) == f"[{written}:two]"


@given(doubtful_regions(("text",)))
@settings(deadline=None)
def test_marks_change_no_text(region: Region) -> None:
    text = marked(region.text, region.lines)
    assert unmarked(text) == clean(region.text)
    for line in text.split("\n"):
        assert line.count(OPEN) == line.count(CLOSE)
        pairs = shown(line, lambda _: "\0", "\1")
        assert [c for c in pairs if c in "\0\1"] == ["\0", "\1"] * line.count(OPEN)


@given(doubtful_regions(("text",)))
@settings(deadline=None)
def test_just_the_doubtful_words_are_marked(region: Region) -> None:
    parts = shown(marked(region.text, region.lines), lambda _: "\0", "\1").split("\0")
    found = "".join("".join(part.split("\1")[0].split()) for part in parts[1:])
    doubtful = [span.text for line in region.lines for span in line.spans if span.is_doubtful]
    wanted = "".join("".join(clean(text).split()) for text in doubtful)
    # Hyphens at the ends of lines may be taken for those that broke a word.
    assert found.replace("-", "") == wanted.replace("-", "")


@given(texts, st.lists(lines(), max_size=3))
@settings(deadline=None)
def test_lines_that_have_nothing_to_do_with_a_text_do_no_harm(text: str, held: list[Line]) -> None:
    assert unmarked(marked(text, held)) == clean(text)
