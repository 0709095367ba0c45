from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Direction, Line
from shuowen.document.text import is_unspaced, join_lines, words_of


def stacked(*texts: str, direction: Direction = "horizontal") -> list[Line]:
    """Lines one under the other (or one beside the other, when vertical)."""
    lines = []
    for i, text in enumerate(texts):
        box = Box(0, 30 * i, 200, 30 * i + 20)
        if direction == "vertical":
            box = Box(500 - 30 * i, 0, 520 - 30 * i, 200)
        quad = (
            (box.left, box.top),
            (box.right, box.top),
            (box.right, box.bottom),
            (box.left, box.bottom),
        )
        lines.append(Line(text=text, confidence=1.0, box=box, quad=quad, direction=direction))
    return lines


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["床前明月光，", "疑是地上霜。"], "床前明月光，疑是地上霜。"),
        (["the quick", "brown fox"], "the quick brown fox"),
        (["我们使用", "Python 语言"], "我们使用Python 语言"),
        (["version 3", "版本"], "version 3版本"),
        (["안녕하세요", "여러분"], "안녕하세요 여러분"),
        (["an inter-", "national event"], "an international event"),
        (["a self-", "report"], "a self-report"),
        (["state-of-the-", "art"], "state-of-the-art"),
        (["the Anglo-", "Saxon"], "the Anglo-Saxon"),
        (["the years 1914-", "1918"], "the years 1914-1918"),
        (["and then -", "a pause"], "and then - a pause"),
        (["a word\u2014", "dash"], "a word\u2014dash"),
        (["hy\u00ad", "phen"], "hyphen"),
        (["see http://a.org/x/", "y.html"], "see http://a.org/x/y.html"),
        (["only"], "only"),
        ([], ""),
    ],
)
def test_lines_join_as_their_script_needs(texts: list[str], joined: str) -> None:
    assert join_lines(stacked(*texts)) == joined


def test_a_hyphen_stays_when_the_page_knows_the_compound() -> None:
    lines = stacked("the social-", "emotional side")
    assert join_lines(lines) == "the socialemotional side"
    known = words_of(["in social-emotional growth"])
    assert join_lines(lines, known) == "the social-emotional side"
    both = words_of(["the social and emotional side"])
    assert join_lines(lines, both) == "the social-emotional side"


def test_a_word_that_the_page_knows_whole_is_made_whole() -> None:
    lines = stacked("an over-", "view of it")
    assert join_lines(lines) == "an over-view of it"
    assert join_lines(lines, words_of(["the overview says"])) == "an overview of it"


def test_pieces_of_one_level_keep_their_gap_even_in_chinese() -> None:
    first, second = stacked("姓名"), stacked("张三")
    moved = second[0].box
    apart = Line(
        text="张三",
        confidence=1.0,
        box=Box(moved.left + 260, moved.top, moved.right + 260, moved.bottom),
        quad=second[0].quad,
    )
    assert join_lines([first[0], apart]) == "姓名 张三"


def test_columns_of_vertical_text_join_without_a_space() -> None:
    assert (
        join_lines(stacked("白日依山尽", "黄河入海流", direction="vertical"))
        == "白日依山尽黄河入海流"
    )


def test_words_leave_out_the_ends_of_lines() -> None:
    assert words_of(["broken the Well-known word half"]) == {"the", "well-known", "word"}


@pytest.mark.parametrize(("character", "expected"), [("中", True), ("。", True), ("あ", True)])
def test_chinese_and_japanese_have_no_spaces(character: str, expected: bool) -> None:
    assert is_unspaced(character) is expected


@pytest.mark.parametrize("character", ["a", "한", "1", "é", "-"])
def test_other_scripts_have_spaces(character: str) -> None:
    assert not is_unspaced(character)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1)))
def test_joining_loses_nothing_but_hyphens(texts: list[str]) -> None:
    joined = join_lines(stacked(*texts)).replace(" ", "")
    for hyphen in "-\u2010":
        joined = joined.replace(hyphen, "")
    kept = "".join(texts)
    for hyphen in "-\u2010":
        kept = kept.replace(hyphen, "")
    assert joined == kept
