"""One reading out of several of the same line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuowen.engines.embedded.ctc import Reading
from shuowen.generation.agreement import AgreementCritic
from shuowen.generation.best_of_n import best_of

WEIGHTS = {"agreement": 1.0, "confidence": 0.5}
"""Both critics say 0 to 1. Agreement finds most of what is to be found; anything from 0.2 to 1 for
confidence did as well on the pages measured (docs/log.md)."""


@dataclass(frozen=True, kw_only=True)
class ReadingAgreement:
    """How much a reading's text is like those of the others."""

    name: str = "agreement"

    def scores(self, candidates: Sequence[Reading]) -> list[float]:
        """The mean similarity of each text to the others, 0 to 1."""
        return AgreementCritic().scores([reading.text for reading in candidates])


@dataclass(frozen=True, kw_only=True)
class ReadingConfidence:
    """How sure the recogniser was of a reading."""

    name: str = "confidence"

    def scores(self, candidates: Sequence[Reading]) -> list[float]:
        """The mean confidence of each reading's characters, 0 to 1."""
        return [reading.confidence for reading in candidates]


CRITICS = (ReadingAgreement(), ReadingConfidence())


def choose(readings: Sequence[Reading]) -> Reading:
    """The reading that the others and its recogniser's confidence speak for; the first of equals.

    Its confidences stay what they were: those of its own view of the line.

    Args:
        readings: At least one.
    """
    return readings[best_of(readings, CRITICS, WEIGHTS).winner]
