"""Page ranges as people write them: "1,5-10,3-"."""

from __future__ import annotations

import re
import unicodedata

from shuowen.errors import UsageError

_RANGE = re.compile(r"\s*([0-9]{0,9})\s*(-?)\s*([0-9]{0,9})\s*")
_HINT = 'Write pages as "3", "5-10", "3-" or "-4", counted from 1 and joined by commas.'


def parse_ranges(text: str, num_pages: int) -> list[int]:
    """Turn page numbers, counted from 1, into page indices, counted from 0.

    Args:
        text: Numbers and ranges joined by commas; "3-" runs to the end, "-4" from the start, "" is
            every page. Full-width characters count as their narrow forms.
        num_pages: How many pages there are; what lies beyond is left out.

    Returns:
        Sorted indices, each once; never empty unless `num_pages` is 0 and `text` is "".

    Raises:
        UsageError: The text is malformed, or names no page that exists.
    """
    plain = unicodedata.normalize("NFKC", text)
    if not plain.strip():
        return list(range(num_pages))
    chosen: set[int] = set()
    for part in plain.split(","):
        first, last = _bounds(part, text, num_pages)
        chosen.update(range(first - 1, min(last, num_pages)))
    if not chosen:
        raise UsageError(f"No page is in {text!r}: the document has {num_pages}.", _HINT)
    return sorted(chosen)


def check_ranges(text: str) -> None:
    """Raise `UsageError` unless `text` is well-formed, before any document is opened."""
    plain = unicodedata.normalize("NFKC", text)
    for part in plain.split(",") if plain.strip() else ():
        _bounds(part, text, 1)


def _bounds(part: str, text: str, num_pages: int) -> tuple[int, int]:
    """First and last page number of one range; the last may lie beyond the end."""
    match = _RANGE.fullmatch(part)
    first, dash, last = match.groups() if match else ("", "", "")
    if not first and not last or (first and last and not dash):
        raise UsageError(f"Page range {text!r} is malformed at {part.strip()!r}.", _HINT)
    start = int(first or 1)
    stop = int(last) if last else num_pages if dash else start
    if start < 1 or (last and stop < start):
        raise UsageError(f"Page range {text!r} has {part.strip()!r}, which runs nowhere.", _HINT)
    return start, stop
