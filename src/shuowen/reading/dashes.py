"""Dashes that were read as the Chinese one.

A dash alone in a cell, or between two numbers, looks like 一 to a recogniser that sees one line at
a time. What stands around it tells them apart: where other cells hold 二 or 三, it is a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from shuowen.document.model import Line, RegionKind, Span

ONE, DASH = "一", "—"
_ALONE = re.compile(r"一+")
_OTHER_NUMBERS = frozenset("〇二三四五六七八九十两百")
_BETWEEN = re.compile(r"(?<=[0-9A-Za-z%])一(?=[0-9A-Za-z$¥])")


def with_dashes(kind: RegionKind, lines: Sequence[Line]) -> list[Line]:
    """The lines of a region of `kind`; a 一 that can only be a dash has become one.

    What a PDF itself says is a 一 stays one.
    """
    are_dashes = _lone_ones_are_dashes(kind, lines)
    return [_mended(line, are_dashes) for line in lines]


def _lone_ones_are_dashes(kind: RegionKind, lines: Sequence[Line]) -> bool:
    others = [line.text for line in lines if line.text and not _ALONE.fullmatch(line.text)]
    if not others or any(text.strip("()（）、.") in _OTHER_NUMBERS for text in others):
        return False
    return kind == "table" or not any(map(_has_chinese, others))


def _has_chinese(text: str) -> bool:
    return any(unicodedata.east_asian_width(c) == "W" and c.isalpha() for c in text)


def _mended(line: Line, are_dashes: bool) -> Line:
    if ONE not in line.text or line.source == "text_layer":
        return line
    if _ALONE.fullmatch(line.text):
        return _with_text(line, line.text.replace(ONE, DASH)) if are_dashes else line
    text = _BETWEEN.sub(DASH, line.text)
    return line if text == line.text else _with_text(line, text)


def _with_text(line: Line, text: str) -> Line:
    """The line with another text of the same length, and its spans with it."""
    spans: list[Span] = []
    position = 0
    for span in line.spans:
        position = line.text.index(span.text, position)
        end = position + len(span.text)
        spans.append(msgspec.structs.replace(span, text=text[position:end]))
        position = end
    return msgspec.structs.replace(line, text=text, spans=tuple(spans))
