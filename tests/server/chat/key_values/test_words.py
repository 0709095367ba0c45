"""Words in comparable form."""

from __future__ import annotations

import pytest

from shuowen.server.chat.key_values import words
from shuowen.server.chat.key_values.words import comparable, label_keys, words_of


@pytest.mark.parametrize(
    "name",
    ["invoice_no", "invoiceNo", "Invoice No.", "INVOICE NUMBER", "Invoice #", "ｉｎｖｏｉｃｅ no"],
)
def test_ways_to_write_a_label_say_the_same(name: str) -> None:
    assert label_keys(name) == ("invoice", "no")


def test_script_variants_of_chinese_are_the_same() -> None:
    assert label_keys("發票號碼") == label_keys("发票号码") == ("发", "票", "号", "码")


def test_a_word_is_found_where_it_stands() -> None:
    text = "GST ID：000123 合计"
    words = words_of(text)
    assert [text[word.start : word.end] for word in words] == [
        *("GST", "ID", "：", "000123", "合", "计"),
    ]


def test_long_words_are_not_remembered() -> None:
    held = words._comparable.cache_info().currsize
    assert comparable("Ａ" * 10_000) == "a" * 10_000
    assert words._comparable.cache_info().currsize == held
