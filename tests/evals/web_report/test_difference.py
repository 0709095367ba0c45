import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.web_report.difference import MAX_CHARACTERS, difference


@pytest.mark.parametrize(
    ("read", "truth", "marked"),
    [
        ("abc", "abc", "abc"),
        ("abX", "abc", "ab<del>X</del><ins>c</ins>"),
        ("ab", "abc", "ab<ins>c</ins>"),
        ("abcd", "abc", "abc<del>d</del>"),
        ("你好，世界", "你好,世界", "你好，世界"),  # width does not count
        ("a\n b", "ab", "a\n b"),  # white space does not count
        ("ab cd", "ab xy", "ab <del>cd</del><ins>xy</ins>"),
        ("", "a b", "<ins>a b</ins>"),
        ("a", "", "<del>a</del>"),
        ("", "", ""),
        ("a &lt; b", "a < b", "a &lt; b"),
        ("ﬁne", "fine", "ﬁne"),  # a ligature is two letters
    ],
)
def test_what_is_wrong_is_marked(read: str, truth: str, marked: str) -> None:
    assert difference(read, truth) == marked


def test_a_difference_is_one_mark_however_many_steps_it_takes() -> None:
    assert difference("a1234b", "axyb") == "a<del>1234</del><ins>xy</ins>b"


def test_case_counts_unless_it_is_folded() -> None:
    assert difference("A", "a") == "<del>A</del><ins>a</ins>"
    assert difference("A", "a", fold_case=True) == "A"


def test_a_reading_is_text_whatever_is_in_it() -> None:
    nasty = "1 < 2 <script>alert(1)</script> &amp; <img src=x onerror=y>"
    marked = difference(nasty, "1 < 2")
    assert set(re.findall(r"<[^>]*>", marked)) <= {"<del>", "</del>", "<ins>", "</ins>"}


def test_of_endless_texts_the_beginning_is_shown() -> None:
    assert (
        len(difference("a" * (MAX_CHARACTERS + 99), "a" * (MAX_CHARACTERS + 99))) == MAX_CHARACTERS
    )


text = st.text(alphabet="ab甲乙ﬁ，, \n&", max_size=20)


@given(text, text)
def test_without_its_marks_it_is_the_reading_or_the_truth(read: str, truth: str) -> None:
    marked = difference(read, truth)
    as_read = unescape(re.sub(r"<ins>.*?</ins>|</?del>", "", marked, flags=re.DOTALL))
    assert as_read == read.strip()
    missing = re.sub(r"\s|<del>.*?</del>|</?ins>", "", marked, flags=re.DOTALL)
    plain = str.maketrans({"，": ",", "ﬁ": "fi"})
    assert unescape(missing).translate(plain) == re.sub(r"\s", "", truth).translate(plain)
