from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.train.synthesize.layout_text import join_lines, wrap

CHINESE = st.text("中文字，。（）《》：数", max_size=60)
ENGLISH = st.lists(st.text("abcdefgh.,", min_size=1, max_size=12), max_size=20).map(" ".join)


def ten_px(text: str) -> float:
    return 10.0 * len(text)


@given(text=st.one_of(CHINESE, ENGLISH), width_px=st.integers(60, 300))
def test_nothing_is_lost_and_lines_fit(text: str, width_px: int) -> None:
    lines = wrap(text, width_px, ten_px)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    hanging = "，。（）《》："
    for line in lines:
        kept = line.strip(hanging)
        assert ten_px(kept) <= width_px or len(line) > len(kept)


@given(text=ENGLISH, width_px=st.integers(130, 300))
def test_words_stay_whole(text: str, width_px: int) -> None:
    lines = wrap(text, width_px, ten_px)
    assert join_lines(lines) == text
    assert set(" ".join(lines).split()) <= set(text.split())


@given(text=CHINESE, width_px=st.integers(40, 300))
def test_chinese_lines_begin_and_end_as_they_may(text: str, width_px: int) -> None:
    lines = wrap(text, width_px, ten_px)
    for before, after in zip(lines, lines[1:], strict=False):
        # A whole line of marks has nowhere else to break.
        if set(before) - set("，。（）《》：") and set(after) - set("，。（）《》："):
            assert after[0] not in "，。）》：" or len(after) > 3 or ten_px(before) >= width_px
            assert before[-1] not in "（《" or len(before) > 3


def test_line_breaks_are_kept() -> None:
    assert wrap("one\ntwo three", 1000, ten_px) == ["one", "two three"]
    assert wrap("", 100, ten_px) == [""]


def test_a_long_word_is_broken() -> None:
    assert wrap("abcdefghijkl", 50, ten_px) == ["abcde", "fghij", "kl"]


def test_latin_in_chinese_stays_whole() -> None:
    assert wrap("型号AB-1200合格", 75, ten_px) == ["型号", "AB-1200", "合格"]
