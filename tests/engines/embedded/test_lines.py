"""Readings become lines whose words lie where they stand in the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.lines import make_line, words

LEVEL = np.array([[100, 50], [300, 50], [300, 90], [100, 90]], np.float32)


def reading(text: str) -> Reading:
    count = len(text)
    centers = tuple((n + 0.5) / count for n in range(count))
    return Reading(text=text, confidences=(0.9,) * count, centers=centers)


def test_latin_words_and_single_chinese_characters_are_spans() -> None:
    line = make_line(LEVEL, reading("ab 中文 1.5"), "horizontal")
    assert line is not None
    assert [span.text for span in line.spans] == ["ab", "中", "文", "1.5"]
    assert line.spans[0].box.left == 100
    assert line.spans[-1].box.right == 300
    assert line.spans[1].box.left == pytest.approx(100 + 200 * 3 / 9, abs=0.2)


def test_a_column_is_cut_from_top_to_bottom() -> None:
    column = np.array([[100, 50], [140, 50], [140, 250], [100, 250]], np.float32)
    line = make_line(column, reading("春夏"), "vertical")
    assert line is not None
    assert [(span.box.top, span.box.bottom) for span in line.spans] == [(50, 150), (150, 250)]


def test_blank_readings_are_no_lines_and_outer_spaces_go() -> None:
    assert make_line(LEVEL, reading("  "), "horizontal") is None
    assert make_line(LEVEL, reading(""), "horizontal") is None
    line = make_line(LEVEL, reading(" x "), "horizontal")
    assert line is not None
    assert line.text == "x"
    assert len(line.spans[0].confidences) == 1


@given(st.text("ab 中。１,", max_size=30))
def test_words_cover_everything_but_spaces_once(text: str) -> None:
    found = list(words(text))
    assert "".join(text[first:last] for first, last in found) == "".join(text.split())
    assert all(last <= start for (_, last), (start, _) in zip(found, found[1:], strict=False))


@given(st.text("ab 中文", min_size=1, max_size=30))
def test_every_character_has_a_confidence_and_every_span_lies_in_the_line(text: str) -> None:
    line = make_line(LEVEL, reading(text), "horizontal")
    if line is None:
        assert not text.strip()
        return
    assert all(len(span.text) == len(span.confidences) for span in line.spans)
    assert all(span.box.share_inside(line.box) > 0.99 for span in line.spans)
