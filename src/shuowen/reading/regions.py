"""Lines become regions: parts are found, put in order, taken apart into paragraphs and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shuowen.document.model import Direction, Line, Region, region_id
from shuowen.document.text import join_lines, words_of
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.drafts import Draft, PageLines, drafts_of_block
from shuowen.reading.frame import main_direction, straight_boxes
from shuowen.reading.kinds import network_votes
from shuowen.reading.letters import letter_sizes
from shuowen.reading.named import Named
from shuowen.reading.naming import name_drafts
from shuowen.reading.order import order_blocks
from shuowen.reading.parts import Part, find_parts, part_box


def build_regions(
    lines: Sequence[Line], layout: Sequence[LayoutBox], size: tuple[int, int], page_number: int
) -> list[Region]:
    """The page's regions in reading order; every line is in exactly one.

    Args:
        lines: What was read, in any order, in pixels of the upright page picture.
        layout: What the layout network saw on the same picture, most confident first.
        size: Width and height of the picture in pixels.
        page_number: The page's number, from 1; part of the regions' ids.

    Returns:
        Regions with id, kind, text, confidence and lines in reading order. A table has its lines
        row by row and no cells yet; a figure may have no lines.
    """
    direction = main_direction(lines)
    boxes = straight_boxes(lines, direction)
    page = PageLines(
        lines=lines,
        boxes=boxes,
        sizes=letter_sizes(lines, boxes),
        votes=network_votes(lines, layout),
    )
    parts = find_parts(lines, boxes, layout, direction)
    drafts = _ordered_drafts(parts, page, direction)
    vocabulary = words_of(line.text for line in lines)
    regions: list[Region] = []
    taken: set[str] = set()
    for named in name_drafts(drafts, page, size):
        identity = region_id(page_number, named.box, taken)
        regions.append(_region(named, identity, lines, vocabulary))
        taken.add(identity)
    return regions


def _ordered_drafts(parts: Sequence[Part], page: PageLines, direction: Direction) -> list[Draft]:
    heights = page.boxes[:, 3] - page.boxes[:, 1]
    usual = float(np.median(heights)) if len(heights) else 1.0
    part_boxes = [part_box(part, page.boxes, direction) for part in parts]
    part_heights = [
        np.median(heights[list(part.line_indices)]) if part.line_indices else usual
        for part in parts
    ]
    blocks = order_blocks(np.reshape(part_boxes, (-1, 4)), np.array(part_heights))
    return [
        draft
        for block in blocks
        for draft in drafts_of_block([[parts[i] for i in row] for row in block], page)
    ]


def _region(
    named: Named, identity: str, lines: Sequence[Line], vocabulary: frozenset[str]
) -> Region:
    own = tuple(lines[index] for index in named.draft.line_indices)
    paragraphs = (
        join_lines([lines[i] for row in paragraph for i in row.line_indices], vocabulary)
        for paragraph in named.draft.paragraphs
    )
    return Region(
        id=identity,
        kind=named.kind,
        box=named.box,
        text="\n".join(paragraphs),
        confidence=_confidence(own),
        level=named.level,
        lines=own,
    )


def _confidence(lines: Sequence[Line]) -> float | None:
    """Mean over characters; None without any."""
    num_characters = sum(len(line.text) for line in lines)
    if not num_characters:
        return None
    total = sum(line.confidence * len(line.text) for line in lines)
    return min(1.0, total / num_characters)
