"""Breaking text into lines as printers do: words whole, Chinese between any two characters.

Some marks may not begin a line and some may not end one (GB/T 15834-2011, 5.1.10).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_NOT_FIRST = frozenset("，。、；：？！）》」』】〉”’…·—%‰℃,.;:?!)]}")
_NOT_LAST = frozenset("（《「『【〈“‘([{￥¥$")
_PIECE = re.compile(r"[⺀-鿿豈-﫿＀-￯　-〿]| +|[^ ⺀-鿿豈-﫿＀-￯　-〿]+")


def wrap(text: str, width_px: float, measure: Callable[[str], float]) -> list[str]:
    """`text` in lines that fit, at least one; its own line breaks are kept.

    A word that is wider than a line is broken inside. A line wider than `width_px` is one that
    cannot be made shorter: a single character, with marks that may not stand apart from it.

    Args:
        text: Words apart by single spaces.
        width_px: Width of a line.
        measure: How wide a piece of text is, in pixels.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_filled(list(_pieces(paragraph, width_px, measure)), width_px, measure))
    return lines


def join_lines(lines: list[str]) -> str:
    """The text that `wrap` broke into `lines`, with a space wherever words met a line's end."""
    text = ""
    for line in lines:
        is_apart = text and line and _is_latin(text[-1]) and _is_latin(line[0])
        text += (" " if is_apart else "") + line
    return text


def _is_latin(character: str) -> bool:
    return ord(character) < 0x2E80


def _pieces(text: str, width_px: float, measure: Callable[[str], float]) -> Iterator[str]:
    """What may not be broken, in order; spaces are pieces of their own."""
    held = ""
    for piece in _PIECE.findall(text):
        is_bound = piece[0] in _NOT_FIRST or held[-1:] in _NOT_LAST
        if held.strip() and piece.strip() and is_bound:
            held += piece
            continue
        if held:
            yield from _broken(held, width_px, measure)
        held = piece
    if held:
        yield from _broken(held, width_px, measure)


def _broken(piece: str, width_px: float, measure: Callable[[str], float]) -> Iterator[str]:
    if len(piece) <= 3 or measure(piece) <= width_px:
        yield piece
        return
    start = 0
    for end in range(1, len(piece) + 1):
        if end - start > 1 and measure(piece[start:end]) > width_px:
            yield piece[start : end - 1]
            start = end - 1
    yield piece[start:]


def _filled(pieces: list[str], width_px: float, measure: Callable[[str], float]) -> Iterator[str]:
    line, used = "", 0.0
    for piece in pieces:
        size = measure(piece)
        if line and piece.strip() and used + size > width_px:
            yield line.rstrip()
            line, used = "", 0.0
        if line or piece.strip():
            line, used = line + piece, used + size
    yield line.rstrip()
