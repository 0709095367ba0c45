"""The regions of a page one after the other, while its later lines are still being read."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from itertools import islice

from shuowen.document.model import Line, Notice, Region, region_id
from shuowen.document.text import words_of
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.engines.embedded.records import LayoutBox
from shuowen.errors import as_shuowen_error
from shuowen.image.page import Pixels
from shuowen.reading.dashes import with_dashes
from shuowen.reading.doubt import assessed
from shuowen.reading.growing_text import GrowingText
from shuowen.reading.regions import RegionPlan, plan_regions
from shuowen.reading.table_areas import table_areas
from shuowen.reading.tables import fill_table
from shuowen.reading.timer import Timer
from shuowen.reading.turns import Turns

TABLES_FAILED = "tables_failed"
"""Notice of a page whose tables have their text but no cells."""


class RegionStream:
    """Finishes regions in reading order, on the level picture of a page.

    `notices` tells what went wrong so far.
    """

    def __init__(
        self,
        engine: EmbeddedEngine,
        text: GrowingText,
        pixels: Pixels,
        page_number: int,
        timer: Timer,
        min_confidence: float = 0.0,
    ) -> None:
        """Prepares the regions of `text`, whose lines stand on the picture `pixels`.

        Words with a character that is less likely right than `min_confidence` are marked.
        """
        self.notices: list[Notice] = []
        self._engine = engine
        self._text = text
        self._pixels = pixels
        self._size = pixels.shape[1], pixels.shape[0]
        self._page_number = page_number
        self._timer = timer
        self._min_confidence = min_confidence
        self._ids: set[str] = set()

    def regions(self, layout: Sequence[LayoutBox]) -> Generator[Region, None, None]:
        """Gives the regions; `layout` is what the layout network saw, most confident first."""
        turns = Turns()
        text, size = self._text, self._size
        areas: Sequence[LayoutBox] = ()
        looked_at: set[int] | None = None
        for part in self._parts(layout):
            with self._timer.step("recognise"):
                text.read(part)
            lines = text.lines()
            # Tables show in where lines stand. What turns out to be no text can hide one.
            if looked_at is None or (text.is_finished() and looked_at != lines.keys()):
                with self._timer.step("tables"):
                    areas = table_areas(layout, list(lines.values()), size, self._pixels)
                looked_at = set(lines)
            with self._timer.step("assemble"):
                ready = turns.ready(plan_regions(lines, areas, size), lines, text.is_read)
            yield from self._finished(ready)

    def _parts(self, layout: Sequence[LayoutBox]) -> Iterable[Sequence[int]]:
        """What to read one after the other: all at once where characters vote over the page."""
        text, size = self._text, self._size
        if self._engine.plan.votes:
            return [text.everything()]
        return text.parts(lambda: _order(plan_regions(text.lines(), layout, size)))

    def _finished(self, plans: Sequence[RegionPlan]) -> Generator[Region, None, None]:
        """The regions whose turn it is, once what is in doubt in them was read again."""
        vocabulary = words_of(line.text for line in self._text.known_lines())
        looks = [self._text.look(number) for number in _order(plans)]
        with self._engine.second_looks(looks) as second:
            places = iter(range(len(looks)))
            for plan in plans:
                with self._timer.step("recognise"):
                    lines = second.values(list(islice(places, len(plan.line_numbers))))
                region = self._region(plan, with_dashes(plan.kind, lines), vocabulary)
                yield assessed(region, self._min_confidence)

    def _region(
        self, plan: RegionPlan, lines: Sequence[Line], vocabulary: frozenset[str]
    ) -> Region:
        identity = region_id(self._page_number, plan.box, self._ids)
        self._ids.add(identity)
        region = plan.region(identity, lines, vocabulary)
        try:
            with self._timer.step("tables"):
                return fill_table(region, self._pixels, self._engine.read_lines)
        except Exception as error:  # lines that were read must not be lost with a table's grid
            reason = as_shuowen_error(error, "working out the page's tables")
            notice = Notice(code=TABLES_FAILED, message=reason.message)
            self.notices += [notice] if notice not in self.notices else []
            return region


def _order(plans: Sequence[RegionPlan]) -> list[int]:
    """The lines of regions in reading order."""
    return [number for plan in plans for number in plan.line_numbers]
