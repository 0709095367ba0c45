from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.calibration_lines import JudgedLine, has_whole_truth, judge_lines
from shuowen.evals.datasets import Item
from shuowen.evals.reading import ReadLine


def read(text: str, confidence: float = 0.9) -> ReadLine:
    numbers = tuple(round(0.5 + index / 1000, 3) for index in range(len(text)))
    return ReadLine(text=text, confidence=confidence, character_confidences=numbers)


def judge(truth: str, *texts: str, fold_case: bool = False) -> list[JudgedLine]:
    return judge_lines([read(text) for text in texts], truth, fold_case=fold_case)


def shown(line: JudgedLine) -> str:
    """The line with x for what is wrong and _ for what is not compared."""
    pairs = zip(line.line.text, line.are_right, strict=True)
    return "".join("_" if right is None else c if right else "x" for c, right in pairs)


def test_each_character_is_judged_where_it_stands() -> None:
    lines = judge(
        "The quick brown fox\njumps over the dog.", "jumps ovar the dog.", "The quick brown fox"
    )
    assert [shown(line) for line in lines] == ["jumps_ovxr_the_dog.", "The_quick_brown_fox"]
    assert [line.is_right for line in lines] == [False, True]
    wrong = [each for each in lines[0].characters if not each.is_right]
    assert [each.confidence for each in wrong] == [0.508]
    assert lines[0].confidence == 0.9


def test_what_comparing_folds_is_no_error() -> None:
    (line,) = judge("合计：１２元。", "合计:12元.")
    assert line.is_right
    (line,) = judge("合计:12元.", "合计：１２元。")
    assert shown(line) == "合计：１２元。"


def test_one_character_may_be_compared_as_several() -> None:
    (line,) = judge("the office", "the o\ufb03ce")
    assert shown(line) == "the_o\ufb03ce"
    (line,) = judge("the offxce", "the o\ufb03ce")
    assert shown(line) == "the_oxce"


def test_markup_is_neither_right_nor_wrong() -> None:
    (line,) = judge("One item here", "- One item here")
    assert shown(line) == "__One_item_here"
    assert line.is_right


def test_capitals_count_unless_they_are_folded() -> None:
    (line,) = judge("TOTAL", "Total")
    assert not line.is_right
    (line,) = judge("TOTAL", "Total", fold_case=True)
    assert line.is_right


def test_a_missing_character_makes_the_line_wrong_and_no_character() -> None:
    (line,) = judge("account number", "acount number")
    assert False not in line.are_right
    assert not line.is_right


def test_a_stretch_of_the_truth_is_one_lines_only() -> None:
    lines = judge("page 12 of 12", "12", "page 12 of 12", "12")
    assert [line.is_right for line in lines] == [False, True, False]
    lines = judge("12 of 12", "12", "12", "12")
    assert sorted(line.is_right for line in lines) == [False, True, True]


def test_longer_lines_have_the_first_choice() -> None:
    lines = judge("no\nsuch no place", "no", "such no place")
    assert all(line.is_right for line in lines)


def test_what_is_not_to_be_found_is_wrong_from_end_to_end() -> None:
    lines = judge("The quick brown fox", "The quick brown fox", "5ome te>ture")
    assert shown(lines[1]) == "xxxx_xxxxxxx"


def test_a_line_alone_is_not_looked_for() -> None:
    (line,) = judge("壹佰元整", "壹伯无整")
    assert shown(line) == "壹xx整"


def test_two_columns_read_as_one_line_are_right() -> None:
    truth = "left one\nleft two\nleft six\nand right nine\nright ten"
    (line, _) = judge(truth, "left two right ten", "left six")
    assert line.is_right


def test_a_hyphen_that_broke_a_word_is_not_compared() -> None:
    lines = judge("all information there is", "all infor-", "mation there is")
    assert all(line.is_right for line in lines)
    assert lines[0].are_right[-1] is None
    (line, _) = judge("a state-of-the-art\nreader", "a state-", "of-the-art reader")
    assert line.are_right[-1] is True


def test_lines_without_anything_to_compare_are_left_out() -> None:
    assert judge("text", " ", "**") == []
    assert judge_lines([], "text") == []


def test_a_reader_may_know_no_more_than_lines() -> None:
    (line,) = judge_lines([ReadLine(text="text", confidence=0.7)], "text")
    assert (line.confidence, line.is_right, line.characters) == (0.7, True, [])


def test_sets_with_partial_truth_are_told() -> None:
    def item(name: str) -> Item:
        return Item(set_name=name, path=Path("a.png"), kind="page", text="a", html=None)

    assert has_whole_truth(item("receipts"))
    assert not has_whole_truth(item("photographed_mdpbench"))


@given(st.lists(st.text("甲乙ab 1", max_size=12), max_size=4))
def test_what_was_read_right_is_right(texts: list[str]) -> None:
    lines = judge("\n".join(texts), *texts)
    assert all(line.is_right for line in lines)


@given(st.lists(st.text(max_size=12), max_size=3), st.text(max_size=20))
def test_whatever_was_read_is_judged(texts: list[str], truth: str) -> None:
    for line in judge(truth, *texts):
        assert len(line.are_right) == len(line.line.text)
        if line.is_right:
            assert False not in line.are_right
