from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.train.synthesize import numbers
from shuowen.train.synthesize.alphabet import (
    alphabet,
    alphabet_by_kind,
    has_hanzi,
    is_hanzi,
    is_writable,
)
from shuowen.train.synthesize.lexicon import phrases, split_of, words
from shuowen.train.synthesize.texts import (
    DEFAULT_WEIGHTS,
    GENERATORS,
    MAX_UNITS,
    TextOptions,
    fits,
    make_text,
)

SEEDS = st.integers(0, 2**63)
HELD_OUT = TextOptions(split="held_out")


def test_the_alphabet_has_at_least_600_chinese_characters_and_each_character_once() -> None:
    kinds = alphabet_by_kind()
    assert len(kinds["hanzi"]) == len(set(kinds["hanzi"])) >= 600
    assert all(map(is_hanzi, kinds["hanzi"]))
    assert len(alphabet()) == len(set(alphabet())) == 1 + sum(map(len, kinds.values()))
    assert is_writable("零壹贰叁肆伍陆柒捌玖拾佰仟萬万亿圆元角分整〇 年月日 ¥￥% kg （）《》“”‘’—…")
    assert not is_writable("龘")


def test_the_alphabet_writes_all_phrases_and_words() -> None:
    names = ("labels_zh", "values_zh", "labels_en", "units_zh", "units_latin", "cities", "streets")
    for name in (*names, "names_en", "months_en", "domains", "surnames", "given"):
        assert [text for text in phrases(name) if not is_writable(text)] == []
    for split in ("train", "held_out"):
        assert all(map(is_writable, words("zh", split)))
        assert all(map(is_writable, words("en", split)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_words_to_train_and_to_test_on_are_different(language: str) -> None:
    train, held_out = set(words(language, "train")), set(words(language, "held_out"))
    assert not [word for word in train & held_out if len(word) > 1]
    assert len(held_out) > 400
    assert len(train) > 5 * len(held_out)


@given(SEEDS)
def test_a_text_is_a_function_of_its_seed_and_fits(seed: int) -> None:
    text = make_text(seed)
    assert text == make_text(seed)
    assert fits(text.text)
    assert text.kind in GENERATORS
    assert "\n" not in text.text


@given(SEEDS)
def test_texts_to_train_and_to_test_on_are_divided_by_their_hash(seed: int) -> None:
    train, held_out = make_text(seed).text, make_text(seed, HELD_OUT).text
    assert len(train) == 1 or split_of(train) == "train"
    assert len(held_out) == 1 or split_of(held_out) == "held_out"


def test_no_text_to_test_on_is_trained_on() -> None:
    train = {make_text(seed).text for seed in range(2000)}
    held_out = {make_text(seed, HELD_OUT).text for seed in range(500)}
    assert {text for text in train & held_out if len(text) > 1} == set()


def test_all_kinds_and_all_chinese_characters_are_written() -> None:
    made = [make_text(seed) for seed in range(4500)]
    assert {text.kind for text in made} == set(DEFAULT_WEIGHTS) == set(GENERATORS)
    seen = Counter("".join(text.text for text in made))
    assert set(alphabet_by_kind()["hanzi"]) <= set(seen)
    short = sum(len(text.text) <= 4 for text in made)
    assert 0.3 < short / len(made) < 0.7


def test_weights_choose_the_kind() -> None:
    options = TextOptions(weights={"date": 1.0})
    assert {make_text(seed, options).kind for seed in range(20)} == {"date"}


def test_what_is_too_long_or_not_in_the_alphabet_does_not_fit() -> None:
    assert fits("国" * (MAX_UNITS // 2))
    assert not fits("国" * (MAX_UNITS // 2 + 1))
    assert fits("a" * 24)
    assert not fits("a" * 25)
    assert not fits("")
    assert not fits(" a")
    assert not fits("龘")


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (100, "壹元整"),
        (1_050_000, "壹万零伍佰元整"),
        (10_500, "壹佰零伍元整"),
        (12_345_678, "壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
        (1_000_000_00, "壹佰万元整"),
        (2_000_300_04, "贰佰万零叁佰元零肆分"),
        (50, "伍角整"),
        (7, "柒分"),
        (1_010_01, "壹仟零壹拾元零壹分"),
    ],
)
def test_sums_in_capital_numerals(cents: int, text: str) -> None:
    assert numbers.capitals_of_money(cents) == text


@given(st.integers(1, 9_999_999_999))
def test_sums_in_capital_numerals_are_all_different_and_writable(cents: int) -> None:
    text = numbers.capitals_of_money(cents)
    assert is_writable(text)
    assert text != numbers.capitals_of_money(cents + 1)
    assert not text.startswith("零")
    assert "零零" not in text


def test_dates_have_days_that_exist() -> None:
    rng = np.random.default_rng(0)
    made = {numbers.date(rng, "train") for _ in range(500)}
    assert any("年" in text and "〇" in text for text in made)
    assert any(has_hanzi(text) for text in made)
    assert not any("月0日" in text or "13月" in text for text in made)
