from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import (
    Box,
    Document,
    Page,
    PageError,
    Region,
    SourceInfo,
    Status,
)
from shuowen.errors import InputError
from shuowen.evals.own_reader import own_reader, reading_of


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
    assert "Total 128.50" in reading.html
    assert (reading.num_pages, reading.failure) == (1, "")


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
