"""The embedded engine: everything that it can say about a page picture, behind one class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

import numpy as np

from shuowen.config import Effort
from shuowen.document.model import Direction, Line
from shuowen.engines.embedded.background import Background
from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.detector import Detector, TextBox
from shuowen.engines.embedded.effort import PLANS, Plan
from shuowen.engines.embedded.lines import make_line
from shuowen.engines.embedded.looks import Look
from shuowen.engines.embedded.overlaps import add_missing
from shuowen.engines.embedded.recogniser import Recogniser, fit_height
from shuowen.engines.embedded.second_look import read_again
from shuowen.image.crops import crop_quad
from shuowen.image.page import Pixels

QUICK = Recogniser(weights="recognise_tiny")
CAREFUL = Recogniser(weights="recognise_small")

VERTICAL_RATIO = 1.5
"""A box this many times taller than wide is a column of vertical text (PP-OCR's own rule)."""
LEAST_CONFIDENCE = 0.3
"""Below this a "line" is a texture or a drawing, not text."""
DOUBTED_AS_TEXT = 0.4
"""Read with less by the quick recogniser, a line is read again at once: it may be no text."""

TURN_GAIN = 0.1
"""How much surer, in mean confidence, a line has to be upside down to be turned."""


class EmbeddedEngine:
    """Finds and reads lines of text with the networks in this package.

    One engine serves any number of threads. The lines of a page are read by `jobs` threads side by
    side, the caller's among them, so that a single page uses every core too.
    """

    def __init__(self, *, effort: Effort = "normal", jobs: int = 1) -> None:
        self.plan: Plan = PLANS[effort]
        # One less than asked for, because the thread that waits for the lines reads some itself.
        self._width = jobs - 1
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="shuowen-lines")

    def find_text(self, pixels: Pixels) -> list[TextBox]:
        """Where lines of text are on `pixels`, (height, width, 3)."""
        longest = max(pixels.shape[:2])
        first, *others = self.plan.detect_sides_px
        boxes = Detector(max_side=first).detect(pixels)
        for side in others:
            if min(longest, side) != min(longest, first):
                boxes = add_missing(boxes, Detector(max_side=side).detect(pixels))
        return boxes

    def first_looks(self, pixels: Pixels, boxes: Sequence[TextBox]) -> Background[Look | None]:
        """Begins to read every box quickly; None for a box that holds no text."""
        tasks = [partial(self._first_look, pixels, box) for box in boxes]
        return Background(self._pool, tasks, width=self._width)

    def second_looks(self, looks: Sequence[Look]) -> Background[Line]:
        """Begins to read again what is in doubt."""
        return Background(self._pool, [look.final for look in looks], width=self._width)

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

    def _first_look(self, pixels: Pixels, box: TextBox) -> Look | None:
        picture, direction = _line_picture(pixels, box)
        reading = QUICK.read(picture)
        line = make_line(box.quad, reading, direction)
        if line is None or line.confidence < DOUBTED_AS_TEXT:
            line = make_line(box.quad, self._read_again(picture, reading), direction)
            is_text = line is not None and line.confidence >= LEAST_CONFIDENCE
            return Look(line=line) if line and is_text else None
        if not self._is_doubtful(reading):
            return Look(line=line)
        return Look(line=line, read_again=lambda: self._second_look(pixels, box, reading) or line)

    def _second_look(self, pixels: Pixels, box: TextBox, first: Reading) -> Line | None:
        # Cut out once more: the pictures of all doubtful lines of a page would fill much memory.
        picture, direction = _line_picture(pixels, box)
        return make_line(box.quad, self._read_again(picture, first), direction)

    def _is_doubtful(self, reading: Reading) -> bool:
        doubted = min(reading.confidences) < self.plan.doubt
        return doubted or reading.confidence < self.plan.turn_below

    def _read(self, crop: Pixels) -> Reading:
        picture = fit_height(crop)
        return self._read_again(picture, QUICK.read(picture))

    def _read_again(self, picture: Pixels, first: Reading) -> Reading:
        """A line's final reading, after what the first leaves in doubt, be it the way up."""
        reading = read_again(picture, first, CAREFUL.read, self.plan.doubt)
        if reading.confidence < self.plan.turn_below:
            turned = np.ascontiguousarray(picture[::-1, ::-1])
            other = QUICK.read(turned)
            if other.confidence > reading.confidence + TURN_GAIN:
                return read_again(turned, other, CAREFUL.read, self.plan.doubt)
        return reading


def _line_picture(pixels: Pixels, box: TextBox) -> tuple[Pixels, Direction]:
    """A line at the height at which the networks read, its text running left to right."""
    crop = crop_quad(pixels, box.quad)
    if crop.shape[0] >= VERTICAL_RATIO * crop.shape[1]:
        return fit_height(np.ascontiguousarray(np.rot90(crop))), "vertical"
    return fit_height(crop), "horizontal"


@lru_cache(maxsize=4)
def shared_engine(effort: Effort, jobs: int) -> EmbeddedEngine:
    """One engine for each effort and number of jobs, kept while the process lives."""
    return EmbeddedEngine(effort=effort, jobs=jobs)


if hasattr(os, "register_at_fork"):
    # A forked child has the engine but not its threads, and would wait for them for ever.
    os.register_at_fork(after_in_child=shared_engine.cache_clear)
