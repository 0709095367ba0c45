from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest

from shuowen.config import Limits, ReadOptions, TextLayer
from shuowen.image.page import PageImage, Pixels
from shuowen.image.pdf import Pdf
from shuowen.reading.text_layer import (
    NUM_SAMPLES,
    TextLayerChoice,
    choose_text_layer,
    line_crop,
    sample_lines,
    similarity,
)
from shuowen.source.model import Source
from tests.image.pdf_maker import PdfMaker, codes, placed, text

WORDS = ["Mountains and rivers", "without end they run", "below the drifting sky", "to the far sea"]
SHOWN = "".join(text(20, 350 - 40 * row, words) for row, words in enumerate(WORDS))


def load(maker: PdfMaker) -> PageImage:
    source = Source(name="x.pdf", data=maker.build())
    with closing(Pdf(source, ReadOptions(dpi=100), Limits())) as pdf:
        return pdf.load(0)


def page_of(content: str) -> PageImage:
    maker = PdfMaker()
    maker.page(content)
    return load(maker)


class Recogniser:
    """Gives set answers and remembers what it was shown."""

    def __init__(self, answers: Sequence[str] = ()) -> None:
        self.answers = answers
        self.crops: list[Pixels] = []

    def __call__(self, crops: list[Pixels]) -> Sequence[str]:
        self.crops = crops
        return self.answers


def choose(page: PageImage, answers: Sequence[str], mode: TextLayer = "auto") -> TextLayerChoice:
    return choose_text_layer(page, mode, Recogniser(answers))


def test_a_layer_that_the_picture_confirms_is_used() -> None:
    page = page_of(SHOWN)
    choice = choose(page, [words.replace("e", "c", 1) for words in WORDS])
    assert choice.lines == page.text_lines
    assert choice.is_complete
    assert choice.notices == ()


def test_a_layer_that_the_picture_contradicts_is_not_used() -> None:
    choice = choose(page_of(SHOWN), ["Zbhagnvaf naq eviref", "jvgubhg raq gurl eha", "oryb", "gb"])
    assert choice.lines == ()
    assert not choice.is_complete
    assert [notice.code for notice in choice.notices] == ["text_layer_refused"]
    assert "agrees with the picture by" in choice.notices[0].message


def test_one_line_that_is_hard_to_read_does_not_condemn_a_layer() -> None:
    page = page_of(SHOWN)
    assert choose(page, ["", *WORDS[1:]]).lines == page.text_lines
    assert choose(page, ["", "", *WORDS[2:]]).lines == ()


def test_an_earlier_ocr_is_held_to_more() -> None:
    page = page_of("3 Tr " + SHOWN)
    nearly = [words.replace("e", "c", 1) for words in WORDS]
    assert choose(page, nearly).lines == ()
    assert "earlier OCR" in choose(page, nearly).notices[0].message
    assert choose(page, WORDS).lines == page.text_lines


def test_always_and_never_ask_nobody() -> None:
    page, recogniser = page_of(SHOWN), Recogniser()
    always = choose_text_layer(page, "always", recogniser)
    assert (always.lines, always.is_complete) == (page.text_lines, True)
    assert choose_text_layer(page, "never", recogniser) == TextLayerChoice()
    assert recogniser.crops == []


@pytest.mark.parametrize("mode", ["auto", "always", "never"])
def test_a_page_without_a_layer_is_left_to_the_picture(mode: TextLayer) -> None:
    assert choose(page_of("0 0 9 9 re f"), [], mode) == TextLayerChoice()


@pytest.mark.parametrize("meaning", ["", "\ue001", "\ufffd"])
def test_characters_without_a_meaning_condemn_a_layer(meaning: str) -> None:
    maker = PdfMaker()
    maker.square_font("S", [*"abcdefgh", meaning, meaning])
    maker.page(text(20, 300, codes(10), font="S", size=14))
    choice = choose(load(maker), ["abcdefgh"])
    assert choice.lines == ()
    assert "does not name 20% of its characters" in choice.notices[0].message


def test_a_layer_mostly_beyond_the_page_is_not_used() -> None:
    choice = choose(page_of(text(20, 300, "Some") + text(20, -300, "much more")), ["Some"])
    assert choice.lines == ()
    assert "beyond the edge" in choice.notices[0].message


def test_more_than_the_layer_is_left_to_the_picture() -> None:
    maker = PdfMaker()
    maker.picture("I", np.random.default_rng(0).integers(0, 256, (90, 90), dtype=np.uint8))
    maker.page(SHOWN + "q 200 0 0 150 20 20 cm /I Do Q")
    page = load(maker)
    choice = choose(page, WORDS)
    assert choice.lines == page.text_lines
    assert not choice.is_complete
    assert [notice.code for notice in choice.notices] == ["text_layer_completed"]


def test_samples_are_long_lines_spread_over_the_page() -> None:
    rows = [
        text(20, 380 - 9 * row, "long enough line" if row % 2 else "1.", size=8)
        for row in range(40)
    ]
    samples = sample_lines(page_of("".join(rows)).text_lines)
    assert len(samples) == NUM_SAMPLES
    assert {line.text for line in samples} == {"long enough line"}
    heights = [line.box.center[1] for line in samples]
    assert heights == sorted(heights)
    assert heights[-1] - heights[0] > 300


@pytest.mark.parametrize(
    "matrix",
    [
        "1 0 0 1 50 200",
        "-1 0 0 -1 250 200",
        "0 1 -1 0 200 100",
        "0 -1 1 0 200 300",
        ".8 .6 -.6 .8 100 100",
    ],
)
def test_crops_run_left_to_right(matrix: str) -> None:
    page = page_of(placed(matrix, "LLLLLIIIIII", size=24))
    dark = line_crop(page.pixels, page.text_lines[0]).min(axis=2) < 128
    height, width = dark.shape
    assert width > 3 * height
    foot = dark[height // 2 :].sum(axis=0)
    head = dark[: height // 2].sum(axis=0)
    assert foot[: width // 2].sum() > 1.2 * head[: width // 2].sum() > 0  # letters L


def test_a_vertical_line_is_laid_on_its_side() -> None:
    maker = PdfMaker()
    maker.square_font("S", list("天地玄黄"))
    maker.page("".join(text(100, 300 - 22 * row, codes(1, row + 1), font="S") for row in range(4)))
    page = load(maker)
    crop = line_crop(page.pixels, page.text_lines[0])
    assert crop.shape[1] > 3 * crop.shape[0]


@pytest.mark.parametrize(
    ("text_layer", "reading", "expected"),
    [
        ("Ｆｕｌｌ　width", "full width", 1.0),
        ("1. Begin . . . . . 7", "1.Begin7", 1.0),
        ("说文解字", "说文解字", 1.0),
        ("说文解字", "說文觧字", 0.5),
        ("abc", "xyz", 0.0),
    ],
)
def test_similarity_looks_at_letters_and_digits(
    text_layer: str, reading: str, expected: float
) -> None:
    assert similarity(text_layer, reading) == expected
