"""The repairs of a page picture before it is read, each where the page itself calls for it.

In this order: turned upright; shadow, faintness, the other side's ink and blur; flattened. How far
lines still slope is straightened later and for layout only (`reader.py`). What was done is in the
page's record with the measurements that spoke for it, and every point finds its way back to the
picture as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shuowen.document.model import RepairStep
from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.image.frame import Frame, turn, turned_frame
from shuowen.image.page import Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.image.restore.tone.mend import mend_tone
from shuowen.reading.flattening import flattened
from shuowen.reading.timer import Timer
from shuowen.reading.upright import find_upright


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A page as it is read.

    Attributes:
        pixels: The picture, (height, width, 3); the very one that came in when nothing was done.
        frame: Where it lies on the one that came in.
        boxes: Its lines of text.
        steps: What was done.
    """

    pixels: Pixels
    frame: Frame
    boxes: list[TextBox]
    steps: tuple[RepairStep, ...] = ()


def untouched(pixels: Pixels, boxes: list[TextBox]) -> Restored:
    """A page that is read as it came."""
    size = pixels.shape[1], pixels.shape[0]
    return Restored(pixels=pixels, frame=turned_frame(size, 0), boxes=boxes)


def restore(pixels: Pixels, engine: EmbeddedEngine, allowed: Allowed, timer: Timer) -> Restored:
    """Repairs a page picture, (height, width, 3), and finds its lines of text.

    Args:
        pixels: The page as it came.
        engine: Finds and reads text, which tells whether a repair helped.
        allowed: Repairs that are made, or left out, whatever the page looks like.
        timer: Is told how long it took, as steps "turn", "repair" and "detect".
    """
    with timer.step("turn"):
        page = _upright(pixels, engine, allowed)
    with timer.step("repair"):
        page = _toned(page, allowed)
    with timer.step("detect"):
        page = replace(page, boxes=engine.find_text(page.pixels))
    with timer.step("repair"):
        return _flat(page, engine, allowed)


def _upright(pixels: Pixels, engine: EmbeddedEngine, allowed: Allowed) -> Restored:
    if not allowed.may("orientation"):
        return untouched(pixels, [])
    is_forced = allowed.must("orientation")
    found = find_upright(pixels, engine, is_forced=is_forced)
    if found.rotation_degrees == 0:
        return untouched(pixels, [])
    evidence = {"probability": round(found.probability, 4)}
    return Restored(
        pixels=turn(pixels, found.rotation_degrees),
        frame=turned_frame((pixels.shape[1], pixels.shape[0]), found.rotation_degrees),
        boxes=[],
        steps=(RepairStep(name="orientation", is_forced=is_forced, evidence=evidence),),
    )


def _toned(page: Restored, allowed: Allowed) -> Restored:
    toned = mend_tone(page.pixels, None, allowed)  # its lines are found only afterwards
    if not toned.steps:
        return page
    size = toned.pixels.shape[1], toned.pixels.shape[0]
    frame = page.frame if toned.scale == 1 else page.frame.enlarged(toned.scale, size)
    return replace(page, pixels=toned.pixels, frame=frame, steps=(*page.steps, *toned.steps))


def _flat(page: Restored, engine: EmbeddedEngine, allowed: Allowed) -> Restored:
    flat = flattened(page.pixels, page.boxes, engine.find_text, allowed)
    if flat is None:
        return page
    return Restored(
        pixels=flat.pixels,
        frame=page.frame.flat(flat.warp),
        boxes=flat.boxes,
        steps=(*page.steps, flat.step),
    )
