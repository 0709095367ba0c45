"""Lines become regions: parts are found, put in order, taken apart into paragraphs and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from shuowen.document.model import Box, Direction, Line, Region, RegionKind
from shuowen.document.text import join_lines
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.drafts import Draft, PageLines, drafts_of_block
from shuowen.reading.frame import main_direction, straight_boxes
from shuowen.reading.kinds import network_votes
from shuowen.reading.letters import letter_sizes
from shuowen.reading.naming import name_drafts
from shuowen.reading.order import order_blocks
from shuowen.reading.parts import Part, find_parts, part_box


@dataclass(frozen=True, kw_only=True)
class RegionPlan:
    """A region whose place, kind and lines are known, while its lines may still be read better.

    `paragraphs` has the numbers of the lines of each paragraph, in reading order.
    """

    kind: RegionKind
    box: Box
    paragraphs: tuple[tuple[int, ...], ...]
    level: int | None = None

    @property
    def line_numbers(self) -> list[int]:
        """Its lines in reading order."""
        return [number for paragraph in self.paragraphs for number in paragraph]

    def region(self, identity: str, lines: Sequence[Line], vocabulary: frozenset[str]) -> Region:
        """The region.

        Args:
            identity: Its id.
            lines: Its lines as they were finally read, in the order of `line_numbers`.
            vocabulary: The page's words, see `document/text.py`.

        Returns:
            The region with text, confidence and lines. A table has its lines row by row and no
            cells yet; a figure may have no lines.
        """
        rest = iter(lines)
        paragraphs = (
            join_lines(list(islice(rest, len(paragraph))), vocabulary)
            for paragraph in self.paragraphs
        )
        return Region(
            id=identity,
            kind=self.kind,
            box=self.box,
            text="\n".join(paragraphs),
            confidence=_confidence(lines),
            level=self.level,
            lines=tuple(lines),
        )


def plan_regions(
    lines: Mapping[int, Line], layout: Sequence[LayoutBox], size: tuple[int, int]
) -> list[RegionPlan]:
    """The page's regions in reading order; every line is in exactly one.

    Args:
        lines: What was read, by number, in any order, in pixels of the upright page picture. Texts
            tell lists, captions and headings; a few wrong letters do not matter.
        layout: What the layout network saw on the same picture, most confident first.
        size: Width and height of the picture in pixels.
    """
    numbers, own = list(lines), list(lines.values())
    direction = main_direction(own)
    boxes = straight_boxes(own, direction)
    page = PageLines(
        lines=own,
        boxes=boxes,
        sizes=letter_sizes(own, boxes),
        votes=network_votes(own, layout),
    )
    parts = find_parts(own, boxes, layout, direction)
    drafts = _ordered_drafts(parts, page, direction)
    return [
        RegionPlan(
            kind=named.kind,
            box=named.box,
            paragraphs=tuple(
                tuple(numbers[index] for row in paragraph for index in row.line_indices)
                for paragraph in named.draft.paragraphs
            ),
            level=named.level,
        )
        for named in name_drafts(drafts, page, size)
    ]


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


def _confidence(lines: Sequence[Line]) -> float | None:
    """Mean over characters; None without any."""
    num_characters = sum(len(line.text) for line in lines)
    if not num_characters:
        return None
    total = sum(line.confidence * len(line.text) for line in lines)
    return min(1.0, total / num_characters)
