"""Doubtful words in the text that writers write: marks that no escaping touches.

A region's text was put together from its lines: with or without spaces, without the hyphens that
broke words. So its doubtful spans are found in it again, in order, and stand between marks that
are no characters of any text (Unicode's noncharacters). Writers clean, cut and escape such text
like any other, and at the very end the marks become what the format has for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

import msgspec

from shuowen.document.model import Cell, Line, Region
from shuowen.writers.plain import clean

OPEN, CLOSE = "\ufdd0", "\ufdd1"
"""Begin and end of a doubtful stretch; two digits, in percent, follow the former."""
_DIGITS = "\ufdd2\ufdd3\ufdd4\ufdd5\ufdd6\ufdd7\ufdd8\ufdd9\ufdda\ufddb"
_MARK = re.compile(f"{OPEN}[{_DIGITS}]{{2}}|{CLOSE}")
_ANY = re.compile(f"[{OPEN}{CLOSE}{_DIGITS}]")
_HYPHENS = "-\u2010\u00ad"
_WINDOW = 500
"""Letters that are compared at a time where a text differs from its lines."""

Doubts = list[float | None]
"""For each character of a text how likely its doubtful word is right; None where there is none."""


def with_marks(region: Region) -> Region:
    """The region with marks in its text and in its cells'; itself when nothing is doubtful."""
    if not any(span.is_doubtful for line in region.lines for span in line.spans):
        return region
    table = region.table
    if table is not None:
        cells = tuple(_marked_cell(cell, region.lines) for cell in table.cells)
        table = msgspec.structs.replace(table, cells=cells)
    return msgspec.structs.replace(region, text=marked(region.text, region.lines), table=table)


def marked(text: str, lines: Sequence[Line]) -> str:
    """`text` cleaned, with marks around what is doubtful in `lines`, which it was made of.

    Doubtful words that follow each other on a line stand between one pair of marks, which tell of
    the least sure of them. A pair never reaches over a line break.
    """
    text = _ANY.sub("", clean(text))
    doubts = _joined(text, _doubts(text, lines))
    pieces = []
    for is_doubtful, group in groupby(
        range(len(text)), key=lambda place: doubts[place] is not None
    ):
        places = list(group)
        piece = text[places[0] : places[-1] + 1]
        sure = min((each for place in places if (each := doubts[place]) is not None), default=1.0)
        pieces.append(f"{OPEN}{_percent(sure)}{piece}{CLOSE}" if is_doubtful else piece)
    return "".join(pieces)


def unmarked(text: str) -> str:
    """`text` without marks."""
    return _MARK.sub("", text)


def without_front(text: str, num_characters: int) -> str:
    """`text` without its first characters, marks not counted; what stays doubtful stays marked."""
    place, opened = 0, ""
    while num_characters or _MARK.match(text, place):
        if mark := _MARK.match(text, place):
            opened = "" if mark.group() == CLOSE else mark.group()
            place = mark.end()
        else:
            num_characters -= 1
            place += 1
    return opened + text[place:]


def shown(text: str, opening: Callable[[str], str], closing: str) -> str:
    """`text` with its marks as they are written.

    Args:
        text: Text with marks.
        opening: From how likely right a stretch is, such as "0.43", to what stands before it.
        closing: What stands after it.
    """

    def show(mark: re.Match[str]) -> str:
        return closing if mark.group() == CLOSE else opening(_number(mark.group()))

    return _MARK.sub(show, text)


def crossed_out(region: Region) -> list[str]:
    """What was struck out on the region's lines; "…" where nobody knows what it was."""
    return [
        " ".join(clean(each.text).split()) or "…"
        for line in region.lines
        for each in line.crossed_out
    ]


def _marked_cell(cell: Cell, lines: Sequence[Line]) -> Cell:
    own = [lines[index] for index in cell.line_indices if index < len(lines)]
    return msgspec.structs.replace(cell, text=marked(cell.text, own))


def _doubts(text: str, lines: Sequence[Line]) -> Doubts:
    """What is doubtful in `text`, by finding the letters of the spans in it, in order."""
    doubts: Doubts = [None] * len(text)
    places = [place for place, character in enumerate(text) if not character.isspace()]
    letters = list(_letters(lines))
    index = 0
    for number, (letter, doubt) in enumerate(letters):
        if index < len(places) and text[places[index]] == letter:
            doubts[places[index]] = doubt
            index += 1
        elif letter not in _HYPHENS:  # else it broke a word, and the text has the word whole
            _match_rest(text, places[index:], letters[number:], doubts)
            break
    return doubts


def _match_rest(
    text: str, places: Sequence[int], letters: Sequence[tuple[str, float | None]], doubts: Doubts
) -> None:
    """The same for a text that has been changed since: where it is the same, it is as doubtful."""
    read = "".join(letter for letter, _ in letters)
    written = "".join(text[place] for place in places)
    for first, second, size in _matches(read, written):
        for step in range(size):
            doubts[places[second + step]] = letters[first + step][1]


def _matches(read: str, written: str) -> Iterator[tuple[int, int, int]]:
    """Equal stretches: where they begin in each of two texts, and how long they are.

    Looked for a window at a time, since the time goes with the square of what is looked at; what
    was moved by more than a window is not found.
    """
    first = second = 0
    while first < len(read) and second < len(written):
        matcher = SequenceMatcher(
            None, read[first : first + _WINDOW], written[second : second + _WINDOW], autojunk=False
        )
        blocks = [block for block in matcher.get_matching_blocks() if block.size]
        yield from ((first + block.a, second + block.b, block.size) for block in blocks)
        if blocks:
            ends = blocks[-1].a + blocks[-1].size, blocks[-1].b + blocks[-1].size
        else:
            ends = _WINDOW // 2, _WINDOW // 2
        first, second = first + ends[0], second + ends[1]


def _letters(lines: Sequence[Line]) -> Iterator[tuple[str, float | None]]:
    """All characters of spans but white space, each with its span's doubt."""
    for line in lines:
        for span in line.spans:
            doubt = min(span.confidences, default=0.0) if span.is_doubtful else None
            for character in "".join(_ANY.sub("", clean(span.text)).split()):
                yield character, doubt


def _joined(text: str, doubts: Doubts) -> Doubts:
    """The doubts with the spaces between two doubtful words of a line as doubtful as the words."""
    joined = list(doubts)
    for match in re.finditer(r"(?<=\S)[^\S\n]+(?=\S)", text):
        before, after = doubts[match.start() - 1], doubts[match.end()]
        if before is not None and after is not None:
            joined[match.start() : match.end()] = [before] * (match.end() - match.start())
    return joined


def _percent(confidence: float) -> str:
    return "".join(_DIGITS[int(digit)] for digit in f"{min(int(confidence * 100), 99):02}")


def _number(mark: str) -> str:
    return "0." + "".join(str(_DIGITS.index(digit)) for digit in mark[1:])
