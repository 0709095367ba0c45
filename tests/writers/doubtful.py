"""Regions whose words are doubtful here and there, and the same without any doubt."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
from hypothesis import strategies as st

from shuowen.document.model import Box, Cell, CrossedOut, Line, Region, RegionKind, Span, Table
from tests.document.strategies import texts

BOX = Box(10, 10, 200, 30)
QUAD = ((10.0, 10.0), (200.0, 10.0), (200.0, 30.0), (10.0, 30.0))
DOUBTS = (None, None, 0.43, 0.07)


def doubtful_line(text: str, doubts: dict[str, float]) -> Line:
    """A line whose words are its spans; those in `doubts` are doubtful, that likely right."""
    return _line(text, [doubts.get(word) for word in text.split()])


def doubtful_region(text: str, doubts: dict[str, float], kind: RegionKind = "text") -> Region:
    lines = tuple(doubtful_line(line, doubts) for line in text.split("\n"))
    return Region(id="p1-00000000", kind=kind, box=BOX, text=text, lines=lines)


def doubtful_table(*rows: list[str], doubts: dict[str, float]) -> Region:
    texts_of_cells = [text for row in rows for text in row]
    cells = tuple(
        Cell(
            row_index=index // len(rows[0]),
            col_index=index % len(rows[0]),
            text=text,
            line_indices=(index,),
        )
        for index, text in enumerate(texts_of_cells)
    )
    table = Table(num_rows=len(rows), num_cols=len(rows[0]), cells=cells)
    lines = tuple(doubtful_line(text, doubts) for text in texts_of_cells)
    text = "\n".join("\t".join(row) for row in rows)
    return Region(id="p1-00000000", kind="table", box=BOX, text=text, lines=lines, table=table)


def without_doubt(region: Region) -> Region:
    """The same, sure of everything."""
    lines = tuple(
        msgspec.structs.replace(
            line,
            spans=tuple(msgspec.structs.replace(span, is_doubtful=False) for span in line.spans),
        )
        for line in region.lines
    )
    return msgspec.structs.replace(region, lines=lines)


@st.composite
def doubtful_regions(
    draw: st.DrawFn, kinds: tuple[RegionKind, ...] = get_args(RegionKind)
) -> Region:
    """Regions of any text, hostile text too; a table may have merged cells and lists markers."""
    kind = draw(st.sampled_from(kinds))
    held = tuple(draw(st.lists(_lines(), min_size=1, max_size=4)))
    table = None
    if kind == "table":
        cells = tuple(
            Cell(
                row_index=number // 2, col_index=number % 2, text=line.text, line_indices=(number,)
            )
            for number, line in enumerate(held)
        )
        table = Table(num_rows=2, num_cols=2, cells=cells)
    text = draw(st.sampled_from(["\n", " ", ""])).join(line.text for line in held)
    return Region(id="p1-00000000", kind=kind, box=BOX, text=text, lines=held, table=table)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    text = draw(texts.filter(str.strip))
    words = text.split()
    doubts = draw(st.lists(st.sampled_from(DOUBTS), min_size=len(words), max_size=len(words)))
    return _line(text, doubts)


def _line(text: str, doubts: list[float | None]) -> Line:
    spans = tuple(
        Span(
            text=word,
            box=BOX,
            confidences=(0.99,) * (len(word) - 1) + (0.99 if doubt is None else doubt,),
            is_doubtful=doubt is not None,
        )
        for word, doubt in zip(re.split(r"\s+", text.strip()), doubts, strict=False)
        if word
    )
    return Line(text=text, confidence=0.9, box=BOX, quad=QUAD, spans=spans)


def crossed_out_region(text: str, *struck: str, kind: RegionKind = "text") -> Region:
    """A region on whose only line something was struck out; "" for what nobody can read."""
    line = doubtful_line(text, {})
    line = msgspec.structs.replace(
        line, crossed_out=tuple(CrossedOut(box=BOX, text=each) for each in struck)
    )
    return Region(id="p1-00000000", kind=kind, box=BOX, text=text, lines=(line,))
