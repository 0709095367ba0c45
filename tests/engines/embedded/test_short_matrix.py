from __future__ import annotations

import numpy as np
import pytest

from shuowen.engines.embedded.ctc import LineMatrix, decode_greedy
from shuowen.engines.embedded.short_matrix import KEPT, Likely, ShortMatrix

COLUMNS = 18_000
NAMES = ("", *map(chr, range(0x4E00, 0x4E00 + COLUMNS - 1)))


def matrix(num_steps: int, *, sharpness: float) -> LineMatrix:
    """From nearly certain (a high sharpness) to all columns alike (0)."""
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(num_steps, COLUMNS)).astype(np.float32) * sharpness
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return LineMatrix(
        probabilities=shares / shares.sum(axis=1, keepdims=True), characters=NAMES, filled=0.9
    )


@pytest.mark.parametrize("sharpness", [0.0, 1.0, 10.0])
def test_what_is_likely_stays_and_every_step_stays_a_distribution(sharpness: float) -> None:
    full = matrix(20, sharpness=sharpness)
    short = ShortMatrix.of(full)
    whole = short.whole()
    assert whole.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert np.array_equal(whole.probabilities.argmax(axis=1), full.probabilities.argmax(axis=1))
    assert np.array_equal(short.peaks, full.probabilities.max(axis=1))
    kept = whole.probabilities >= 0.01
    assert np.array_equal(whole.probabilities[kept], full.probabilities[kept])
    assert whole.characters is full.characters
    assert whole.filled == full.filled
    told = [decode_greedy(m.probabilities, m.characters, m.filled) for m in (whole, full)]
    assert told[0] == told[1]


def test_a_step_has_its_best_columns_in_order_with_the_first_of_equals_first() -> None:
    row = np.array([0.1, 0.4, 0.0, 0.4, 0.1], np.float32)
    likely = Likely.of(np.arange(5, dtype=np.int32), row)
    assert likely.columns.tolist() == [1, 3, 0, 4]
    assert likely.probability(3) == pytest.approx(0.4)
    assert likely.probability(2) == 0


def test_a_pages_worth_of_the_worst_matrices_is_small() -> None:
    short = ShortMatrix.of(matrix(100, sharpness=0.0))
    assert len(short.columns) == 100 * KEPT
    num_bytes = short.columns.nbytes + short.probabilities.nbytes + short.starts.nbytes
    assert num_bytes < 30_000  # of 7,200,000


def test_one_step_may_be_changed() -> None:
    short = ShortMatrix.of(matrix(4, sharpness=10.0))
    other = Likely.of(np.array([7, 8], np.int32), np.array([0.25, 0.75], np.float32))
    changed = short.changed({2: other})
    assert short.changed({}) is short
    assert changed.best.tolist() == [*short.best[:2], 8, short.best[3]]
    whole, before = changed.whole().probabilities, short.whole().probabilities
    assert np.array_equal(whole[[0, 1, 3]], before[[0, 1, 3]])
    assert whole[2, [7, 8]] == pytest.approx([0.25, 0.75])
