"""Digests of pages: equal exactly where keys and values would be."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.pytorch.sequences import Prompt, TokenSequence
from shuowen.prompt.inputs import ModelInputs
from tests.engines.pytorch.tiny import PAGE, picture, prompt, words


def digests(inputs: ModelInputs, window: int = 4096, max_tokens: int = 8) -> list[bytes]:
    sequence = TokenSequence((1, 0), Prompt(inputs, max_tokens, window, PAGE))
    return [sequence.digest(index) for index in range(inputs.num_tokens // PAGE)]


def num_equal(one: ModelInputs, other: ModelInputs) -> int:
    """Pages at the beginning that have equal digests; none may be equal after them."""
    same = [a == b for a, b in zip(digests(one), digests(other), strict=False)]
    count = same.index(False) if False in same else len(same)
    assert not any(same[count:])
    return count


@given(
    shared=st.lists(st.integers(0, 200), max_size=30),
    first=st.lists(st.integers(0, 200), min_size=1, max_size=12),
    second=st.lists(st.integers(0, 200), min_size=1, max_size=12),
)
def test_pages_are_equal_as_far_as_the_tokens_are(
    shared: list[int], first: list[int], second: list[int]
) -> None:
    one, other = shared + first, shared + second
    matching = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    matching = min(len(one), len(other)) if matching is None else matching
    assert num_equal(prompt(one), prompt(other)) == matching // PAGE


def test_the_same_words_about_another_picture_are_other_pages() -> None:
    one, other = (prompt(words(1, 8), picture(seed, 2), words(2, 8)) for seed in (1, 2))
    assert num_equal(one, other) == 2
    assert num_equal(one, prompt(words(1, 8), picture(1, 2), words(2, 8))) == 6


def test_a_picture_that_begins_elsewhere_in_its_page_is_another_page() -> None:
    tile = picture(1, 3)
    early = prompt(words(1, 4), tile, words(2, 4))
    swapped = prompt(words(1, 4), picture(2, 3), words(2, 4))
    assert num_equal(early, swapped) == 1


def test_the_second_of_two_pictures_counts_too() -> None:
    one, other = (prompt(picture(1), picture(seed), words(2, 4)) for seed in (2, 3))
    assert num_equal(one, other) == 1


def test_placeholders_that_are_words_are_other_pages() -> None:
    seen = prompt(picture(1), words(1, 4))
    told = prompt(seen.token_ids_T[:4].tolist(), words(1, 4))
    assert num_equal(seen, told) == 0


def test_another_step_of_positions_makes_other_pages_after_the_picture() -> None:
    whole, quarter = (prompt(words(1, 8), picture(1, 2), words(2, 8), step=s) for s in (1.0, 0.25))
    assert num_equal(whole, quarter) == 2


def test_beyond_the_window_the_length_counts() -> None:
    inputs = prompt(words(1, 40))
    inside = digests(inputs, window=48, max_tokens=8)
    assert inside == digests(inputs, window=400, max_tokens=300)
    longer, longest = (digests(inputs, window=32, max_tokens=n) for n in (8, 9))
    assert not set(inside) & set(longer)
    assert not set(longer) & set(longest)


def test_generated_tokens_have_the_digests_of_the_same_tokens_in_a_prompt() -> None:
    inputs = prompt(words(1, 6), picture(1), words(2, 3))
    sequence = TokenSequence((1, 0), Prompt(inputs, 20, 4096, PAGE))
    sequence.generated += words(3, 11)
    longer = prompt(words(1, 6), picture(1), words(2, 3) + words(3, 11))
    count = longer.num_tokens // PAGE
    assert [sequence.digest(index) for index in range(count)] == digests(longer)


def test_digests_of_cut_tokens_are_made_anew() -> None:
    sequence = TokenSequence((1, 0), Prompt(prompt(words(1, 6)), 20, 4096, PAGE))
    sequence.generated += words(3, 8)
    before = [sequence.digest(index) for index in range(3)]
    sequence.cut(1)
    sequence.generated += words(4, 7)
    after = [sequence.digest(index) for index in range(3)]
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert len(np.unique(np.array(before + after))) == 5
