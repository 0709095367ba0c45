"""Lines in doubt are read again: in parts, upside down, and in several views."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from shuowen.engines.embedded import rereading
from shuowen.engines.embedded.ctc import LineMatrix, Reading
from shuowen.engines.embedded.decoding import by_picture
from shuowen.engines.embedded.detector import Detector
from shuowen.engines.embedded.effort import PLANS, Plan
from shuowen.engines.embedded.rereading import Rereader
from shuowen.engines.embedded.views import VIEWS, larger_letters, raised, wider

LINE = np.full((48, 320, 3), 255, np.uint8)
COLUMNS = ("", "c", "a", "t", "o")


def make(text: str, confidence: float) -> Reading:
    centers = tuple((n + 0.5) / len(text) for n in range(len(text)))
    return Reading(text=text, confidences=(confidence,) * len(text), centers=centers)


def matrix(text: str, confidence: float) -> LineMatrix:
    """Each character once, blanks between; what is left of a row goes to the blank."""
    probabilities = np.zeros((2 * len(text) + 1, len(COLUMNS)), np.float32)
    probabilities[:, 0] = 1
    for n, character in enumerate(text):
        probabilities[2 * n + 1, 0] = 1 - confidence
        probabilities[2 * n + 1, COLUMNS.index(character)] = confidence
    return LineMatrix(probabilities=probabilities, characters=COLUMNS)


class Scripted:
    """A recogniser that gives one answer after the other and counts."""

    def __init__(self, *answers: LineMatrix) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()
        self.widths: list[int] = []

    def matrix(self, line: np.ndarray) -> LineMatrix:
        with self._lock:
            self.widths.append(line.shape[1])
            return self._answers.pop(0)


def plan(*, hard: float) -> Plan:
    views = (larger_letters, wider(1.5), raised)
    return Plan(detector=Detector(), doubt=0.9, decode=by_picture, views=views, hard=hard)


def test_a_line_that_stays_in_doubt_is_read_in_every_view(monkeypatch: pytest.MonkeyPatch) -> None:
    careful = Scripted(*(matrix(text, 0.6) for text in ("coat", "cat", "cat", "cat")))
    monkeypatch.setattr(rereading, "CAREFUL", careful)
    final = Rereader(plan=plan(hard=0.7)).final_reading(LINE, make("oat", 0.5))
    assert final.text == "cat"
    assert final.confidences == pytest.approx((0.6,) * 3)
    assert careful.widths == [320, 320, 480, 320]


def test_a_line_that_is_cleared_up_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    careful = Scripted(matrix("coat", 0.8))
    monkeypatch.setattr(rereading, "CAREFUL", careful)
    rereader = Rereader(plan=plan(hard=0.7))
    assert rereader.final_reading(LINE, make("oat", 0.5)).text == "coat"
    assert len(careful.widths) == 1


def test_what_is_doubtful_and_what_is_hard() -> None:
    rereader = Rereader(plan=plan(hard=0.5))
    assert rereader.is_doubtful(make("cat", 0.89))
    assert not rereader.is_doubtful(make("cat", 0.91))
    assert rereader.is_hard(make("cat", 0.49))
    assert not rereader.is_hard(make("cat", 0.51))
    assert not rereader.is_hard(Reading(text="", confidences=(), centers=()))
    assert not Rereader(plan=PLANS["fast"]).is_hard(make("cat", 0.1))


def test_more_effort_doubts_more_and_looks_more_often() -> None:
    fast, normal, most = (PLANS[effort] for effort in ("fast", "normal", "max"))
    assert fast.doubt < normal.doubt < most.doubt
    assert not fast.views
    assert not normal.views
    assert most.views == VIEWS
