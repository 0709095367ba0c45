"""A list region's text as list items, for the writers that have lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shuowen.writers.marks import unmarked, without_front
from shuowen.writers.plain import clean

# A dash, star or plus is a bullet only before a space: "-5" is a number, "*x" may be a footnote.
_BULLET = re.compile(r"^(?:[-*+·–—]\s+|[•●○■□▪▫◆◇►▶‣⁃]\s*)(?=\S)")
_NUMBER = re.compile(r"^(\d{1,9})[.)]\s+(?=\S)")


@dataclass(frozen=True, kw_only=True)
class ItemList:
    """Items in order; `start` is the first number when they are counted 1 by 1, else None."""

    items: tuple[str, ...]
    start: int | None


def parse_list(text: str) -> ItemList:
    """One item for every line of `text` that is not blank.

    Bullets go, as the list draws its own. Numbers go only when all items have one and they follow
    one another, so that "1, 2, 4" or "(a)" is never renumbered.
    """
    lines = [line.strip() for line in clean(text).split("\n") if line.strip()]
    matches = [_NUMBER.match(unmarked(line)) for line in lines]
    numbers = [int(match.group(1)) for match in matches if match]
    if numbers and numbers == list(range(numbers[0], numbers[0] + len(lines))):
        return ItemList(items=_without(_NUMBER, lines), start=numbers[0])
    return ItemList(items=_without(_BULLET, lines), start=None)


def _without(marker: re.Pattern[str], lines: list[str]) -> tuple[str, ...]:
    matches = [marker.match(unmarked(line)) for line in lines]
    pairs = zip(lines, matches, strict=True)
    return tuple(without_front(line, match.end()) if match else line for line, match in pairs)
