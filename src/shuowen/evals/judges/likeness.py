"""How alike two texts are: one minus the normalised edit distance."""

from __future__ import annotations

from shuowen.evals.text_scores import edit_distance


def likeness(first: str, second: str) -> float:
    """1 - Levenshtein's distance over the length of the longer text, 0 to 1; 1 for two empties."""
    longest = max(len(first), len(second))
    return 1 - edit_distance(first, second) / longest if longest else 1.0
