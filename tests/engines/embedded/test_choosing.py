"""Of several readings of a line, the one that the others and its confidence speak for is chosen."""

from __future__ import annotations

from shuowen.engines.embedded.choosing import choose
from shuowen.engines.embedded.ctc import Reading


def make(text: str, confidence: float) -> Reading:
    centers = tuple((n + 0.5) / len(text) for n in range(len(text)))
    return Reading(text=text, confidences=(confidence,) * len(text), centers=centers)


def test_most_win_against_one_that_is_surer() -> None:
    # Agreement 0.8 and 0.9, half the confidence 0.425 and 0.35: 1.225 against 1.25.
    readings = [make("totai", 0.85), make("total", 0.7), make("total", 0.7)]
    assert choose(readings) is readings[1]


def test_where_none_agree_the_surest_stands() -> None:
    readings = [make("cat", 0.5), make("cot", 0.8), make("cut", 0.6)]
    assert choose(readings) is readings[1]


def test_a_single_stray_reading_needs_more_than_confidence() -> None:
    # Agreement 0 and 1/2, half the confidence 0.5 and 0.2.
    readings = [make("xyz", 1.0), make("abc", 0.4), make("abc", 0.4)]
    assert choose(readings) is readings[1]


def test_nothing_read_never_beats_text_that_two_views_show() -> None:
    nothing = Reading(text="", confidences=(), centers=())
    readings = [nothing, make("12", 0.3), make("12", 0.4)]
    assert choose(readings) is readings[2]
    assert choose([nothing]) is nothing
