"""How hard the embedded engine tries: what each `--effort` means, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.config import Effort
from shuowen.engines.embedded.decoding import Decode, by_picture, with_language
from shuowen.engines.embedded.detector import Detector
from shuowen.engines.embedded.views import VIEWS, View


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one effort level does.

    Attributes:
        detector: Looks for text.
        more_detectors: Look too, and add lines that were missed.
        fine_detector: Looks too, and adds lines, where those found are small.
        doubt: Characters of the quick (tiny) recogniser below this confidence are read again, with
            their surroundings, by the careful (small) one.
        decode: How the careful recogniser's matrices are read.
        turn_below: Lines below this confidence are tried upside down; 0 for none.
        views: Views in which a line is read once more that stays in doubt.
        hard: A line is that with a character below this confidence after it was read again.
        votes: Whether characters that stand on a page several times help each other; the regions
            of a page are given when all of it was read.
    """

    detector: Detector
    doubt: float
    decode: Decode
    turn_below: float = 0.0
    views: tuple[View, ...] = ()
    hard: float = 0.0
    more_detectors: tuple[Detector, ...] = ()
    fine_detector: Detector | None = None
    votes: bool = False


UPSIDE_DOWN = 0.85
"""Nine in ten upside-down lines read with less confidence than this, 19 of 20 upright ones with
more (measured on the samples)."""

PLANS: dict[Effort, Plan] = {
    "fast": Plan(detector=Detector(max_side=960), doubt=0.7, decode=by_picture),
    "normal": Plan(
        detector=Detector(max_side=1280),
        fine_detector=Detector(max_side=1280, enlarge=1.5),
        doubt=0.75,
        decode=with_language,
        turn_below=UPSIDE_DOWN,
    ),
    "max": Plan(
        detector=Detector(max_side=1280),
        more_detectors=(Detector(max_side=832),),
        fine_detector=Detector(max_side=1792, enlarge=1.5),
        doubt=0.95,
        decode=with_language,
        turn_below=UPSIDE_DOWN,
        views=VIEWS,
        hard=0.55,
        votes=True,
    ),
}
