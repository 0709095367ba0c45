from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import (
    Box,
    Document,
    Line,
    Page,
    PageError,
    Region,
    SourceInfo,
    Span,
    Status,
    TextSource,
)
from shuowen.errors import InputError
from shuowen.evals.datasets import Item
from shuowen.evals.own_reader import OwnEngine, own_reader, reading_of
from shuowen.evals.own_version import own_version


@pytest.fixture(scope="module")
def slip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small picture that says "Total 128.50"."""
    picture = Image.new("RGB", (420, 120), "white")
    font = ImageFont.load_default(size=48)
    ImageDraw.Draw(picture).text((40, 30), "Total 128.50", fill="black", font=font)
    path = tmp_path_factory.mktemp("slips") / "slip.png"
    picture.save(path)
    return path


def test_text_and_html_are_what_the_writers_write(slip: Path) -> None:
    reading = own_reader(ReadOptions(effort="fast"), Limits(), jobs=1)(slip)
    assert reading.text.split() == ["Total", "128.50"]
    assert reading.html is not None
    assert "Total 128.50" in reading.html
    assert (reading.num_pages, reading.failure) == (1, "")
    (line,) = reading.lines
    assert line.text == "Total 128.50"
    assert len(line.character_confidences) == len(line.text)


def test_the_engine_reads_an_items_file(slip: Path, make_item: Callable[..., Item]) -> None:
    engine = OwnEngine("shuowen", ReadOptions(effort="fast"), jobs=1)
    assert engine.read(make_item(str(slip))).text.split() == ["Total", "128.50"]
    assert engine.identity.startswith(own_version())
    assert "effort=fast" in engine.identity
    assert not engine.answers_questions
    engine.close()


def test_a_source_that_cannot_be_read_raises(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        own_reader(ReadOptions(effort="fast"), Limits())(tmp_path / "nowhere.png")


def document_of(*pages: Page, status: Status) -> Document:
    source = SourceInfo(name="d.pdf", media_type="application/pdf", num_bytes=1, sha256="0")
    return Document(source=source, num_pages=len(pages), status=status, pages=pages)


def page_saying(text: str) -> Page:
    region = Region(id="p1-0", kind="text", box=Box(0, 0, 9, 9), text=text)
    return Page(page_number=1, status="ok", regions=(region,))


FAILED = Page(page_number=2, status="failed", error=PageError(code="input", message="It is torn."))


def test_a_failed_page_among_good_ones_is_told() -> None:
    reading = reading_of(document_of(page_saying("Total"), FAILED, status="partial"))
    assert "Total" in reading.text
    assert reading.num_pages == 2
    assert reading.failure == "page 2: It is torn."


def test_a_document_that_failed_has_no_text() -> None:
    reading = reading_of(document_of(FAILED, status="failed"))
    assert (reading.text, reading.html) == ("", "")
    assert reading.failure == "page 2: It is torn."


def line_of(text: str, *spans: Span, source: TextSource = "picture") -> Line:
    box = Box(0, 0, 9, 9)
    quad = ((0, 0), (9, 0), (9, 9), (0, 9))
    return Line(text=text, confidence=0.5, box=box, quad=quad, spans=spans, source=source)


def span_of(text: str, *confidences: float) -> Span:
    return Span(text=text, box=Box(0, 0, 9, 9), confidences=confidences)


@pytest.mark.parametrize(
    ("line", "confidences"),
    [
        (line_of("ab c", span_of("ab", 0.1, 0.2), span_of("c", 0.3)), (0.1, 0.2, 1, 0.3)),
        (
            line_of("abab ", span_of("ab", 0.1, 0.2), span_of("ab", 0.3, 0.4)),
            (0.1, 0.2, 0.3, 0.4, 1),
        ),
        (line_of("ab"), ()),
        (line_of("ab", span_of("x", 0.1)), ()),  # a span that is not in the line
        (line_of("ab", span_of("ab", 0.1)), ()),
    ],
)
def test_characters_have_the_confidences_of_their_spans(
    line: Line, confidences: tuple[float, ...]
) -> None:
    region = Region(id="p1-0", kind="text", box=Box(0, 0, 9, 9), text=line.text, lines=(line,))
    page = Page(page_number=1, status="ok", regions=(region,))
    (read,) = reading_of(document_of(page, status="ok")).lines
    assert (read.text, read.confidence) == (line.text, 0.5)
    assert read.character_confidences == confidences


def test_lines_of_a_text_layer_are_no_opinion() -> None:
    line = line_of("ab", source="text_layer")
    region = Region(id="p1-0", kind="text", box=Box(0, 0, 9, 9), text="ab", lines=(line,))
    page = Page(page_number=1, status="ok", regions=(region,))
    assert reading_of(document_of(page, status="ok")).lines == ()
