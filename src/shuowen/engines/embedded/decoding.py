"""From a matrix to a reading: by the picture alone, or with a language model."""

from __future__ import annotations

from collections.abc import Callable

from shuowen.engines.embedded.ctc import LineMatrix, Reading, decode_greedy
from shuowen.engines.embedded.language.beam import BeamOptions, decode_beam
from shuowen.engines.embedded.language.model import shared_language_model

BEST_ONLY = BeamOptions(num_hypotheses=1)

Decode = Callable[[LineMatrix], Reading]


def by_picture(matrix: LineMatrix) -> Reading:
    """The likeliest path's text."""
    return decode_greedy(matrix.probabilities, matrix.characters, matrix.filled)


def with_language(matrix: LineMatrix) -> Reading:
    """The text that the picture and the language model together find likeliest."""
    (best,) = decode_beam(
        matrix.probabilities,
        matrix.characters,
        matrix.filled,
        model=shared_language_model(),
        options=BEST_ONLY,
    )
    return Reading(text=best.text, confidences=best.confidences, centers=best.centers)
