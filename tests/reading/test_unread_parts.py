from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Box, Line, Span
from shuowen.image.page import PageImage
from shuowen.image.pdf import Pdf
from shuowen.reading.unread_parts import has_unread_parts, merge_lines
from shuowen.source.model import Source
from tests.image.pdf_maker import PdfMaker, text

BODY = "".join(text(20, 370 - 20 * row, "plain words of a page", size=12) for row in range(8))


def load(maker: PdfMaker) -> PageImage:
    source = Source(name="x.pdf", data=maker.build())
    with closing(Pdf(source, ReadOptions(dpi=150), Limits())) as pdf:
        return pdf.load(0)


def page_of(content: str) -> PageImage:
    maker = PdfMaker()
    maker.page(content)
    return load(maker)


def with_picture(placement: str, content: str = BODY) -> PageImage:
    maker = PdfMaker()
    maker.picture("I", np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8))
    maker.page(f"q {placement} cm /I Do Q {content}")
    return load(maker)


@pytest.mark.parametrize(
    "content",
    [
        BODY,
        BODY + "20 100 200 1 re f 20 50 200 1 re f 20 50 1 50 re f 220 50 1 51 re f",  # a table
        BODY + ".9 g 10 10 280 100 re f",  # a tinted box
        BODY + "[2 2] 0 d 20 100 m 280 100 l S",  # a dashed rule
    ],
)
def test_text_with_rules_and_boxes_is_all_there_is(content: str) -> None:
    assert not has_unread_parts(page_of(content))


def test_letters_drawn_as_curves_are_noticed() -> None:
    letter = "0 0 2 9 re f 0 0 6 2 re f "
    letters = "".join(f"q 1 0 0 1 {30 + 9 * n} 100 cm {letter} Q " for n in range(5))
    assert has_unread_parts(page_of(BODY + letters))


def test_a_filled_in_form_field_is_noticed() -> None:
    maker = PdfMaker()
    look = "/Type/XObject/Subtype/Form/BBox[0 0 100 20]" + maker.resources()
    value = maker.stream(look, text(2, 5, "John Doe", size=12).encode())
    field = maker.add(
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/V(John Doe)/F 4/Rect[100 100 200 120]"
        f"/AP<</N {value} 0 R>>>>"
    )
    maker.catalogue = f"/AcroForm<</Fields[{field} 0 R]>>"
    maker.page(BODY + text(50, 105, "Name:", size=12), more=f"/Annots[{field} 0 R]")
    page = load(maker)
    assert "John" not in " ".join(line.text for line in page.text_lines)
    assert has_unread_parts(page)


def test_a_large_picture_may_hold_text_and_a_small_one_may_not() -> None:
    assert has_unread_parts(with_picture("100 0 0 100 100 50"))
    assert not has_unread_parts(with_picture("30 0 0 30 100 50"))


def test_a_picture_under_the_text_is_a_background() -> None:
    body = "".join(
        text(10, 380 - 18 * row, "many words on the page here", size=18) for row in range(21)
    )
    assert not has_unread_parts(
        with_picture("300 0 0 400 0 0", "1 1 1 rg 0 0 300 400 re f 0 g " + body)
    )


# Merging


def line(words: str, left: float, top: float = 0.0, *, source: str = "picture") -> Line:
    """A line with ten pixels for every character."""
    spans, position = [], 0
    for word in words.split():
        position = words.index(word, position)
        x = left + 10 * position
        box = Box(x, top, x + 10 * len(word), top + 20)
        spans.append(Span(text=word, box=box, confidences=(0.5,) * len(word)))
        position += len(word)
    right = left + 10 * len(words)
    return Line(
        text=words,
        confidence=0.5,
        box=Box(left, top, right, top + 20),
        quad=((left, top), (right, top), (right, top + 20), (left, top + 20)),
        source="text_layer" if source == "text_layer" else "picture",
        spans=tuple(spans),
    )


def merged_texts(known: list[Line], found: list[Line]) -> list[str]:
    return [part.text for part in merge_lines(known, found)]


def test_known_lines_win_and_others_are_added() -> None:
    known = [line("known text", 0, source="text_layer")]
    found = [line("kn0wn text", 1), line("a stamp", 0, 100)]
    assert merged_texts(known, found) == ["known text", "a stamp"]


def test_what_was_filled_in_beside_a_label_is_added_alone() -> None:
    known = [line("Name:", 0, source="text_layer"), line("born", 150, source="text_layer")]
    parts = merge_lines(known, [line("Name: John Doe born 1970", 0)])[2:]
    assert [part.text for part in parts] == ["John Doe", "1970"]
    first = parts[0]
    assert first.box == Box(60, 0, 140, 20)
    assert first.source == "picture"
    assert [span.text for span in first.spans] == ["John", "Doe"]
    assert first.confidence == 0.5


def test_a_line_that_merely_touches_a_known_one_stays() -> None:
    known = [line("above", 0, 0, source="text_layer")]
    assert merged_texts(known, [line("below", 0, 17)]) == ["above", "below"]


def test_a_line_without_spans_is_taken_whole_or_not_at_all() -> None:
    bare = Line(
        text="bare",
        confidence=1.0,
        box=Box(0, 0, 40, 20),
        quad=((0, 0), (40, 0), (40, 20), (0, 20)),
    )
    assert merged_texts([line("abcd", 0, source="text_layer")], [bare]) == ["abcd"]
    assert merged_texts([line("abcd", 35, source="text_layer")], [bare]) == ["abcd", "bare"]


words = st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=5).map(" ".join)
placed_lines = st.builds(
    line, words, st.integers(0, 30).map(float), st.integers(0, 6).map(lambda y: y * 15.0)
)


@given(st.lists(placed_lines, max_size=4), st.lists(placed_lines, max_size=4))
def test_nothing_is_said_twice_and_nothing_is_lost(known: list[Line], found: list[Line]) -> None:
    merged = merge_lines(known, found)
    assert merged[: len(known)] == known
    kept = {id(span) for part in merged[len(known) :] for span in part.spans}
    for span in (span for one in found for span in one.spans):
        covered = sum(other.box.overlap(span.box) for other in known)
        assert (id(span) in kept) == (covered < 0.3 * span.box.area)
