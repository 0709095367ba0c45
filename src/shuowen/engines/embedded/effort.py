"""How hard the embedded engine tries: what each `--effort` means, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.config import Effort


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one effort level does.

    Attributes:
        detect_sides_px: Longest side of the page at each look for text; the first look counts,
            later ones only add lines that it missed.
        doubt: Characters of the quick (tiny) recogniser below this confidence are read again, with
            their surroundings, by the careful (small) one.
        turn_below: Lines below this confidence are tried upside down; 0 for none.
    """

    detect_sides_px: tuple[int, ...]
    doubt: float
    turn_below: float


UPSIDE_DOWN = 0.85
"""Nine in ten upside-down lines read with less confidence than this, 19 of 20 upright ones with
more (measured on the samples)."""

PLANS: dict[Effort, Plan] = {
    "fast": Plan(detect_sides_px=(960,), doubt=0.7, turn_below=0.0),
    "normal": Plan(detect_sides_px=(1280,), doubt=0.85, turn_below=UPSIDE_DOWN),
    "max": Plan(detect_sides_px=(1280, 2240, 832), doubt=0.95, turn_below=UPSIDE_DOWN),
}
