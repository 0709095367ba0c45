"""The page picture with what was found drawn on it, so that a person can check at a glance.

Regions are boxes in the colour of their kind, numbered in reading order; lines are tinted by
confidence, and doubtful ones carry it in percent; words that are marked as doubtful are
highlighted, crossed-out ones struck through; tables show their cells. A legend below the picture
explains what is there. Labels are in Latin letters, which Pillow's own font has: no font
is needed from the system.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from shuowen.document.model import Box, Cell, Line, Page, Point, Region
from shuowen.image.page import Pixels
from shuowen.writers.overlay_legend import Entry, legend_height, write_legend
from shuowen.writers.overlay_style import (
    CELL_COLOR,
    DOUBT_COLOR,
    KIND_COLORS,
    STRUCK_COLOR,
    Color,
    Sheet,
    confidence_color,
)

# A thumbnail is enlarged until labels fit, a poster shrunk to what a screen can show.
_MIN_SIDE_PX, _MAX_SIDE_PX = 1000, 4000
_FONT_SHARE, _MIN_FONT_PX = 0.012, 12

_LINE_ALPHA, _HEADER_ALPHA, _REGION_ALPHA, _LABEL_ALPHA = 50, 40, 230, 225
_DOUBT_ALPHA = 120
_DOUBT = 0.9


def write_page(page: Page, pixels: Pixels) -> bytes:
    """`page` drawn on its picture, as a PNG file.

    Args:
        page: What was found; boxes count in `page.width_px` by `page.height_px` pixels.
        pixels: The page's picture, (H, W, 3) RGB uint8, at any size.
    """
    sheet = _lay_out(page, pixels)
    for region in page.regions:
        for line in region.lines:
            _draw_line(sheet, line)
        if region.table is not None:
            for cell in region.table.cells:
                _draw_cell(sheet, cell)
    for region in page.regions:
        _draw_region(sheet, region)
    for region in page.regions:
        for line in region.lines:
            _label_doubt(sheet, line)
    _label_regions(sheet, page.regions)
    write_legend(sheet, _entries(page))
    file = BytesIO()
    sheet.image.save(file, "PNG", compress_level=3)
    return file.getvalue()


def _lay_out(page: Page, pixels: Pixels) -> Sheet:
    """An empty strip for the topmost labels, the picture, and room for the legend below."""
    picture = Image.fromarray(pixels)
    longest = max(picture.size)
    ratio = min(max(longest, _MIN_SIDE_PX), _MAX_SIDE_PX) / longest
    width, height = (max(1, round(side * ratio)) for side in picture.size)
    font_px = max(_MIN_FONT_PX, round(max(width, height) * _FONT_SHARE))
    font = ImageFont.load_default(size=font_px)
    top = 2 * font_px
    canvas_width = max(width, 30 * font_px)
    legend = legend_height(_entries(page), font, font_px, canvas_width)
    image = Image.new("RGB", (canvas_width, top + height + legend), "white")
    image.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (0, top))
    return Sheet(
        image=image,
        draw=ImageDraw.Draw(image, "RGBA"),
        font=font,
        font_px=font_px,
        scale_x=width / (page.width_px or picture.width),
        scale_y=height / (page.height_px or picture.height),
        top=top,
        bottom=top + height,
    )


def _corners(box: Box) -> list[tuple[float, float]]:
    return [
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    ]


def _draw_line(sheet: Sheet, line: Line) -> None:
    color = confidence_color(line.confidence)
    sheet.polygon(line.quad, outline=color, width=sheet.thin, fill=(*color, _LINE_ALPHA))
    for span in line.spans:
        if span.is_doubtful:
            _highlight(sheet, span.box)
    for struck in line.crossed_out:
        _strike(sheet, struck.box)


def _highlight(sheet: Sheet, box: Box) -> None:
    color = (*DOUBT_COLOR, _DOUBT_ALPHA)
    sheet.polygon(_corners(box), outline=color, width=sheet.thin, fill=color)


def _strike(sheet: Sheet, box: Box) -> None:
    """A stroke along the longer side, as vertical writing is struck out downwards."""
    x, y = box.center
    across, down = [(box.left, y), (box.right, y)], [(x, box.top), (x, box.bottom)]
    ends = across if box.width >= box.height else down
    places = [sheet.place(*end) for end in ends]
    sheet.draw.line(places, fill=STRUCK_COLOR, width=sheet.thick)


def _draw_cell(sheet: Sheet, cell: Cell) -> None:
    if cell.box is None:
        return
    alpha = _HEADER_ALPHA if cell.is_header else 0
    fill = (*CELL_COLOR, alpha)
    sheet.polygon(_corners(cell.box), outline=CELL_COLOR, width=sheet.thin, fill=fill)


def _draw_region(sheet: Sheet, region: Region) -> None:
    outline = (*KIND_COLORS[region.kind], _REGION_ALPHA)
    sheet.polygon(_corners(region.box), outline=outline, width=sheet.thick, fill=None)


def _label_regions(sheet: Sheet, regions: Sequence[Region]) -> None:
    """Number and kind of each: above its box, or to the left when only there nothing is hidden."""
    boxes = [_placed(sheet, region.box) for region in regions]
    for number, (region, box) in enumerate(zip(regions, boxes, strict=True), start=1):
        text = f"{number} {region.kind}"
        width, height = _label_size(sheet, text)
        above = Box(box.left, box.top - height, box.left + width, box.top)
        beside = Box(box.left - width, box.top, box.left, box.top + height)
        is_clear = beside.left >= 0 and not any(map(beside.overlap, boxes))
        chosen = beside if is_clear and any(map(above.overlap, boxes)) else above
        _label(sheet, (chosen.left, chosen.top), text, KIND_COLORS[region.kind])


def _placed(sheet: Sheet, box: Box) -> Box:
    return Box(*sheet.place(box.left, box.top), *sheet.place(box.right, box.bottom))


def _label_doubt(sheet: Sheet, line: Line) -> None:
    if line.confidence >= _DOUBT:
        return
    x, y = sheet.place(line.box.right, line.box.center[1])
    text = f"{line.confidence:.0%}"
    corner = (x, y - _label_size(sheet, text)[1] / 2)
    _label(sheet, corner, text, confidence_color(line.confidence))


def _label_size(sheet: Sheet, text: str) -> tuple[float, float]:
    return sheet.font.getlength(text) + 0.6 * sheet.font_px, 1.3 * sheet.font_px


def _label(sheet: Sheet, corner: Point, text: str, color: Color) -> None:
    """White text on a patch of `color`, its top left at `corner` or moved onto the sheet."""
    width, height = _label_size(sheet, text)
    x = min(max(corner[0], 0), sheet.image.width - width)
    y = min(max(corner[1], 0), sheet.bottom - height)
    sheet.draw.rectangle((x, y, x + width, y + height), fill=(*color, _LABEL_ALPHA))
    center = (x + width / 2, y + height / 2)
    sheet.draw.text(center, text, font=sheet.font, fill="white", anchor="mm")


def _entries(page: Page) -> list[Entry]:
    """What the legend says: the page as a whole, then each colour on it."""
    regions = page.regions
    lines = [line for region in regions for line in region.lines]
    summary = f"page {page.page_number}: {page.status}, {len(regions)} regions, {len(lines)} lines"
    if page.error is not None:
        summary += f", {page.error.code} error"
    if page.confidence is not None:
        summary += f", confidence {page.confidence:.0%}"
    entries = [Entry(text=summary, color=None)]
    for kind, color in KIND_COLORS.items():
        if count := sum(region.kind == kind for region in regions):
            entries.append(Entry(text=f"{kind} {count}", color=color))
    if any(region.table for region in regions):
        entries.append(Entry(text="cell", color=CELL_COLOR))
    if count := sum(span.is_doubtful for line in lines for span in line.spans):
        entries.append(Entry(text=f"doubtful word {count}", color=DOUBT_COLOR))
    if count := sum(len(line.crossed_out) for line in lines):
        entries.append(Entry(text=f"crossed out {count}", color=STRUCK_COLOR))
    for text, confidence in (("90% or more", 1.0), ("70% to 90%", 0.8), ("below 70%", 0.0)):
        entries.append(Entry(text=f"line {text}", color=confidence_color(confidence)))
    return entries
