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
            their surroundings, by the careful (small) one; above 1 every line is, as a whole.
        reread_below: Lines below this confidence are read again in other views; 0 for none.
    """

    detect_sides_px: tuple[int, ...]
    doubt: float
    reread_below: float


PLANS: dict[Effort, Plan] = {
    "fast": Plan(detect_sides_px=(960,), doubt=0.7, reread_below=0.0),
    "normal": Plan(detect_sides_px=(1280,), doubt=0.9, reread_below=0.6),
    "max": Plan(detect_sides_px=(1280, 2240, 832), doubt=1.1, reread_below=0.95),
}
