"""Markdown piece by piece is the Markdown of the whole."""

from __future__ import annotations

from hypothesis import given, settings

from shuowen.document.model import Document, Page, PageError
from shuowen.writers.markdown import MarkdownStream, write
from tests.document.strategies import documents
from tests.writers.sample import document_of, page_of, region

FAILED = Page(
    page_number=2,
    status="failed",
    error=PageError(code="input", message="The page is broken.", hint="Repair the file."),
)


def streamed(document: Document) -> list[str]:
    stream = MarkdownStream(num_pages=len(document.pages))
    pieces = []
    for page in document.pages:
        pieces += [stream.region(page.page_number, region) for region in page.regions]
        pieces.append(stream.page(page))
    return [*pieces, stream.finish()]


@given(documents())
@settings(deadline=None, max_examples=300)
def test_the_pieces_of_any_document_are_what_is_written(document: Document) -> None:
    assert "".join(streamed(document)) == write(document).decode()


def test_each_region_brings_its_text_when_it_comes() -> None:
    page = page_of(
        region("header", "Report"),
        region("title", "Sums", level=1),
        region("list", "1. a"),
        region("list", "2. b"),
        region("text", "end"),
    )
    assert streamed(document_of(page)) == [
        "",
        "# Sums",
        "\n\n1. a",
        "\n\n<!-- -->\n\n2. b",
        "\n\nend",
        "",
        "\n",
    ]


def test_pages_are_marked_and_a_failed_one_says_why() -> None:
    first = page_of(region("text", "one"))
    assert streamed(document_of(first, FAILED, page_of(page_number=3))) == [
        "<!-- page 1 -->\n\none",
        "",
        "\n\n<!-- page 2 -->\n\n> Page 2 could not be read: The page is broken. Repair the file.",
        "\n\n<!-- page 3 -->",
        "\n",
    ]


def test_a_page_that_fails_half_way_keeps_what_was_given_and_says_why() -> None:
    stream = MarkdownStream(num_pages=1)
    pieces = [stream.region(2, region("text", "read")), stream.page(FAILED), stream.finish()]
    assert "".join(pieces) == (
        "read\n\n> Page 2 could not be read: The page is broken. Repair the file.\n"
    )


def test_lists_stay_apart_though_something_empty_stood_between_them() -> None:
    page = page_of(region("list", "- a"), region("text", " "), region("list", "- b"))
    assert write(document_of(page)).decode() == "- a\n\n<!-- -->\n\n- b\n"


def test_nothing_read_is_nothing_written() -> None:
    assert streamed(document_of(page_of(region("footer", "7")))) == ["", "", ""]
