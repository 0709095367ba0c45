"""Characters that stand on a page several times help each other.

On a badly blurred page a recogniser takes the same printed character for another one at each place.
The pictures of these places look alike all the same, so each place may vote for what its likenesses
are. How alike two pictures must be to show the same character depends on the font and the damage;
it is learned from the page itself, from how often two places agree in what was read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK
from shuowen.engines.embedded.language.candidates import greedy_runs
from shuowen.engines.embedded.language.protected import is_ideograph, protected, skeleton
from shuowen.engines.embedded.short_matrix import Columns, Floats, Likely, ShortMatrix
from shuowen.image.page import Pixels

Glance = NDArray[np.uint8]
"""A line's picture as it is compared: (24, width), grey."""

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
    """A Chinese character of a line.

    Attributes:
        line_index: Its line.
        index: How many characters stand before it there.
        step: The step at which it is surest.
        middle: Its middle in half-size pixels.
    """

    line_index: int
    index: int
    step: int
    middle: float


def glance_of(picture: Pixels) -> Glance:
    """What the vote needs of a line's picture, (48, width, 3): grey, at half its size."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = max(round(gray.shape[1] / 2), 1), gray.shape[0] // 2
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def vote(lines: Sequence[tuple[Glance, ShortMatrix]]) -> list[ShortMatrix]:
    """The matrices of lines of one page, after their doubtful Chinese characters have voted.

    Protected characters, such as numerals, have a vote but are not voted on, and nothing becomes
    one (`language/protected.py`): an amount is what its own picture shows.

    Args:
        lines: Glances at lines, and what one recogniser made of each.

    Returns:
        A matrix for each line; the same object where nothing changed.
    """
    matrices = [matrix for _, matrix in lines]
    places = [place for n, m in enumerate(matrices) for place in _places(n, m)]
    places = _most_doubtful(places, matrices)
    if len(places) < MIN_PLACES:
        return matrices
    halves = {n: _unshaded(lines[n][0]) for n in {place.line_index for place in places}}
    columns, posteriors = _posteriors(places, matrices)
    voted = posteriors + _weights(_likeness(places, halves), posteriors) @ posteriors
    return _changed(places, matrices, columns, voted)


def _unshaded(glance: Glance) -> Floats:
    """A line without its shading, with room around it."""
    half = glance.astype(np.float32)
    room = GLYPH_WIDTH_PX + SHIFT_X
    return np.pad(half - cv2.blur(half, FLAT_PX), ((SHIFT_Y, SHIFT_Y), (room, room)))


def _places(line_index: int, matrix: ShortMatrix) -> Iterator[_Place]:
    best, peaks = matrix.best, matrix.peaks
    for index, (start, end) in enumerate(greedy_runs(best)):
        if is_ideograph(matrix.characters[best[start]]):
            # Eight pixels a step on the line, four at half its size.
            yield _Place(
                line_index=line_index,
                index=index,
                step=start + int(peaks[start:end].argmax()),
                middle=2.0 * (start + end),
            )


def _most_doubtful(places: list[_Place], matrices: Sequence[ShortMatrix]) -> list[_Place]:
    if len(places) <= MAX_PLACES:
        return places
    sureness = [matrices[place.line_index].peaks[place.step] for place in places]
    return [places[n] for n in sorted(np.argsort(sureness, kind="stable")[:MAX_PLACES])]


def _posteriors(
    places: Sequence[_Place], matrices: Sequence[ShortMatrix]
) -> tuple[Columns, Floats]:
    """Columns that some place has among its best, (C,), and each place's share of them, (N, C)."""
    likely = [_characters(matrices[place.line_index].step(place.step)) for place in places]
    columns = np.unique(np.concatenate([each.columns for each in likely]))
    shares = np.zeros((len(places), len(columns)), np.float32)
    for row, each in zip(shares, likely, strict=True):
        row[np.searchsorted(columns, each.columns)] = each.probabilities
    return columns, shares / shares.sum(axis=1, keepdims=True)


def _characters(step: Likely) -> Likely:
    """The likeliest columns but the blank."""
    kept = np.flatnonzero(step.columns != BLANK)[:TOP]
    return Likely(columns=step.columns[kept], probabilities=step.probabilities[kept])


def _likeness(places: Sequence[_Place], halves: Mapping[int, Floats]) -> Floats:
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


def _patch(halves: Mapping[int, Floats], place: _Place, across: int, down: int) -> Floats:
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
    places: Sequence[_Place], matrices: Sequence[ShortMatrix], columns: Columns, voted: Floats
) -> list[ShortMatrix]:
    """The matrices with the steps of doubtful places as the vote has them."""
    changes: dict[int, dict[int, Likely]] = {}
    texts: dict[int, _Text] = {}
    for place, votes in zip(places, voted, strict=True):
        matrix = matrices[place.line_index]
        step = matrix.step(place.step)
        mass = 1 - step.probability(BLANK)
        if step.probabilities[0] > SURE * mass:
            continue
        text = texts.setdefault(place.line_index, _Text.of(matrix))
        if text.may_become(place.index, matrix.characters[columns[votes.argmax()]]):
            outvoted = _outvoted(step, mass, columns, votes)
            changes.setdefault(place.line_index, {})[place.step] = outvoted
    return [matrix.changed(changes.get(n, {})) for n, matrix in enumerate(matrices)]


@dataclass(frozen=True, kw_only=True)
class _Text:
    """What a line says before the vote, and which of its characters the picture alone decides."""

    text: str
    are_protected: Sequence[bool]
    skeleton: str

    @classmethod
    def of(cls, matrix: ShortMatrix) -> _Text:
        best = matrix.best
        text = "".join(matrix.characters[best[start]] for start, _ in greedy_runs(best))
        return cls(text=text, are_protected=protected(text), skeleton=skeleton(text))

    def may_become(self, index: int, character: str) -> bool:
        """Whether a character may be voted on, and become `character`."""
        if self.are_protected[index]:
            return False
        changed = self.text[:index] + character + self.text[index + 1 :]
        return skeleton(changed) == self.skeleton


def _outvoted(step: Likely, mass: float, columns: Columns, votes: Floats) -> Likely:
    """A step with the votes in the place of its characters, which have `mass` together; the best
    stays as far above the blank."""
    shares = votes / votes.sum() * mass
    shares *= max(float(step.probabilities[0]) / float(shares.max()), 1.0)
    everything = np.append(columns, np.int32(BLANK))
    row = np.append(shares, np.float32(1 - mass))
    return Likely.of(everything, row / row.sum())
