"""Regions of lines that are final already."""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.document.model import Line, Region, region_id
from shuowen.document.text import words_of
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.regions import plan_regions


def build_regions(
    lines: Sequence[Line], layout: Sequence[LayoutBox], size: tuple[int, int], page_number: int
) -> list[Region]:
    """What the plans of a page become when no line is read again."""
    vocabulary = words_of(line.text for line in lines)
    regions: list[Region] = []
    for plan in plan_regions(dict(enumerate(lines)), layout, size):
        identity = region_id(page_number, plan.box, {region.id for region in regions})
        own = [lines[number] for number in plan.line_numbers]
        regions.append(plan.region(identity, own, vocabulary))
    return regions
