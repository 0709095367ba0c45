"""Text is folded to the symbols that the model counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.language.folding import fold_chinese, fold_english


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("第 3 章", "第0章"),
        ("共1,234.50元", "共0元"),
        ("２０２６年", "0年"),
        ("三千五百元整", "0元整"),
        ("一定", "一定"),
        ("十二点", "0点"),
        ("安装 LibreOffice 软件", "安装a软件"),
        ("", ""),
    ],
)
def test_numbers_and_latin_words_become_one_symbol(text: str, folded: str) -> None:
    assert fold_chinese(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The  3.5 kg Box, it’s ½ full", "the 0 kg box, it's # full"),
        ("up-to-date ($5)", "up-to-date #0#"),
        ("", ""),
    ],
)
def test_english_is_small_letters_with_few_signs(text: str, folded: str) -> None:
    assert fold_english(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_chinese(fold_chinese(text)) == fold_chinese(text)
    assert fold_english(fold_english(text)) == fold_english(text)
