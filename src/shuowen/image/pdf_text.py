"""The text layer of a PDF page as lines, in the pixels of the drawn page.

Glyphs come in drawing order, which mostly is the order of reading. They are strung into runs as
long as each continues the one before; single characters below each other become a column of
vertical writing; pieces of a line that were drawn at different times are joined; and each run
becomes a line. Lengths in the rules below are shares of the font size ("em").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from math import cos, radians, sin
from typing import Any

from shuowen.document.model import Box, Direction, Line, Point, Quad, Span, box_around
from shuowen.image.page import TextLayerFacts
from shuowen.image.pdf_characters import is_cjk
from shuowen.image.pdf_frame import PageFrame
from shuowen.image.pdf_glyphs import Glyph, GlyphCounts, read_glyphs

Run = list[Glyph]

_MAX_TURN_DEGREES = 2.0  # between neighbours
_MAX_RISE = 0.6  # superscripts rise by 0.3 to 0.5; the next line is 0.9 or more away
_MAX_BACKSTEP = 0.6  # accents and kerning step back
_MAX_GAP = 1.1  # a section number stands 1.0 before its title, a table's next column 1.2 away
_MAX_GAP_OUT_OF_ORDER = 0.6  # pieces drawn at different times may be two columns
_MAX_LEVEL_DIFFERENCE = 0.2  # of the baselines of two such pieces
_SPACE = 0.2  # TeX shrinks a space to 0.22; within a word the pen leaves no gap
_INFERRED_SPACE = 0.08  # where pdfium sees a space too; it also does before superscripts
_SPACE_BY_CJK = 0.45  # between Chinese and Latin 0.25 to 0.33 is type-setting, no space
_STACK_STEP = (0.7, 1.35)  # from one character down to the next in vertical writing
_STACK_WIDTH = 1.3  # two digits may stand beside each other in a column
_STACK_SHIFT = 0.35  # of the middles sideways
_STACK_SHARE = 0.4  # of a column: Chinese characters, among digits and upright letters


def read_text(text_page: Any, frame: PageFrame) -> tuple[tuple[Line, ...], TextLayerFacts]:
    """All lines of a page in drawing order, and what is known about its text layer.

    Args:
        text_page: A `pypdfium2.PdfTextPage`.
        frame: How the page is drawn.
    """
    counts = GlyphCounts()
    glyphs = read_glyphs(text_page, frame, counts)
    facts = TextLayerFacts(
        num_characters=counts.num_characters,
        num_unmapped=counts.num_unmapped,
        num_invisible=counts.num_invisible,
        num_outside=counts.num_outside,
    )
    return tuple(build_lines(glyphs, frame)), facts


def build_lines(glyphs: Sequence[Glyph], frame: PageFrame) -> list[Line]:
    """Group glyphs, given in drawing order, into lines."""
    columns, rows = _stacked(_strung(glyphs, _continues))
    lines: list[tuple[Run, Direction]] = [(run, "horizontal") for run in _rejoined(rows)]
    lines += [(run, "vertical") for run in columns]
    drawn = {id(glyph): index for index, glyph in enumerate(glyphs)}
    lines.sort(key=lambda item: min(drawn[id(glyph)] for glyph in item[0]))
    return [_line(run, direction, frame) for run, direction in lines]


def _strung(items: Sequence[Any], continues: Callable[[Any, Any], bool]) -> list[list[Any]]:
    """Cut a sequence wherever an item does not continue the one before."""
    chains: list[list[Any]] = []
    for item in items:
        if chains and continues(chains[-1][-1], item):
            chains[-1].append(item)
        else:
            chains.append([item])
    return chains


def _continues(last: Glyph, glyph: Glyph) -> bool:
    """Whether `glyph` stands on the same line, right after `last`."""
    if not _same_angle(last, glyph):
        return False
    if last.origin == glyph.origin:  # pieces of a ligature
        return True
    em = max(last.size, glyph.size)
    gap, rise = _pen_gap(last, glyph)
    return abs(rise) <= _MAX_RISE * em and -_MAX_BACKSTEP * em <= gap <= _MAX_GAP * em


def _pen_gap(last: Glyph, glyph: Glyph) -> tuple[float, float]:
    """From where the pen was after `last` to where it starts `glyph`: along, and down."""
    along, down = _turned(glyph.origin, last.angle)
    last_along, last_down = _turned(last.origin, last.angle)
    return along - last_along - last.advance, down - last_down


def _same_angle(first: Glyph, second: Glyph) -> bool:
    difference = (first.angle - second.angle + 180) % 360 - 180
    return abs(difference) <= _MAX_TURN_DEGREES


def _turned(point: Point, angle: float) -> Point:
    """A point in axes turned by `angle` degrees: along the direction of writing, and down."""
    c, s = cos(radians(angle)), sin(radians(angle))
    return point[0] * c + point[1] * s, point[1] * c - point[0] * s


def _stacked(runs: list[Run]) -> tuple[list[Run], list[Run]]:
    """Part runs into columns of vertical writing, each joined to one run, and the rest."""
    columns, rows = [], []
    for chain in _strung(runs, _is_below):
        num_cjk = sum(is_cjk(run[0].text) for run in chain)
        if len(chain) > 1 and num_cjk >= _STACK_SHARE * len(chain):
            columns.append([glyph for run in chain for glyph in run])
        else:
            rows += chain
    return columns, rows


def _is_below(upper: Run, lower: Run) -> bool:
    """Whether two short runs are neighbours in a column of vertical writing."""
    if not (_fits_a_column(upper) and _fits_a_column(lower)):
        return False
    em = max(upper[0].size, lower[0].size)
    upper_box, lower_box = _extent(upper, 0.0), _extent(lower, 0.0)
    shift = abs(upper_box.center[0] - lower_box.center[0])
    step = lower[0].origin[1] - upper[0].origin[1]
    return shift <= _STACK_SHIFT * em and _STACK_STEP[0] * em <= step <= _STACK_STEP[1] * em


def _fits_a_column(run: Run) -> bool:
    if len(run) > 2 or abs(run[0].angle) > _MAX_TURN_DEGREES:
        return False
    has_letters = any(glyph.text.isalpha() for glyph in run)
    width = _extent(run, 0.0).width
    return (len(run) == 1 or not has_letters) and width <= _STACK_WIDTH * run[0].size


def _rejoined(runs: list[Run]) -> list[Run]:
    """Join pieces of one line that were not drawn one after the other."""
    by_angle = sorted(runs, key=lambda run: round(run[0].angle))
    joined: list[Run] = []
    for _, group in groupby(by_angle, key=lambda run: round(run[0].angle)):
        for row in _strung(sorted(group, key=_level), _is_level):
            row.sort(key=lambda run: _extent(run, run[0].angle).left)
            for chain in _strung(row, _adjoins):
                joined.append([glyph for run in chain for glyph in run])
    return joined


def _level(run: Run) -> float:
    return _turned(run[0].origin, run[0].angle)[1]


def _is_level(upper: Run, lower: Run) -> bool:
    em = min(upper[0].size, lower[0].size)
    return _level(lower) - _level(upper) <= _MAX_LEVEL_DIFFERENCE * em


def _adjoins(left: Run, right: Run) -> bool:
    em = max(left[-1].size, right[0].size)
    gap, rise = _pen_gap(left[-1], right[0])
    is_near = -_MAX_BACKSTEP * em <= gap <= _MAX_GAP_OUT_OF_ORDER * em
    return is_near and abs(rise) <= _MAX_LEVEL_DIFFERENCE * em


def _line(run: Run, direction: Direction, frame: PageFrame) -> Line:
    words = list(_words(run, direction))
    pieces = [" " * has_space + "".join(glyph.text for glyph in word) for has_space, word in words]
    quad = _quad(run, run[0].angle)
    return Line(
        text="".join(pieces).strip(),
        confidence=1.0,
        box=_clipped(box_around(quad), frame),
        quad=quad,
        direction=direction,
        source="text_layer",
        spans=tuple(_span(word, frame) for _, word in words),
    )


def _words(run: Run, direction: Direction) -> Iterator[tuple[bool, Run]]:
    """Cut a run into words and single Chinese characters; True where a space goes before."""
    word: Run = []
    has_space = False
    for glyph in run:
        space_here = bool(word) and direction == "horizontal" and _has_space(word[-1], glyph)
        if word and (space_here or is_cjk(glyph.text) or is_cjk(word[-1].text)):
            yield has_space, word
            word, has_space = [], space_here
        word.append(glyph)
    yield has_space, word


def _has_space(last: Glyph, glyph: Glyph) -> bool:
    if glyph.space_before == "written":
        return True
    if is_cjk(last.text) or is_cjk(glyph.text):
        least = _SPACE_BY_CJK
    else:
        least = _INFERRED_SPACE if glyph.space_before == "inferred" else _SPACE
    return _pen_gap(last, glyph)[0] > least * max(last.size, glyph.size)


def _span(word: Run, frame: PageFrame) -> Span:
    text = "".join(glyph.text for glyph in word)
    box = _clipped(box_around(_quad(word, word[0].angle)), frame)
    return Span(text=text, box=box, confidences=(1.0,) * len(text))


def _extent(run: Run, angle: float) -> Box:
    """The box around the ink of a run, in axes turned by `angle`."""
    centers = [_turned(glyph.center, angle) for glyph in run]
    pairs = list(zip(centers, run, strict=True))
    return Box(
        min(along - glyph.width / 2 for (along, _), glyph in pairs),
        min(down - glyph.height / 2 for (_, down), glyph in pairs),
        max(along + glyph.width / 2 for (along, _), glyph in pairs),
        max(down + glyph.height / 2 for (_, down), glyph in pairs),
    )


def _quad(run: Run, angle: float) -> Quad:
    """The corners of the ink of a run, in pixels of the page, from its own top left."""
    box = _extent(run, angle)
    top_left, top_right = _back((box.left, box.top), angle), _back((box.right, box.top), angle)
    bottom_right = _back((box.right, box.bottom), angle)
    return top_left, top_right, bottom_right, _back((box.left, box.bottom), angle)


def _back(point: Point, angle: float) -> Point:
    x, y = _turned(point, -angle)
    return round(x, 1), round(y, 1)


def _clipped(box: Box, frame: PageFrame) -> Box:
    return Box(
        min(max(box.left, 0.0), frame.width_px),
        min(max(box.top, 0.0), frame.height_px),
        min(max(box.right, 0.0), frame.width_px),
        min(max(box.bottom, 0.0), frame.height_px),
    )
