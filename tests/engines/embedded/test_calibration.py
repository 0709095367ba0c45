from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Line, Span
from shuowen.engines.embedded import calibration
from shuowen.engines.embedded.calibration import (
    FLOOR,
    Calibration,
    Curve,
    calibrated,
    confidence_logit,
    plain_logit,
    product_logit,
    shared_calibration,
    sigmoid,
)
from shuowen.errors import ModelError

BOX = Box(0, 0, 10, 10)
QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
SAME = Curve(offset=0.0, slope=1.0)
confidences = st.floats(0, 1)
curves = st.builds(Curve, offset=st.floats(-3, 3), slope=st.floats(0.1, 3))


def line_of(*words: tuple[float, ...], confidence: float = 0.5) -> Line:
    spans = tuple(Span(text="x" * len(word), box=BOX, confidences=word) for word in words)
    text = " ".join(span.text for span in spans) or "xxx"
    return Line(text=text, confidence=confidence, box=BOX, quad=QUAD, spans=spans)


def test_a_line_is_right_when_all_of_its_characters_are() -> None:
    unchanged = Calibration(character=SAME, line=SAME)
    line = calibrated(line_of((0.9, 0.8), (0.5,)), unchanged)
    assert [span.confidences for span in line.spans] == [
        (pytest.approx(0.9, abs=1e-3), pytest.approx(0.8, abs=1e-3)),
        (0.5,),
    ]
    assert line.confidence == pytest.approx(0.9 * 0.8 * 0.5, abs=1e-3)


def test_curves_by_hand() -> None:
    # logit(0.9) = ln 9; with slope 1/2 and offset ln 2 the odds are 2 * sqrt(9) = 6.
    curve = Curve(offset=math.log(2), slope=0.5)
    assert curve.at_logit(plain_logit(0.9)) == pytest.approx(6 / 7)
    found = calibrated(line_of((0.9, 0.9)), Calibration(character=curve, line=curve))
    assert found.spans[0].confidences[0] == pytest.approx(6 / 7, abs=1e-3)
    odds = 36 / 49 / (1 - 36 / 49)
    assert found.confidence == pytest.approx(2 * odds**0.5 / (1 + 2 * odds**0.5), abs=2e-3)


def test_a_line_without_spans_counts_by_its_own_confidence() -> None:
    unchanged = Calibration(character=SAME, line=SAME)
    assert calibrated(line_of(confidence=0.9), unchanged).confidence == pytest.approx(
        0.729, abs=2e-3
    )


def test_a_pdfs_own_text_stays_as_it_is() -> None:
    line = msgspec.structs.replace(line_of((1.0, 1.0), confidence=1.0), source="text_layer")
    assert calibrated(line) is line


def test_nothing_but_confidences_changes() -> None:
    line = line_of((0.9, 0.2), (0.7,))
    found = calibrated(line)
    assert msgspec.structs.replace(found, confidence=line.confidence, spans=line.spans) == line
    assert [(s.text, s.box) for s in found.spans] == [(s.text, s.box) for s in line.spans]


@given(st.lists(st.lists(confidences, min_size=1).map(tuple), min_size=1))
def test_probabilities_are_never_quite_0_or_1(words: list[tuple[float, ...]]) -> None:
    found = calibrated(line_of(*words))
    for number in (found.confidence, *(c for span in found.spans for c in span.confidences)):
        assert 0 < number < 1


@given(st.lists(st.tuples(confidences, confidences), min_size=1), curves, curves)
def test_the_surer_the_likelier(
    pairs: list[tuple[float, float]], character: Curve, line: Curve
) -> None:
    found = Calibration(character=character, line=line)
    less = calibrated(line_of(tuple(map(min, pairs))), found)
    more = calibrated(line_of(tuple(map(max, pairs))), found)
    assert less.confidence <= more.confidence
    both = zip(less.spans[0].confidences, more.spans[0].confidences, strict=True)
    assert all(one <= other for one, other in both)


@given(st.lists(confidences, min_size=1), confidences)
def test_one_more_character_never_makes_a_line_likelier(own: list[float], one: float) -> None:
    assert calibrated(line_of((*own, one))).confidence <= calibrated(line_of(tuple(own))).confidence


@given(st.floats(0.02, 0.98))
def test_a_recognisers_confidence_is_found_again(confidence: float) -> None:
    found = shared_calibration()
    (probability,) = found.characters([confidence])
    assert found.raw(probability) == pytest.approx(confidence, abs=2e-3)


@given(st.lists(st.floats(FLOOR, 1 - FLOOR), min_size=1, max_size=50))
def test_the_logit_of_a_product(probabilities: list[float]) -> None:
    product = math.prod(probabilities)
    if product > 1e-12:
        assert sigmoid(product_logit(probabilities)) == pytest.approx(product, rel=1e-6)
    assert product_logit(probabilities * 100) <= product_logit(probabilities)


def test_logits_have_an_end() -> None:
    end = pytest.approx(math.log(1 / FLOOR), abs=1e-3)
    assert confidence_logit(1.0) == end
    assert -confidence_logit(0.0) == end
    assert confidence_logit(1.0 + 1e-3) == end  # as sums of rounded numbers may be
    assert product_logit([FLOOR] * 1000) < -9000
    assert sigmoid(-9000) == 0
    assert sigmoid(9000) == 1


def test_the_curves_of_the_package_are_sensible() -> None:
    found = shared_calibration()
    (sure, unsure) = found.characters([1.0, 0.5])
    assert sure > 0.995
    assert 0.3 < unsure < 0.9
    assert found.whole([sure] * 40) > 0.9
    assert found.whole([sure] * 40 + [unsure]) < 0.9


@pytest.mark.parametrize("slope", [0.0, -1.0, math.inf, math.nan])
def test_a_curve_that_does_not_rise_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match="does not rise"):
        Curve(offset=0.0, slope=slope)


def test_a_damaged_file_says_what_to_do(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "calibration.json"
    monkeypatch.setattr(calibration, "CALIBRATION_FILE", path)
    for content in (None, b"{", b'{"character": {"offset": 0, "slope": -1}, "line": {}}'):
        if content is not None:
            path.write_bytes(content)
        shared_calibration.cache_clear()
        with pytest.raises(ModelError) as caught:
            shared_calibration()
        assert "Install" in caught.value.hint
    shared_calibration.cache_clear()


def test_a_line_without_text_stays_as_it_is() -> None:
    corners = ((0.0, 0.0), (9.0, 0.0), (9.0, 1.0), (0.0, 1.0))
    struck = Line(text="", confidence=0.7, box=Box(0, 0, 9, 1), quad=corners)
    assert calibrated(struck) is struck
