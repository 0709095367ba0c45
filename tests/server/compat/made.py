"""Documents with a bit of everything, made by hand, and what the tests ask of servers."""

from __future__ import annotations

import io
from base64 import b64encode

from PIL import Image, ImageDraw, ImageFont

from shuowen.document.model import (
    Box,
    Cell,
    Document,
    Line,
    Page,
    PageError,
    Region,
    SourceInfo,
    Span,
    Table,
)

WIDTH, HEIGHT = 1000, 2000


def line(text: str, box: Box, confidence: float = 0.9) -> Line:
    """A line with a span for each word."""
    words = text.split(" ")
    width = box.width / len(words)
    spans = tuple(
        Span(
            text=word,
            box=Box(box.left + n * width, box.top, box.left + (n + 1) * width, box.bottom),
            confidences=(confidence,) * len(word),
        )
        for n, word in enumerate(words)
    )
    quad = (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )
    return Line(text=text, confidence=confidence, box=box, quad=quad, spans=spans)


def region(kind: str, top: int, text: str = "", **more: object) -> Region:
    """A region of the page's width, 100 pixels high, with its text as one line."""
    box = Box(100, top, 900, top + 100)
    lines = (line(text, box),) if text else ()
    fields = {"confidence": 0.9 if text else None, "lines": lines, **more}
    return Region(id=f"{kind}-{top}", kind=kind, box=box, text=text, **fields)  # type: ignore[arg-type]


TABLE = Table(
    num_rows=2,
    num_cols=3,
    cells=(
        Cell(row_index=0, col_index=0, col_span=2, text="Head", is_header=True),
        Cell(row_index=0, col_index=2, text="C", is_header=True, box=Box(600, 1000, 900, 1050)),
        Cell(row_index=1, col_index=0, text="1"),
        Cell(row_index=1, col_index=1, text="2"),
    ),
)

FULL_PAGE = Page(
    page_number=1,
    status="ok",
    width_px=WIDTH,
    height_px=HEIGHT,
    dpi=144,
    confidence=0.9,
    regions=(
        region("header", 0, "Running head"),
        region("title", 200, "Main title", level=1),
        region("title", 320, "A section", level=2),
        region("text", 440, "Some *plain* text"),
        region("list", 560, "1. one\n2. two", lines=()),
        region("figure", 700),
        region("figure", 820, "Words inside"),
        region("caption", 900, "Figure 1"),
        region("table", 1000, "Head C 1 2", table=TABLE),
        region("formula", 1200, "a = b"),
        region("footnote", 1400, "A note"),
        region("reference", 1500, "[1] A book"),
        region("seal", 1600, "Stamp"),
        region("footer", 1800, "Running foot"),
        region("page_number", 1900, "7"),
    ),
)
FAILED_PAGE = Page(
    page_number=2,
    status="failed",
    error=PageError(code="input", message="The page is broken.", hint="Print it again."),
)


def document(*pages: Page) -> Document:
    """A PDF with these pages."""
    source = SourceInfo(
        name="report.pdf", media_type="application/pdf", num_bytes=9, sha256="ab" * 32
    )
    failed = any(page.status == "failed" for page in pages)
    status = "partial" if failed else "ok"
    return Document(source=source, num_pages=len(pages), status=status, pages=pages)


FULL = document(FULL_PAGE, FAILED_PAGE)


def base64(data: bytes) -> str:
    """Bytes for JSON."""
    return b64encode(data).decode("ascii")


def table_png() -> bytes:
    """A picture of a ruled table: Name, Town; Anna, Paris."""
    drawn = Image.new("RGB", (700, 240), "white")
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=36)
    for n in range(3):
        pen.line((50, 30 + 90 * n, 650, 30 + 90 * n), fill="black", width=3)
        pen.line((50 + 300 * n, 30, 50 + 300 * n, 210), fill="black", width=3)
    for row, words in enumerate((("Name", "Town"), ("Anna", "Paris"))):
        for col, word in enumerate(words):
            pen.text((80 + 300 * col, 50 + 90 * row), word, fill="black", font=font)
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    return stream.getvalue()
