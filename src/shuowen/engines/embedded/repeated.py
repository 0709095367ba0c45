"""Characters that stand on a page several times help each other.

On a badly blurred page a recogniser takes the same printed character for another one at each place.
The pictures of these places look alike all the same, so each place may vote for what its likenesses
are. How alike two pictures must be to show the same character depends on the font and the damage;
it is learned from the page itself, from how often two places agree in what was read there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK, LineMatrix
from shuowen.image.page import Pixels

Floats = NDArray[np.float32]

GLYPH_WIDTH_PX, GLYPH_HEIGHT_PX = 22, 20
"""The part of a character that is compared, on a line made 24 pixels high."""
SHIFT_X, SHIFT_Y = 5, 2
"""How far two pictures are moved to lie on each other; a step of the network is 4 pixels here."""
FLAT_PX = (31, 25)
"""What is wider than this, (width, height), is shading and taken out before comparing."""
MIN_PLACES, MAX_PLACES = 24, 800
"""With fewer places nothing can be learned; of more, the most doubtful ones vote."""
SURE = 0.9
"""A place that is as sure as this is not voted on."""
TOP = 24
"""So many characters of each place take part in the vote."""
FALL_OFF = 100.0
"""How fast a vote loses weight below the best likeness, by correlation: one in e for 0.01."""
GAIN = 2.0
"""Two readings of the same blurred character agree less often than each agrees with itself."""
LEAST = 0.02
"""Votes of less weight are none."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A wide character of a line: its line, its step there, and its middle in half-size pixels."""

    line_index: int
    step: int
    middle: float


def vote(lines: Sequence[tuple[Pixels, LineMatrix]]) -> list[LineMatrix]:
    """The matrices of lines of one page, after their doubtful wide characters have voted.

    Args:
        lines: Pictures of lines, 48 pixels high, and what one recogniser made of each.

    Returns:
        A matrix for each line; the same object where nothing changed.
    """
    matrices = [matrix for _, matrix in lines]
    halves = [_half(picture) for picture, _ in lines]
    places = [place for n, m in enumerate(matrices) for place in _places(n, m)]
    places = _most_doubtful(places, matrices)
    if len(places) < MIN_PLACES:
        return matrices
    columns, posteriors = _posteriors(places, matrices)
    voted = posteriors + _weights(_likeness(places, halves), posteriors) @ posteriors
    return _changed(places, matrices, columns, voted)


def _half(picture: Pixels) -> Floats:
    """A line at half its size as grey without its shading, with room around it."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    half = cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    room = GLYPH_WIDTH_PX + SHIFT_X
    return np.pad(half - cv2.blur(half, FLAT_PX), ((SHIFT_Y, SHIFT_Y), (room, room)))


def _places(line_index: int, matrix: LineMatrix) -> Iterator[_Place]:
    best = matrix.probabilities.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    for start, end in zip(starts, ends, strict=True):
        column = int(best[start])
        if column != BLANK and is_wide(matrix.characters[column]):
            peak = start + int(matrix.probabilities[start:end, column].argmax())
            # Eight pixels a step on the line, four at half its size.
            middle = 2.0 * float(start + end)
            yield _Place(line_index=line_index, step=int(peak), middle=middle)


def is_wide(character: str) -> bool:
    """Whether this is one Chinese, Japanese or Korean character, or a mark as wide."""
    return len(character) == 1 and unicodedata.east_asian_width(character) == "W"


def _most_doubtful(places: list[_Place], matrices: Sequence[LineMatrix]) -> list[_Place]:
    if len(places) <= MAX_PLACES:
        return places
    sureness = [matrices[p.line_index].probabilities[p.step].max() for p in places]
    return [places[n] for n in sorted(np.argsort(sureness, kind="stable")[:MAX_PLACES])]


def _posteriors(
    places: Sequence[_Place], matrices: Sequence[LineMatrix]
) -> tuple[NDArray[np.intp], Floats]:
    """Columns that some place has among its best, (C,), and each place's share of them, (N, C)."""
    rows = np.stack([matrices[place.line_index].probabilities[place.step] for place in places])
    best = np.argpartition(-rows[:, BLANK + 1 :], TOP, axis=1)[:, :TOP] + BLANK + 1
    columns = np.unique(best)
    kept = np.zeros_like(rows)
    np.put_along_axis(kept, best, np.take_along_axis(rows, best, axis=1), axis=1)
    shares = kept[:, columns]
    return columns, shares / shares.sum(axis=1, keepdims=True)


def _likeness(places: Sequence[_Place], halves: Sequence[Floats]) -> Floats:
    """Highest correlation of every two places over small shifts, (N, N); -1 with itself."""
    still = _unit([_patch(halves, place, 0, 0) for place in places])
    likeness = np.full((len(places), len(places)), -1, np.float32)
    for across in range(-SHIFT_X, SHIFT_X + 1):
        for down in range(-SHIFT_Y, SHIFT_Y + 1):
            moved = _unit([_patch(halves, place, across, down) for place in places])
            np.maximum(likeness, still @ moved.T, out=likeness)
    likeness = np.maximum(likeness, likeness.T)
    np.fill_diagonal(likeness, -1)
    return likeness


def _patch(halves: Sequence[Floats], place: _Place, across: int, down: int) -> Floats:
    half = halves[place.line_index]
    room = GLYPH_WIDTH_PX + SHIFT_X
    left = round(place.middle - GLYPH_WIDTH_PX / 2) + room + across
    left = min(max(left, 0), half.shape[1] - GLYPH_WIDTH_PX)
    top = (half.shape[0] - GLYPH_HEIGHT_PX) // 2 + down
    return half[top : top + GLYPH_HEIGHT_PX, left : left + GLYPH_WIDTH_PX].ravel()


def _unit(patches: Sequence[Floats]) -> Floats:
    stacked = np.stack(patches)
    centred = stacked - stacked.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-3))


def _weights(likeness: Floats, posteriors: Floats) -> Floats:
    """What every place's vote counts for every other, (N, N), 0 to 1."""
    above = np.triu_indices(len(likeness), 1)
    agreement = np.clip((posteriors @ posteriors.T)[above], 0, 1)
    with_itself = float((posteriors**2).sum(axis=1).mean())
    are_same = _logistic(likeness[above], agreement, likeness) * GAIN / with_itself
    best = likeness.max(axis=1, keepdims=True)
    weights = np.clip(are_same, 0, 1) * np.exp(FALL_OFF * (likeness - best))
    weights[weights < LEAST] = 0
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, np.float32)


def _logistic(inputs: Floats, targets: Floats, asked: Floats) -> NDArray[np.float64]:
    """Fits targets 0 to 1 by a logistic curve over the inputs (Newton) and reads it at `asked`."""
    mean, deviation = float(inputs.mean()), float(inputs.std()) + 1e-6
    terms = np.stack([np.ones_like(inputs), (inputs - mean) / deviation], 1).astype(np.float64)
    fit = np.array([0.0, 1.0])
    for _ in range(30):
        fitted = _sigmoid(terms @ fit)
        slope = terms.T @ (targets - fitted)
        bend = (terms * (fitted * (1 - fitted))[:, None]).T @ terms + 1e-3 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        fit += np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-6:
            break
    return _sigmoid(fit[0] + fit[1] * (asked.astype(np.float64) - mean) / deviation)


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))), np.float64)


def _changed(
    places: Sequence[_Place],
    matrices: Sequence[LineMatrix],
    columns: NDArray[np.intp],
    voted: Floats,
) -> list[LineMatrix]:
    """The matrices with the steps of doubtful places as the vote has them."""
    copies: dict[int, Floats] = {}
    for place, votes in zip(places, voted, strict=True):
        row = matrices[place.line_index].probabilities[place.step][BLANK + 1 :]
        if row.max() > SURE * row.sum():
            continue
        if place.line_index not in copies:
            copies[place.line_index] = matrices[place.line_index].probabilities.copy()
        _outvote(copies[place.line_index][place.step], columns, votes)
    return [
        replace(matrix, probabilities=copies[n]) if n in copies else matrix
        for n, matrix in enumerate(matrices)
    ]


def _outvote(row: Floats, columns: NDArray[np.intp], votes: Floats) -> None:
    """Puts the votes in the place of a step's characters; the best stays as far above the blank."""
    characters = row[BLANK + 1 :]
    best, mass = float(characters.max()), float(characters.sum())
    characters[:] = 0
    row[columns] = votes / votes.sum() * mass
    row[columns] *= max(best / float(characters.max()), 1.0)
    row /= row.sum()
