from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from shuowen.errors import UsageError
from shuowen.train.synthesize.alphabet import is_writable
from shuowen.train.synthesize.checkboxes import CHECKED, UNCHECKED
from shuowen.train.synthesize.documents import make_document
from shuowen.train.synthesize.fonts import shipped_fonts
from shuowen.train.synthesize.made import KINDS, DocumentKind, DocumentOptions, MadeDocument


def made(kind: DocumentKind, seed: int = 0, **options: object) -> MadeDocument:
    return make_document(seed, DocumentOptions(kind=kind, **{"dpi": 72, **options}))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_one_document(kind: DocumentKind) -> None:
    one, again, other = made(kind, 5), made(kind, 5), made(kind, 6)
    assert np.array_equal(one.pixels, again.pixels)
    assert (one.text, one.html, one.degradations) == (again.text, again.html, again.degradations)
    assert other.pixels.shape != one.pixels.shape or not np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_documents_are_as_they_say(kind: DocumentKind, language: str) -> None:
    for seed in range(2):
        document = made(kind, seed, language=language)
        height, width = document.pixels.shape[:2]
        assert document.pixels.dtype == np.uint8
        assert document.language == language
        assert document.text.strip()
        assert (document.html is not None) == (kind == "table")
        assert bool(document.fields) == (kind in ("form", "receipt"))
        assert len({field.key for field in document.fields}) == len(document.fields)
        assert set(document.fonts) <= {font.name for font in shipped_fonts()}
        for mark in document.marks:
            centre = mark.polygon.mean(axis=0)
            assert (-0.1 * width <= centre[0] <= 1.1 * width) or kind == "receipt"
            assert -0.1 * height <= centre[1] <= 1.1 * height


@pytest.mark.parametrize("kind", ["page", "table", "form", "receipt"])
def test_all_that_is_read_is_written_in_lines(kind: DocumentKind) -> None:
    """In reading order, but for the cells of tables, which are drawn in another order."""
    for seed in range(3):
        document = made(kind, seed, degradation=0.0)
        lines = "".join(mark.text for mark in document.marks if mark.kind == "line")
        skipped = {" ", "\n", CHECKED, UNCHECKED}
        read = [one for one in document.text if one not in skipped]
        assert sorted(read) == sorted(one for one in lines if one != " ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_alphabet_has_all_that_is_written(kind: DocumentKind) -> None:
    for seed in range(4):
        document = made(kind, seed, degradation=0.0)
        text = document.text.replace("\n", " ")
        assert is_writable(text.replace(CHECKED, "").replace(UNCHECKED, "")), text


@pytest.mark.parametrize("kind", ["page", "form", "receipt", "table"])
def test_lines_do_not_lie_on_one_another(kind: DocumentKind) -> None:
    for seed in range(5):
        document = made(kind, seed, degradation=0.0)
        lines = [mark for mark in document.marks if mark.kind == "line"]
        for one, other in combinations(lines, 2):
            (left, top), (right, bottom) = one.polygon[0], one.polygon[2]
            (left2, top2), (right2, bottom2) = other.polygon[0], other.polygon[2]
            across = min(right, right2) - max(left, left2)
            down = min(bottom, bottom2) - max(top, top2)
            lower = min(bottom - top, bottom2 - top2)
            assert across <= 3 or down <= 0.45 * lower, (seed, one.text, other.text)


def test_lines_are_ink_where_they_say() -> None:
    document = made("page", 1, degradation=0.0, handwriting_share=0.0)
    for mark in document.marks:
        (left, top), (right, bottom) = np.round(mark.polygon[[0, 2]]).astype(int)
        assert document.pixels[top:bottom, left:right].min() < 200, mark.text


def test_clean_documents_are_not_damaged() -> None:
    assert all(made("page", seed, degradation=0.0).degradations == () for seed in range(3))
    assert any(made("form", seed, degradation=1.0).degradations for seed in range(3))


def test_handwriting_is_as_frequent_as_asked() -> None:
    hands = {font.name for font in shipped_fonts() if font.kind == "handwriting"}
    by_hand = [made("table", seed, handwriting_share=1.0).fonts for seed in range(3)]
    assert all(hands & set(fonts) for fonts in by_hand)
    printed = [made("form", seed, handwriting_share=0.0).fonts for seed in range(3)]
    assert not any(hands & set(fonts) for fonts in printed)


def test_no_font_for_tests_is_used() -> None:
    held_out = {font.name for font in shipped_fonts() if font.split == "held_out"}
    for kind in KINDS:
        for seed in range(2):
            assert not held_out & set(made(kind, seed).fonts)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "poem"},
        {"degradation": 1.5},
        {"handwriting_share": -1},
        {"dpi": 10},
        {"language": "fr"},
    ],
)
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        DocumentOptions(**options)  # type: ignore[arg-type]
