from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import LineMatrix, decode_greedy
from shuowen.engines.embedded.repeated import MIN_PLACES, vote
from shuowen.image.page import Pixels

CHARACTERS = ("", *"甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒", " ")
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
    texts: NDArray[np.intp], rng: np.random.Generator, *, truth: float = 0.3
) -> LineMatrix:
    """What a recogniser says that is right three times in ten and never sure."""
    probabilities = np.zeros((PER_LINE * STEPS_EACH, len(CHARACTERS)), np.float32)
    probabilities[:, 0] = 0.98
    for place, number in enumerate(texts):
        row = probabilities[place * STEPS_EACH + 3]
        row[:] = 0.001
        row[0] = 0.05
        row[1 + number] = truth
        row[rng.choice(np.arange(1 + NUM_GLYPHS, 31), 2, replace=False)] = 0.4, 0.15
    return LineMatrix(
        probabilities=probabilities / probabilities.sum(1, keepdims=True),
        characters=CHARACTERS,
        filled=1.0,
    )


def page(
    num_lines: int, *, truth: float = 0.3, seed: int = 0
) -> tuple[NDArray[np.intp], list[tuple[Pixels, LineMatrix]]]:
    rng = np.random.default_rng(seed)
    script = glyphs(rng)
    texts = rng.integers(0, NUM_GLYPHS, (num_lines, PER_LINE))
    lines = [
        (blurred_line(text, script, rng), doubtful_matrix(text, rng, truth=truth))
        for text in texts
    ]
    return texts, lines


def _text(matrix: LineMatrix) -> str:
    return decode_greedy(matrix.probabilities, matrix.characters, matrix.filled).text


def share_right(texts: NDArray[np.intp], matrices: list[LineMatrix]) -> float:
    read = "".join(_text(matrix) for matrix in matrices)
    wanted = "".join(CHARACTERS[1 + number] for number in texts.ravel())
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
        assert matrix.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert (matrix.probabilities >= 0).all()


def test_blank_steps_are_not_touched() -> None:
    _, lines = page(6)
    for new, (_, old) in zip(vote(lines), lines, strict=True):
        blank = old.probabilities.argmax(axis=1) == 0
        assert np.array_equal(new.probabilities[blank], old.probabilities[blank])
        assert not np.array_equal(new.probabilities[~blank], old.probabilities[~blank])


def test_a_few_characters_do_not_vote() -> None:
    _, lines = page((MIN_PLACES - 1) // PER_LINE)
    assert all(new is old for new, (_, old) in zip(vote(lines), lines, strict=True))
    assert vote([]) == []


def test_letters_do_not_vote() -> None:
    _, lines = page(6)
    latin = ("", *"abcdefghijklmnopqrstuvwxyzABCD", " ")
    lines = [
        (picture, LineMatrix(probabilities=m.probabilities, characters=latin, filled=1.0))
        for picture, m in lines
    ]
    assert all(new is old for new, (_, old) in zip(vote(lines), lines, strict=True))
