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
        trust_quick: A line whose mean confidence by the quick (tiny) recogniser reaches this is
            not read again by the careful (small) one; above 1 every line is.
        reread_below: Lines below this confidence are read again in other views; 0 for none.
    """

    detect_sides_px: tuple[int, ...]
    trust_quick: float
    reread_below: float


PLANS: dict[Effort, Plan] = {
    "fast": Plan(detect_sides_px=(960,), trust_quick=0.95, reread_below=0.0),
    "normal": Plan(detect_sides_px=(1280,), trust_quick=0.98, reread_below=0.6),
    "max": Plan(detect_sides_px=(1280, 2240, 832), trust_quick=1.1, reread_below=0.95),
}
