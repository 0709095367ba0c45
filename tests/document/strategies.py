"""Arbitrary documents: every kind of region, spans that tile a grid, failed pages, odd text."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from shuowen.document.model import (
    Cell,
    Document,
    Line,
    Notice,
    Page,
    PageError,
    Quad,
    Region,
    RegionKind,
    Repair,
    SourceInfo,
    Span,
    Table,
    box_around,
    document_status,
    region_id,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "=1+1",
    "| a |",
    "# no title",
    "1. not a list\n2) nor this",
    "- a\n\n\n* b",
    "*a* _b_ ~~c~~ `d` $e$ [f](g) ![h][i] <j@k.l> &amp; &#x41; \\",
    "a | b\n--- | ---",
    "标题\n===\n---",
    "[x]: http://example.org\n[x]",
    "\x1b[31mred\x07\x00\r\nnext\u2028line",
    "说文解字 by 许慎",
    "]]></style></title>",
]
_LETTERS = "aB1 \n\t.,-+*#_`~$|\\[]()<>{}!&;:=/\"'@说文、。（\u3000\u00e9\U0002a6d6"

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(_LETTERS, max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
confidences = st.floats(0, 1)
_lengths = st.floats(-50, 5000, allow_nan=False)
_seconds = st.dictionaries(st.sampled_from(["load", "detect"]), st.floats(0, 100), max_size=2)
points = st.tuples(_lengths, _lengths)
quads: st.SearchStrategy[Quad] = st.tuples(points, points, points, points)
boxes = quads.map(box_around)
notices = st.lists(st.builds(Notice, code=st.just("blurred"), message=texts), max_size=2).map(tuple)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    text = draw(texts.filter(bool))
    quad = draw(quads)
    box = box_around(quad)
    scores = tuple(draw(st.lists(confidences, min_size=len(text), max_size=len(text))))
    return Line(
        text=text,
        confidence=sum(scores) / len(scores),
        box=box,
        quad=quad,
        direction=draw(st.sampled_from(["horizontal", "vertical"])),
        source=draw(st.sampled_from(["picture", "text_layer"])),
        spans=(Span(text=text, box=box, confidences=scores),),
    )


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A grid whose cells never overlap; some slots may be covered by none."""
    num_rows, num_cols = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    free = {(row, col) for row in range(num_rows) for col in range(num_cols)}
    cells = []
    for row, col in sorted(free):
        slots = _spanned(
            row, col, draw(st.integers(1, num_rows - row)), draw(st.integers(1, num_cols - col))
        )
        if slots <= free and draw(st.booleans()):
            free -= slots
            cells.append(draw(_cells(slots)))
    return Table(num_rows=num_rows, num_cols=num_cols, cells=tuple(cells))


def _spanned(row: int, col: int, row_span: int, col_span: int) -> set[tuple[int, int]]:
    return {(r, c) for r in range(row, row + row_span) for c in range(col, col + col_span)}


@st.composite
def _cells(draw: st.DrawFn, slots: set[tuple[int, int]]) -> Cell:
    rows, cols = {row for row, _ in slots}, {col for _, col in slots}
    return Cell(
        row_index=min(rows),
        col_index=min(cols),
        row_span=len(rows),
        col_span=len(cols),
        text=draw(texts),
        box=draw(st.none() | boxes),
        confidence=draw(st.none() | confidences),
        is_header=draw(st.booleans()),
    )


@st.composite
def regions(draw: st.DrawFn, page_number: int = 1, taken: set[str] | None = None) -> Region:
    kind = draw(st.sampled_from(get_args(RegionKind)))
    box = draw(boxes)
    held = tuple(draw(st.lists(lines(), max_size=2)))
    name = region_id(page_number, box, taken or set())
    if taken is not None:
        taken.add(name)
    return Region(
        id=name,
        kind=kind,
        box=box,
        text="\n".join(line.text for line in held) or draw(texts),
        confidence=draw(st.none() | confidences),
        level=draw(st.integers(1, 8)) if kind == "title" else None,
        lines=held,
        table=draw(tables()) if kind == "table" else None,
        notices=draw(notices),
    )


@st.composite
def pages(draw: st.DrawFn, page_number: int = 1) -> Page:
    if draw(st.integers(0, 4)) == 0:
        error = PageError(code="input", message=draw(texts), hint=draw(texts))
        return Page(page_number=page_number, status="failed", error=error)
    taken: set[str] = set()
    return Page(
        page_number=page_number,
        status="ok",
        width_px=draw(st.integers(1, 5000)),
        height_px=draw(st.integers(1, 5000)),
        dpi=draw(st.none() | st.floats(36, 1200)),
        confidence=draw(st.none() | confidences),
        repair=Repair(
            rotation_degrees=draw(st.sampled_from([0, 90, 180, 270])),
            skew_degrees=draw(st.floats(-15, 15)),
        ),
        regions=tuple(draw(regions(page_number, taken)) for _ in range(draw(st.integers(0, 3)))),
        notices=draw(notices),
        timings=draw(_seconds),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    num_pages = draw(st.integers(0, 3))
    read = tuple(draw(pages(number)) for number in range(1, num_pages + 1))
    return Document(
        source=SourceInfo(
            name=draw(texts), media_type="application/pdf", num_bytes=1, sha256="0" * 64
        ),
        num_pages=num_pages,
        status=document_status(read),
        pages=read,
        generator="shuowen",
        options=draw(st.sampled_from(["", "dpi=200"])),
        notices=draw(notices),
        timings=draw(_seconds),
    )
