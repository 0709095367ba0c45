from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import LineMatrix, decode_greedy
from shuowen.engines.embedded.repeated import MIN_PLACES, Glance, glance_of, vote
from shuowen.engines.embedded.short_matrix import Likely, ShortMatrix
from shuowen.image.page import Pixels

CHARACTERS = "天地玄黄宇宙洪荒戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥盈昃宿列"
NUM_GLYPHS, PER_LINE = 6, 8
STEPS_EACH = 6
"""A character is 48 pixels wide: six steps of eight pixels."""


def glyphs(rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    """Characters of a made-up script, (48, 48): coarse blots, so that blur leaves something."""
    coarse = [rng.integers(0, 2, (6, 6)).astype(np.uint8) * 200 for _ in range(NUM_GLYPHS)]
    return [cv2.resize(blot, (40, 40), interpolation=cv2.INTER_NEAREST) for blot in coarse]


def blurred_line(
    texts: NDArray[np.intp], script: list[NDArray[np.uint8]], rng: np.random.Generator
) -> Pixels:
    line = np.full((48, 48 * PER_LINE), 230, np.float32)
    for place, number in enumerate(texts):
        line[4:44, 48 * place + 4 : 48 * place + 44] -= script[number]
    line = cv2.GaussianBlur(line, (0, 0), 5) + rng.normal(0, 3, line.shape)
    return np.repeat(np.clip(line, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def doubtful_matrix(
    texts: NDArray[np.intp], rng: np.random.Generator, *, truth: float = 0.3, characters: str
) -> ShortMatrix:
    """What a recogniser says that is right three times in ten and never sure."""
    probabilities = np.zeros((PER_LINE * STEPS_EACH, len(characters) + 2), np.float32)
    probabilities[:, 0] = 0.98
    for place, number in enumerate(texts):
        row = probabilities[place * STEPS_EACH + 3]
        row[:] = 0.001
        row[0] = 0.05
        row[1 + number] = truth
        row[rng.choice(np.arange(1 + NUM_GLYPHS, 31), 2, replace=False)] = 0.4, 0.15
    matrix = LineMatrix(
        probabilities=probabilities / probabilities.sum(1, keepdims=True),
        characters=("", *characters, " "),
        filled=1.0,
    )
    return ShortMatrix.of(matrix)


def page(
    num_lines: int, *, truth: float = 0.3, seed: int = 0, characters: str = CHARACTERS
) -> tuple[NDArray[np.intp], list[tuple[Glance, ShortMatrix]]]:
    rng = np.random.default_rng(seed)
    script = glyphs(rng)
    texts = rng.integers(0, NUM_GLYPHS, (num_lines, PER_LINE))
    lines = [
        (
            glance_of(blurred_line(text, script, rng)),
            doubtful_matrix(text, rng, truth=truth, characters=characters),
        )
        for text in texts
    ]
    return texts, lines


def _text(short: ShortMatrix) -> str:
    matrix = short.whole()
    return decode_greedy(matrix.probabilities, matrix.characters, matrix.filled).text


def share_right(texts: NDArray[np.intp], matrices: list[ShortMatrix]) -> float:
    read = "".join(_text(matrix) for matrix in matrices)
    wanted = "".join(CHARACTERS[number] for number in texts.ravel())
    assert len(read) == len(wanted)
    return sum(a == b for a, b in zip(read, wanted, strict=True)) / len(wanted)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_places_that_look_alike_find_out_together_what_they_are(seed: int) -> None:
    texts, lines = page(12, seed=seed)
    assert share_right(texts, [matrix for _, matrix in lines]) == 0
    assert share_right(texts, vote(lines)) > 0.95


def test_sure_places_stay_as_they_are_and_every_step_stays_a_distribution() -> None:
    _, lines = page(6, truth=30.0)
    assert all(new is old for new, (_, old) in zip(vote(lines), lines, strict=True))
    _, lines = page(6)
    for matrix in vote(lines):
        whole = matrix.whole()
        assert whole.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert (whole.probabilities >= 0).all()


def test_blank_steps_are_not_touched() -> None:
    _, lines = page(6)
    for short, (_, before) in zip(vote(lines), lines, strict=True):
        new, old = short.whole().probabilities, before.whole().probabilities
        blank = old.argmax(axis=1) == 0
        assert np.array_equal(new[blank], old[blank])
        assert not np.array_equal(new[~blank], old[~blank])


def test_a_few_characters_do_not_vote() -> None:
    _, lines = page((MIN_PLACES - 1) // PER_LINE)
    assert all(new is old for new, (_, old) in zip(vote(lines), lines, strict=True))
    assert vote([]) == []


def test_letters_do_not_vote() -> None:
    _, lines = page(6, characters="abcdefghijklmnopqrstuvwxyzABCD")
    assert all(new is old for new, (_, old) in zip(vote(lines), lines, strict=True))


@pytest.mark.parametrize("numerals", ["一二三四五六", "壹贰叁肆伍陆"])
def test_nothing_becomes_a_numeral_by_the_vote_of_its_likenesses(numerals: str) -> None:
    _, lines = page(12, characters=numerals + CHARACTERS[NUM_GLYPHS:])
    before = [_text(matrix) for _, matrix in lines]
    assert [_text(matrix) for matrix in vote(lines)] == before
    assert not set("".join(before)) & set(numerals)


def test_a_doubtful_numeral_stays_what_its_own_picture_shows() -> None:
    characters = CHARACTERS[:NUM_GLYPHS] + "一二三四五六七八九十百千万亿两廿卅壹贰叁肆伍陆柒"
    _, lines = page(12, characters=characters)
    assert all(new is old for new, (_, old) in zip(vote(lines), lines, strict=True))


def test_a_numeral_between_words_keeps_its_place_while_these_are_voted_on() -> None:
    _, lines = page(12, characters=CHARACTERS[:-1] + "三")
    glance, numbered = lines[0]
    doubtful = Likely.of(np.array([30, 1, 0], np.int32), np.array([0.5, 0.4, 0.1], np.float32))
    three = numbered.changed({3: doubtful})
    assert _text(three)[0] == "三"
    after = vote([(glance, three), *lines[1:]])[0]
    assert np.array_equal(after.step(3).columns, three.step(3).columns)
    assert _text(after)[0] == "三"
    assert _text(after)[1:] != _text(three)[1:]


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_line_may_be_as_narrow_as_a_pixel(width: int) -> None:
    assert glance_of(np.zeros((48, width, 3), np.uint8)).shape == (24, max(round(width / 2), 1))
