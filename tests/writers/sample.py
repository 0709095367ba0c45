"""One document by hand that has a bit of everything; the golden files are made from it."""

from __future__ import annotations

from shuowen.document.model import (
    Box,
    Cell,
    Document,
    Line,
    Notice,
    Page,
    PageError,
    Region,
    RegionKind,
    SourceInfo,
    Table,
    region_id,
)

WIDTH, HEIGHT = 400, 640


def region(
    kind: RegionKind,
    text: str,
    top: float = 0,
    *,
    page_number: int = 1,
    level: int | None = None,
    table: Table | None = None,
    lines: tuple[Line, ...] = (),
) -> Region:
    num_rows = table.num_rows if table else 1 + text.count("\n")
    box = Box(40, top, 360, top + 20 * num_rows)
    return Region(
        id=region_id(page_number, box, set()),
        kind=kind,
        box=box,
        text=text,
        level=level,
        table=table,
        lines=lines,
    )


def line(text: str, top: float, confidence: float, slope: float = 0) -> Line:
    box = Box(44, top, 340, top + 18 + slope)
    quad = ((44.0, top), (340.0, top + slope), (340.0, top + slope + 18), (44.0, top + 18))
    return Line(text=text, confidence=confidence, box=box, quad=quad)


def cell(
    row: int,
    col: int,
    text: str,
    *,
    rows: int = 1,
    cols: int = 1,
    head: bool = False,
    top: float = 0,
) -> Cell:
    """A cell 80 by 20 pixels a slot, in a table that begins at `top`."""
    box = Box(40 + 80 * col, top + 20 * row, 40 + 80 * (col + cols), top + 20 * (row + rows))
    return Cell(
        row_index=row,
        col_index=col,
        row_span=rows,
        col_span=cols,
        text=text,
        is_header=head,
        box=box,
    )


def page_of(*regions: Region, page_number: int = 1) -> Page:
    return Page(
        page_number=page_number,
        status="ok",
        width_px=WIDTH,
        height_px=HEIGHT,
        confidence=0.93,
        regions=regions,
    )


def document_of(*pages: Page) -> Document:
    return Document(
        source=SourceInfo(
            name="年报 <2024>.pdf", media_type="application/pdf", num_bytes=9, sha256="0" * 64
        ),
        num_pages=len(pages),
        status="ok",
        pages=pages,
        generator="shuowen test",
    )


MERGED_TOP, PLAIN_TOP = 390, 500
MERGED = Table(
    num_rows=4,
    num_cols=4,
    cells=(
        cell(0, 0, "项目", rows=2, head=True, top=MERGED_TOP),
        cell(0, 1, "金额 Amount", cols=2, head=True, top=MERGED_TOP),
        cell(0, 3, "备注\nNotes", rows=2, head=True, top=MERGED_TOP),
        cell(1, 1, "2023", head=True, top=MERGED_TOP),
        cell(1, 2, "2024", head=True, top=MERGED_TOP),
        cell(2, 0, "收入", top=MERGED_TOP),
        cell(2, 1, "=1+1", top=MERGED_TOP),
        cell(2, 2, "<b>12</b> & 13", top=MERGED_TOP),
        cell(3, 0, "合计", cols=2, top=MERGED_TOP),
        cell(3, 3, "| a |", top=MERGED_TOP),
    ),
)
PLAIN = Table(
    num_rows=2,
    num_cols=3,
    cells=(
        cell(0, 0, "姓名", head=True, top=PLAIN_TOP),
        cell(0, 1, "a|b", head=True, top=PLAIN_TOP),
        cell(1, 0, "许慎", top=PLAIN_TOP),
        cell(1, 1, "C:\\", top=PLAIN_TOP),
        cell(1, 2, "*x*", top=PLAIN_TOP),
    ),
)

_FIRST = page_of(
    region("header", "公司年报 2024", 6),
    region(
        "title",
        "第一章 说文解字 #",
        30,
        level=1,
        lines=(line("第一章 说文解字 #", 32, 0.98),),
    ),
    region("title", "Of words & characters", 60, level=2),
    region(
        "text",
        "说文解字是东汉许慎所著的字书，成书于公元 100 年。\nIt explains 9,353 characters.",
        92,
        lines=(line("一", 93, 0.95, slope=4), line("It explains", 113, 0.81)),
    ),
    region(
        "text",
        "<script>alert('x')</script>\n# no title\n| a |\n|---|\n1. 不是列表\n2 * 3 = 6",
        142,
        lines=(line("# no title", 162, 0.42),),
    ),
    region("list", "• first\n• 第二", 270),
    region("list", "3. third\n4. fourth", 310),
    region("list", "（一）甲\n（二）乙", 350),
    region("table", "", MERGED_TOP, table=MERGED),
    region("caption", "表 1：收入", 472),
    region("table", "", PLAIN_TOP, table=PLAIN),
    region("figure", "", 546),
    region("formula", "E = mc^2", 570),
    region("footnote", "* see page 3", 594),
    region("page_number", "- 1 -", 618),
)
_SECOND = Page(
    page_number=2,
    status="failed",
    error=PageError(
        code="input",
        message="Page 2 of 年报 <2024>.pdf holds a broken picture.",
        hint="Scan it again.",
    ),
)
_THIRD = Page(
    page_number=3,
    status="partial",
    width_px=WIDTH,
    height_px=HEIGHT,
    regions=(
        region("text", "The third page.\n\nIts second paragraph.", 30, page_number=3),
        region("seal", "公司专用章", 60, page_number=3),
    ),
    notices=(Notice(code="blurred", message="The page is blurred <a lot>."),),
)

SAMPLE = Document(
    source=SourceInfo(
        name="年报 <2024>.pdf", media_type="application/pdf", num_bytes=123456, sha256="ab" * 32
    ),
    num_pages=3,
    status="partial",
    pages=(_FIRST, _SECOND, _THIRD),
    generator="shuowen 0.0.0",
    options="dpi=200",
)
