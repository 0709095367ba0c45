"""From how sure the recognisers are to how likely they are right.

A recogniser's softmax is no probability of being right: on damaged pages it is too low, on clean
ones too high, and the mean over a line says little of the line. Two curves of two numbers each put
that right (Platt, "Probabilistic outputs for support vector machines", 1999):

    P(character right) = s(a + b · logit(confidence))          s(x) = 1 / (1 + exp(-x))
    P(line right)      = s(c + d · logit(product of P over its characters))

So few numbers cannot learn the pages that they were fitted on by heart. `benchmarks/calibrate.py`
fits them and writes `calibration.json`, which says with what data and how well. Everything inside
the engine goes by the recognisers' own confidences; this comes after all reading is done.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec

from shuowen.document.model import Line, Span
from shuowen.errors import ModelError

CALIBRATION_FILE = Path(__file__).with_name("calibration.json")

FLOOR = 1e-4
"""Kept away from 0 and 1, where a logit has no end; confidences have four digits."""
_DIGITS = 4


class Curve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rising curve from one probability to another: s(offset + slope · logit(p)), slope > 0."""

    offset: float
    slope: float

    def __post_init__(self) -> None:
        if not (self.slope > 0 and math.isfinite(self.slope) and math.isfinite(self.offset)):
            raise ValueError(f"A curve with {self.offset} and {self.slope} does not rise.")

    def at_logit(self, logit: float) -> float:
        """The curve's value, `FLOOR` to 1 - `FLOOR`, where p has this logit."""
        return min(max(sigmoid(self.offset + self.slope * logit), FLOOR), 1 - FLOOR)

    def logit_at(self, value: float) -> float:
        """The inverse: the logit of p where the curve has this value."""
        return (plain_logit(min(max(value, FLOOR), 1 - FLOOR)) - self.offset) / self.slope


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The curve for characters and the one for lines; all else in the file is for people."""

    character: Curve
    line: Curve

    def characters(self, confidences: Iterable[float]) -> tuple[float, ...]:
        """P(right) for each character of these confidences."""
        return tuple(
            round(self.character.at_logit(confidence_logit(each)), _DIGITS) for each in confidences
        )

    def raw(self, probability: float) -> float:
        """The recogniser's confidence, 0 to 1, that `characters` made this P(right) of."""
        odds = math.exp(self.character.logit_at(probability))
        return min(max((odds * (1 + FLOOR) - FLOOR) / (1 + odds), 0.0), 1.0)

    def whole(self, probabilities: Sequence[float]) -> float:
        """P(all right) for a line whose characters have these calibrated probabilities."""
        return round(self.line.at_logit(product_logit(probabilities)), _DIGITS)


@cache
def shared_calibration() -> Calibration:
    """The calibration that comes with the package; raises `ModelError` when it is damaged."""
    try:
        return msgspec.json.decode(CALIBRATION_FILE.read_bytes(), type=Calibration)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{CALIBRATION_FILE.name} is missing or damaged: {error}.", "Install Shuowen again."
        ) from error


def calibrated(line: Line, calibration: Calibration | None = None) -> Line:
    """`line` with the confidences of its spans and its own as probabilities of being right.

    Those of its characters are for each by itself, the line's for all of them together. A line
    without spans counts as many characters of its own confidence. A line of a PDF's own text, and
    one that was crossed out whole, stays as it is.

    Args:
        line: As the recognisers read it.
        calibration: What to go by; the package's own when None.
    """
    if line.source == "text_layer" or not line.text:
        return line
    found = calibration or shared_calibration()
    spans = tuple(_calibrated_span(span, found) for span in line.spans)
    probabilities = [each for span in spans for each in span.confidences]
    if not probabilities:
        probabilities = list(found.characters([line.confidence])) * len(line.text)
    return msgspec.structs.replace(line, confidence=found.whole(probabilities), spans=spans)


def _calibrated_span(span: Span, calibration: Calibration) -> Span:
    return msgspec.structs.replace(span, confidences=calibration.characters(span.confidences))


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), for any x."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def plain_logit(p: float) -> float:
    """ln(p / (1 - p)) of p between 0 and 1, both left out."""
    return math.log(p / (1 - p))


def confidence_logit(confidence: float) -> float:
    """The logit of a recogniser's confidence, 0 to 1, both taken in; what is beyond counts as 1."""
    confidence = min(max(confidence, 0.0), 1.0)
    return math.log((confidence + FLOOR) / (1 - confidence + FLOOR))


def product_logit(probabilities: Iterable[float]) -> float:
    """The logit of the product of at least one probability between 0 and 1, both left out."""
    # With t = -ln(product): logit = -ln(exp(t) - 1), which overflows unless exp(t) goes outside.
    total = -sum(map(math.log, probabilities))
    return -(total + math.log(-math.expm1(-total)))
