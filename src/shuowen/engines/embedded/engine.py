"""The embedded engine: everything that it can say about a page picture, behind one class."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from shuowen.config import Effort
from shuowen.document.model import Box, Direction, Line, box_around
from shuowen.engines.embedded.background import Background
from shuowen.engines.embedded.ctc import LineMatrix, Reading
from shuowen.engines.embedded.detector import MAX_BOXES, TextBox, is_vertical
from shuowen.engines.embedded.effort import PLANS, Plan
from shuowen.engines.embedded.handwriting.marking import marked
from shuowen.engines.embedded.leader_lines import with_leaders
from shuowen.engines.embedded.lines import as_quad, make_line
from shuowen.engines.embedded.looks import Ballot, Look
from shuowen.engines.embedded.overlaps import add_missing, cut_apart
from shuowen.engines.embedded.recogniser import CAREFUL, QUICK, fit_height
from shuowen.engines.embedded.repeated import glance_of
from shuowen.engines.embedded.rereading import Rereader
from shuowen.engines.embedded.short_matrix import ShortMatrix
from shuowen.engines.embedded.voting import is_blurred, voted
from shuowen.image.crops import crop_quad, quad_size
from shuowen.image.page import Pixels

LEAST_CONFIDENCE = 0.3
"""Below this a "line" is a texture or a drawing, not text."""
SMALL_PX = 20.0
"""Boxes of lines less high than this, as the detector saw them, are small: of such lines it misses
some, more so where they are blurred."""
DOUBTED_AS_TEXT = 0.4
"""Read with less by the quick recogniser, a line is read again at once: it may be no text."""


class EmbeddedEngine:
    """Finds and reads lines of text with the networks in this package.

    One engine serves any number of threads. The lines of a page are read by `jobs` threads side by
    side, the caller's among them, so that a single page uses every core too.
    """

    def __init__(self, *, effort: Effort = "normal", jobs: int = 1) -> None:
        self.plan: Plan = PLANS[effort]
        self._rereader = Rereader(plan=self.plan)
        # One less than asked for, because the thread that waits for the lines reads some itself.
        self._width = jobs - 1
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="shuowen-lines")

    def find_text(self, pixels: Pixels) -> list[TextBox]:
        """Where lines of text are on `pixels`, (height, width, 3): at most `MAX_BOXES`."""
        plan = self.plan
        boxes = plan.detector.detect(pixels)
        others = list(plan.more_detectors)
        if plan.fine_detector and _are_small(boxes, plan.detector.scale(pixels)):
            others.append(plan.fine_detector)
        seen = {plan.detector.input_size(pixels)}
        for other in others:
            if (size := other.input_size(pixels)) not in seen:
                boxes = add_missing(boxes, other.detect(pixels))[:MAX_BOXES]
                seen.add(size)
        return cut_apart(boxes)

    def first_looks(self, pixels: Pixels, boxes: Sequence[TextBox]) -> Background[Look | None]:
        """Begins to read every box quickly; None for a box that holds no text."""
        page = _Page(pixels=pixels, boxes=[box_around(as_quad(box.quad)) for box in boxes])
        tasks = [partial(self._first_look, page, box) for box in boxes]
        return Background(self._pool, tasks, width=self._width)

    def second_looks(self, looks: Sequence[Look]) -> Background[Line]:
        """Begins to read again what is in doubt.

        Where the plan lets characters vote, `looks` are best a whole page's.
        """
        tasks = voted(looks, self._ballots(looks)) if self.plan.votes else _finals(looks)
        return Background(self._pool, tasks, width=self._width)

    def read_lines(self, pixels: Pixels, boxes: Sequence[TextBox]) -> list[Line]:
        """Reads every box; boxes that hold no text are left out."""
        with self.first_looks(pixels, boxes) as first:
            looks = [look for look in first.all_values() if look]
        with self.second_looks(looks) as second:
            return second.all_values()

    def read_crops(self, crops: Sequence[Pixels]) -> list[str]:
        """The text of pictures of single lines, in their order."""
        return [reading.text for reading in self._pool.map(self._read, crops)]

    def confidences(self, crops: Sequence[Pixels]) -> list[float]:
        """How sure the quick recogniser is of each picture of a single line."""
        return [QUICK.read(fit_height(crop)).confidence for crop in crops]

    def _ballots(self, looks: Sequence[Look]) -> dict[int, Ballot]:
        """The ballots of those looks that have one, by their place in `looks`."""
        asked = [(number, look.ballot) for number, look in enumerate(looks) if look.ballot]
        tasks = [ballot for _, ballot in asked]
        with Background(self._pool, tasks, width=self._width) as found:
            return dict(zip((number for number, _ in asked), found.all_values(), strict=True))

    def _first_look(self, page: _Page, box: TextBox) -> Look | None:
        picture, direction = _line_picture(page.pixels, box)
        reading = QUICK.read(picture)
        line = make_line(box.quad, reading, direction)
        if line is None or line.confidence < DOUBTED_AS_TEXT:
            again = self._rereader.read_again(picture, reading)
            line = make_line(box.quad, again.reading, direction)
            if line is None or line.confidence < LEAST_CONFIDENCE:
                return None
            if not self._rereader.is_hard(again.reading):
                return page.look(line, picture)
        elif not self._rereader.is_doubtful(reading):
            return page.look(line, picture)
        has_vote = self.plan.votes and is_blurred(reading)
        return Look(
            line=line,
            read_again=lambda: self._second_look(page, box, reading) or line,
            ballot=partial(self._ballot, page, box) if has_vote else None,
        )

    def _second_look(self, page: _Page, box: TextBox, first: Reading) -> Line | None:
        # Cut out once more: the pictures of all doubtful lines of a page would fill much memory.
        picture, direction = _line_picture(page.pixels, box)
        line = make_line(box.quad, self._rereader.final_reading(picture, first), direction)
        return line and page.settled(line, picture)

    def _ballot(self, page: _Page, box: TextBox) -> Ballot:
        # Kept for all doubtful lines of a page at once, so neither pictures nor whole matrices.
        picture, _ = _line_picture(page.pixels, box)

        def told(matrix: LineMatrix) -> Line | None:
            picture, direction = _line_picture(page.pixels, box)
            line = make_line(box.quad, self.plan.decode(matrix), direction)
            return line and page.settled(line, picture)

        matrix = ShortMatrix.of(CAREFUL.matrix(picture))
        return Ballot(glance=glance_of(picture), matrix=matrix, told=told)

    def _read(self, crop: Pixels) -> Reading:
        picture = fit_height(crop)
        return self._rereader.final_reading(picture, QUICK.read(picture))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Page:
    """A page that is being read: its picture and where its lines are."""

    pixels: Pixels
    boxes: Sequence[Box]

    def look(self, line: Line, picture: Pixels) -> Look:
        """A line of which nothing is in doubt; what is crossed out leaves it at the end."""
        final = self.settled(line, picture)
        return Look(line=line, read_again=None if final is line else lambda: final)

    def settled(self, line: Line, picture: Pixels) -> Line:
        """A line as it stays, after what the recognisers cannot see was looked for."""
        return with_leaders(marked(line, picture), self.pixels, self.boxes)


def _finals(looks: Sequence[Look]) -> list[Callable[[], Line]]:
    return [look.final for look in looks]


def _are_small(boxes: Sequence[TextBox], scale: float) -> bool:
    """Whether most of the lines found were small for the detector, or none was found."""
    heights = [min(quad_size(box.quad)) * scale for box in boxes]
    return not heights or float(np.median(heights)) < SMALL_PX


def _line_picture(pixels: Pixels, box: TextBox) -> tuple[Pixels, Direction]:
    """A line at the height at which the networks read, its text running left to right."""
    crop = crop_quad(pixels, box.quad)
    if is_vertical(box.quad):
        return fit_height(np.ascontiguousarray(np.rot90(crop))), "vertical"
    return fit_height(crop), "horizontal"


@lru_cache(maxsize=4)
def shared_engine(effort: Effort, jobs: int) -> EmbeddedEngine:
    """One engine for each effort and number of jobs, kept while the process lives."""
    return EmbeddedEngine(effort=effort, jobs=jobs)


if hasattr(os, "register_at_fork"):
    # A forked child has the engine but not its threads, and would wait for them for ever.
    os.register_at_fork(after_in_child=shared_engine.cache_clear)
