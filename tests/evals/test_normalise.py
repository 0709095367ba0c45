import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.normalise import normalise_text, strip_markup


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＢＣ１２３", "ABC123"),  # full-width letters and digits
        ("你好，世界！（一）：「甲」；？", '你好,世界!(一):"甲";?'),
        ("“引”‘单’《书》【框】、。…", "\"引\"'单'<书>[框],...."),
        ("a–b—c−d―e", "a-b-c-d-e"),
        ("ﬁne ½ ③ ㎡", "fine1⁄23m2"),  # ligature, fraction, circled digit, square metre
        ("卡尔·马克思・彼得", "卡尔.马克思.彼得"),
        ("5′ 30″ it´s", "5'30\"it's"),
        ("  a\t b\r\n c\u3000d\u00a0e\u200bf\ufeff", "abcdef"),
        ("soft\u00adhyphen", "softhyphen"),
        ("Case", "Case"),
    ],
)
def test_forms_that_mean_the_same_become_one(text: str, expected: str) -> None:
    assert normalise_text(text) == expected


def test_case_is_folded_when_asked() -> None:
    assert normalise_text("TOTAL Straße", fold_case=True) == "totalstrasse"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title\n\n**bold** text", "Titleboldtext"),
        ("- one\n- two\n> three", "onetwothree"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "ab12"),
        ("![a figure](f.png) and [a link](https://example.org)", "afigureandalink"),
        ("<table><tr><td colspan='2'>a&amp;b</td></tr></table>", "a&b"),
        ("line<br/>break<BR>", "linebreak"),
        ("<h2 id=x>甲</h2><!-- note -->", "甲"),
    ],
)
def test_markup_goes(text: str, expected: str) -> None:
    assert normalise_text(text) == expected


@pytest.mark.parametrize("text", ["1<2>3", "#include<stdio.h>", "x-y*z#3", "a_b"])
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert normalise_text(text) == text


@pytest.mark.parametrize("rule", ["|-|", ":-|", "--|", " |:-:| ", "||", "- |"])
def test_a_rule_of_a_table_goes(rule: str) -> None:
    assert strip_markup(f"a\n{rule}\nb") == "a\n\nb"


@pytest.mark.parametrize("text", ["|", "|-", "--", ":-:", " | ", "-|x", "|-|-x"])
def test_what_is_no_rule_of_a_table_stays(text: str) -> None:
    assert strip_markup(text) == text


@pytest.mark.parametrize("text", ["[" * 200_000, "<" + " " * 200_000, "|" * 200_000 + "x"])
def test_a_reader_that_is_stuck_does_not_hold_up_the_bench(text: str) -> None:
    assert strip_markup(text) == text  # with patterns that backtrack this would take an hour


def test_strip_markup_keeps_words_apart() -> None:
    assert strip_markup("<td>a</td><td>b</td>").split() == ["a", "b"]


@given(st.text(alphabet="abc甲乙，。 -\n123", max_size=40))
def test_plain_text_normalises_once_and_for_all(text: str) -> None:
    flat = text.replace("-", "")  # a dash at the start of a line is a list mark
    once = normalise_text(flat)
    assert normalise_text(once) == once
    assert not any(character.isspace() for character in once)
