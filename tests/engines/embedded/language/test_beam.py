"""Prefix beam search equals enumeration, and the language model cannot touch what is protected."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK, decode_greedy
from shuowen.engines.embedded.language.beam import BeamOptions, Hypothesis, decode_beam
from shuowen.engines.embedded.language.model import shared_language_model
from shuowen.engines.embedded.language.protected import protected, skeleton

FREE = ("", "合", "同", "网")
MIXED = ("", "合", "同", "，", "三", "3", "8", "A", ".", " ")
ENGLISH = ("", *"abcehklnot", "K", "5", "合", " ")
EXACT = BeamOptions(
    width=10_000,
    model_weight=0.0,
    length_bonus=0.0,
    top_k=99,
    least=0.0,
    sure=1.1,
    num_hypotheses=10_000,
)


class Liking:
    """A language model with one wish only: it strongly likes some characters."""

    def __init__(self, liked: str) -> None:
        self.liked = liked

    def score(self, context: str, character: str) -> float:
        return 0.0 if character in self.liked else -1000.0


PUSHY = BeamOptions(
    model_weight=1.0,
    length_bonus=0.0,
    english_weight=1.0,
    english_bonus=0.0,
    least=1e-9,
    sure=1.1,
)


def random_matrix(seed: int, steps: int, letters: tuple[str, ...]) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return generator.dirichlet(np.full(len(letters), 0.5), steps).astype(np.float32)


def likely(letters: tuple[str, ...], *rows: dict[str, float]) -> NDArray[np.float32]:
    made = np.full((len(rows), len(letters)), 1e-6, np.float32)
    for row, wanted in zip(made, rows, strict=True):
        for letter, probability in wanted.items():
            row[letters.index(letter)] = probability
    return made


def enumerated(matrix: NDArray[np.float32]) -> dict[str, float]:
    found: dict[str, float] = {}
    for path in itertools.product(range(matrix.shape[1]), repeat=len(matrix)):
        text = "".join(FREE[label] for label, _ in itertools.groupby(path) if label != BLANK)
        probability = math.prod(float(row[label]) for row, label in zip(matrix, path, strict=True))
        found[text] = found.get(text, 0.0) + probability
    return found


@given(st.integers(0, 2**31), st.integers(1, 5))
def test_without_a_model_and_with_a_wide_beam_it_is_exact(seed: int, steps: int) -> None:
    matrix = random_matrix(seed, steps, FREE)
    assume(decode_greedy(matrix, FREE).text)  # else nothing may be put into the empty line
    expected = enumerated(matrix)
    del expected[""]
    found = decode_beam(matrix, FREE, model=None, options=EXACT)
    assert {one.text: math.exp(one.picture_score) for one in found} == pytest.approx(
        expected, rel=1e-4, abs=1e-12
    )
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_the_likeliest_text_is_not_always_the_likeliest_paths() -> None:
    rows = ({"合": 0.4, "": 0.6}, {"合": 0.45, "": 0.55}, {"同": 0.995})
    matrix = likely(FREE, *rows)
    assert decode_greedy(matrix, FREE).text == "同"
    # "合" is on 1 - 0.6 · 0.55 = 0.67 of the paths; but it would stand alone before nothing.
    assert decode_beam(matrix, FREE, model=None)[0].text == "合同"


def test_the_model_chooses_between_what_the_picture_leaves_open() -> None:
    rows = ({"合": 0.9}, {"": 0.9}, {"网": 0.55, "同": 0.44})
    matrix = likely(FREE, *rows)
    model = shared_language_model()
    assert decode_greedy(matrix, FREE).text == "合网"
    best = decode_beam(matrix, FREE, model=model)[0]
    assert best.text == "合同"
    assert best.confidences == pytest.approx((0.9, 0.44))
    assert best.centers == pytest.approx((0.5 / 3, 2.5 / 3))


def test_the_text_before_a_part_of_a_line_counts() -> None:
    matrix = likely(FREE, {"网": 0.55, "同": 0.44})
    model = shared_language_model()
    assert decode_beam(matrix, FREE, model=model, context="请签合")[0].text == "同"
    assert decode_beam(matrix, FREE, model=model, context="请联")[0].text == "网"


def test_a_number_before_a_part_protects_its_unit() -> None:
    letters = ("", "元", "无", "整")
    matrix = likely(letters, {"元": 0.51, "无": 0.49}, {"整": 0.9})
    model = Liking("无整")
    assert decode_beam(matrix, letters, model=model, options=PUSHY)[0].text == "无整"
    for context in ("共三千", "共 30"):
        found = decode_beam(matrix, letters, model=model, options=PUSHY, context=context)
        assert {one.text[0] for one in found} == {"元"}


def test_a_latin_part_of_a_chinese_line_is_the_pictures() -> None:
    matrix = likely(ENGLISH, {"k": 0.5, "b": 0.5}, {"o": 0.9}, {"t": 0.5, "n": 0.5})
    model = Liking("bon")
    assert decode_beam(matrix, ENGLISH, model=model, options=PUSHY)[0].text == "bon"
    found = decode_beam(matrix, ENGLISH, model=model, options=PUSHY, context="命令")
    assert found[0].text == decode_greedy(matrix, ENGLISH).text


def test_a_character_alone_in_its_line_is_the_pictures() -> None:
    matrix = likely(FREE, {"网": 0.55, "同": 0.44})
    assert decode_beam(matrix, FREE, model=Liking("同"), options=PUSHY)[0].text == "网"
    found = decode_beam(matrix, FREE, model=Liking("同"), options=PUSHY, context="合")
    assert found[0].text == "同"


def test_but_not_where_the_picture_is_sure() -> None:
    matrix = likely(FREE, {"合": 0.995}, {"": 0.995}, {"网": 0.9951, "同": 0.0049})
    assert (
        decode_beam(matrix, FREE, model=Liking("同"), options=BeamOptions(model_weight=9))[0].text
        == "合网"
    )


def test_a_text_as_greedy_decoding_reads_it_has_the_same_confidences() -> None:
    matrix = random_matrix(7, 12, MIXED)
    greedy = decode_greedy(matrix, MIXED, 0.8)
    options = BeamOptions(sure=0.0)  # every step is fixed
    best = decode_beam(matrix, MIXED, 0.8, model=None, options=options)[0]
    assert (best.text, best.confidences) == (greedy.text, pytest.approx(greedy.confidences))
    assert best.centers == pytest.approx(greedy.centers)


@given(st.integers(0, 2**31), st.integers(1, 12), st.sampled_from(("合同", "38A", "三", "，", "")))
def test_no_wish_of_a_model_changes_protected_characters(seed: int, steps: int, liked: str) -> None:
    matrix = random_matrix(seed, steps, MIXED)
    greedy = decode_greedy(matrix, MIXED).text
    for one in decode_beam(matrix, MIXED, model=Liking(liked), options=PUSHY):
        assert skeleton(one.text) == skeleton(greedy)
        assert kept(one.text) == kept(greedy)
        _check_well_formed(one)


def kept(text: str) -> str:
    return "".join(one for one, flag in zip(text, protected(text), strict=True) if flag)


def _check_well_formed(one: Hypothesis) -> None:
    assert len(one.text) == len(one.confidences) == len(one.centers)
    assert all(0 <= confidence <= 1 for confidence in one.confidences)
    assert list(one.centers) == sorted(one.centers)


@pytest.mark.parametrize(
    ("rows", "liked"),
    [
        # A digit that the picture hardly prefers to a character, and the other way round.
        (({"3": 0.36, "合": 0.34, "8": 0.3},), "合8"),
        (({"合": 0.36, "3": 0.34, "三": 0.3},), "3三"),
        # A numeral of an amount that could be another, or none at all.
        (({"三": 0.5, "": 0.49}, {"": 0.9}, {"合": 0.6, "同": 0.4}), ""),
        # What stands between two numbers cannot be left out, nor put there.
        (({"3": 0.9}, {"合": 0.51, "": 0.49}, {"8": 0.9}), ""),
        (({"3": 0.9}, {"": 0.51, "，": 0.49}, {"8": 0.9}), "，"),
        (({"3": 0.9}, {".": 0.51, "，": 0.49}, {"8": 0.9}), "，"),
        # A comma put beside a number would make it another one where lines are joined.
        (({"合": 0.9}, {"": 0.51, "，": 0.49}, {"8": 0.9}), "，合"),
        # A code of letters and digits.
        (({"A": 0.5, "合": 0.5}, {"8": 0.4, "3": 0.35, "同": 0.25}), "合同3"),
    ],
)
def test_adversarial_pictures(rows: tuple[dict[str, float], ...], liked: str) -> None:
    matrix = likely(MIXED, *rows)
    greedy = decode_greedy(matrix, MIXED).text
    for one in decode_beam(matrix, MIXED, model=Liking(liked), options=PUSHY):
        assert kept(one.text) == kept(greedy)
        assert skeleton(one.text) == skeleton(greedy)


def test_the_model_mends_a_small_english_word() -> None:
    rows = [{one: 0.9} for one in "the notebo"] + [{"": 0.9}, {"o": 0.9}, {"h": 0.5, "k": 0.4}]
    matrix = likely(ENGLISH, *rows)
    assert decode_greedy(matrix, ENGLISH).text == "the notebooh"
    options = BeamOptions(sure=0.95)
    best = decode_beam(matrix, ENGLISH, model=shared_language_model(), options=options)[0]
    assert best.text == "the notebook"


@given(
    st.lists(st.sampled_from("abehklnotK5 "), min_size=1, max_size=10),
    st.integers(0, 2**31),
    st.sampled_from(("abehklnot", "K5", "合", "")),
)
def test_names_codes_and_units_stay_as_the_picture_has_them(
    letters: list[str], seed: int, liked: str
) -> None:
    noise = random_matrix(seed, 2 * len(letters), ENGLISH)
    wanted = likely(ENGLISH, *({one: 1.0} for letter in letters for one in (letter, "")))
    matrix = (0.55 * noise + 0.45 * wanted).astype(np.float32)
    greedy = decode_greedy(matrix, ENGLISH).text
    for one in decode_beam(matrix, ENGLISH, model=Liking(liked), options=PUSHY):
        assert kept(one.text) == kept(greedy)
        assert skeleton(one.text) == skeleton(greedy)
        _check_well_formed(one)


def test_an_empty_line_stays_empty() -> None:
    matrix = likely(FREE, {"": 0.9, "合": 0.1}, {"": 0.6, "同": 0.4})
    best = decode_beam(matrix, FREE, model=Liking("合同"), options=PUSHY)[0]
    assert (best.text, best.confidences, best.centers) == ("", (), ())


def test_searching_twice_finds_the_same() -> None:
    matrix = random_matrix(11, 14, MIXED)
    model = shared_language_model()
    assert decode_beam(matrix, MIXED, model=model) == decode_beam(matrix, MIXED, model=model)


@given(st.integers(0, 2**31))
def test_no_more_hypotheses_than_wanted_and_each_once(seed: int) -> None:
    found = decode_beam(random_matrix(seed, 8, FREE), FREE, model=None)
    assert 1 <= len(found) <= BeamOptions().num_hypotheses
    assert len({one.text for one in found}) == len(found)
