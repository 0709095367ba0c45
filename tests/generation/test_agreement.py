"""The candidate most like the others is found, whatever the lengths."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.agreement import AgreementCritic, edits_between, similarity
from shuowen.generation.best_of_n import best_of

TEXTS = st.text("ab中文 ", max_size=12)


def plain_edits(first: str, second: str) -> int:
    """Wagner and Fischer's table, row by row."""
    row = list(range(len(second) + 1))
    for number, a in enumerate(first, start=1):
        above, row = row, [number]
        for place, b in enumerate(second, start=1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (a != b)))
    return row[-1]


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("kitten", "sitting", 3),
        ("人民币", "人民市", 1),
    ],
)
def test_edits_by_hand(first: str, second: str, edits: int) -> None:
    assert edits_between(first, second) == edits


@given(TEXTS, TEXTS)
def test_edits_agree_with_the_plain_table(first: str, second: str) -> None:
    assert edits_between(first, second) == plain_edits(first, second)


def test_edits_of_texts_longer_than_a_machine_word() -> None:
    first = "0123456789" * 20
    assert edits_between(first, first[3:] + "xyz") == 6


@given(TEXTS, TEXTS)
def test_similarity_is_symmetric_and_1_only_for_equals(first: str, second: str) -> None:
    assert similarity(first, second) == similarity(second, first)
    assert 0 <= similarity(first, second) <= 1
    assert (similarity(first, second) == 1) == (first == second)


def test_agreement_by_hand() -> None:
    # To "abcd": 3/4 and 2/4; to "abcx": 3/4 and 3/4; to "abyx": 2/4 and 3/4.
    assert AgreementCritic().scores(["abcd", "abcx", "abyx"]) == pytest.approx([0.625, 0.75, 0.625])


def test_a_text_given_twice_has_two_votes() -> None:
    scores = AgreementCritic().scores(["total", "totai", "totai"])
    assert scores == pytest.approx([0.8, 0.9, 0.9])
    assert AgreementCritic().scores(["alone"]) == [1.0]


@given(TEXTS.filter(bool), st.text("xyz", min_size=1, max_size=12))
def test_an_outlier_never_wins_against_a_majority(text: str, outlier: str) -> None:
    for texts in ([outlier, text, text], [text, outlier, text], [text, text, outlier]):
        selection = best_of(texts, [AgreementCritic()], {"agreement": 1.0})
        assert texts[selection.winner] == text


@given(st.lists(TEXTS, min_size=1, max_size=6), st.randoms())
def test_the_order_of_texts_does_not_matter(texts: list[str], random: Random) -> None:
    shuffled = list(texts)
    random.shuffle(shuffled)
    critic = AgreementCritic()
    before = dict(zip(texts, critic.scores(texts), strict=True))
    after = dict(zip(shuffled, critic.scores(shuffled), strict=True))
    assert after == pytest.approx(before)
