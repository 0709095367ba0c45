"""What a PDF page shows beyond its own text, and adding it to that text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line, Span, box_around, union_of
from shuowen.image.page import PageImage

MIN_PICTURE_AREA = 0.02
"""Share of the page from which a picture may hold text worth reading; smaller ones are icons."""
MIN_TEXT_COVER = 0.05
"""Share of a picture under the page's own text from which it is a background or an earlier OCR's
scan."""
MIN_LETTERS = 3
"""So many marks of the size of letters, outside the page's own text, may be text."""
LETTER_HEIGHTS = (0.3, 1.6)
"""What counts as the size of a letter, in usual line heights of the page."""
MAX_COVERED = 0.3
"""Share of a word under the page's own text from which it is the same word."""


def has_unread_parts(image: PageImage) -> bool:
    """Whether the page shows something that may be text and is not in its text layer."""
    boxes = [line.box for line in image.text_lines]
    return _has_unread_picture(image, boxes) or _has_unread_letters(image, boxes)


def _has_unread_picture(image: PageImage, boxes: Sequence[Box]) -> bool:
    page_area = image.pixels.shape[0] * image.pixels.shape[1]
    for picture in image.text_facts.picture_boxes:
        covered = sum(box.overlap(picture) for box in boxes)
        if picture.area >= MIN_PICTURE_AREA * page_area and covered < MIN_TEXT_COVER * picture.area:
            return True
    return False


def _has_unread_letters(image: PageImage, boxes: Sequence[Box]) -> bool:
    """Look for dark marks of the size of letters: form fields, stamps, text drawn as curves."""
    usual = float(np.median([min(box.width, box.height) for box in boxes]))
    gray = cv2.cvtColor(image.pixels, cv2.COLOR_RGB2GRAY)
    threshold, _ = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = (gray <= threshold).astype(np.uint8)
    known = [*boxes, *image.text_facts.picture_boxes]
    for box in known:
        _erase(ink, box, room=0.25 * usual)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths = stats[1:, cv2.CC_STAT_WIDTH]
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    low, high = LETTER_HEIGHTS[0] * usual, LETTER_HEIGHTS[1] * usual
    are_letters = (heights >= low) & (heights <= high) & (widths <= high) & (widths >= 2)
    return int(are_letters.sum()) >= MIN_LETTERS


def _erase(ink: NDArray[np.uint8], box: Box, room: float) -> None:
    left, top = max(int(box.left - room), 0), max(int(box.top - room), 0)
    ink[top : int(box.bottom + room) + 1, left : int(box.right + room) + 1] = 0


def merge_lines(text_lines: Sequence[Line], picture_lines: Sequence[Line]) -> list[Line]:
    """The page's own lines, and of those read from the picture what they do not say already.

    A line read from the picture may hold both (a form's label and what was filled in): then its
    words beside the known text become lines of their own.
    """
    known = [line.box for line in text_lines]
    added = [part for line in picture_lines for part in _beside(line, known)]
    return [*text_lines, *added]


def _beside(line: Line, known: Sequence[Box]) -> list[Line]:
    """The parts of `line` that lie beside all `known` boxes."""
    near = [box for box in known if box.overlap(line.box) > 0]
    if not near:
        return [line]
    if not line.spans:
        return [] if _is_covered(line.box, near) else [line]
    groups = groupby(_placed(line), key=lambda placed: _is_covered(placed[1].box, near))
    parts = [(covered, list(group)) for covered, group in groups]
    if len(parts) == 1:
        return [] if parts[0][0] else [line]
    return [_cut(line, group) for covered, group in parts if not covered]


def _is_covered(box: Box, near: Sequence[Box]) -> bool:
    return sum(other.overlap(box) for other in near) >= MAX_COVERED * box.area


def _placed(line: Line) -> Iterator[tuple[int, Span]]:
    """Each span with the position in the line's text where it begins."""
    position = 0
    for span in line.spans:
        position = line.text.index(span.text, position)
        yield position, span
        position += len(span.text)


def _cut(line: Line, group: Sequence[tuple[int, Span]]) -> Line:
    """The line that some neighbouring spans of `line` make."""
    spans = tuple(span for _, span in group)
    box = union_of([span.box for span in spans])
    confidences = [number for span in spans for number in span.confidences]
    corners = (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )
    return Line(
        text=line.text[group[0][0] : group[-1][0] + len(spans[-1].text)],
        confidence=sum(confidences) / len(confidences),
        box=box_around(corners),
        quad=corners,
        direction=line.direction,
        source=line.source,
        spans=spans,
    )
