"""Documents that Open WebUI puts into a prompt as text: `<context><source id="1" name="…">`.

The block stands before the question (Open WebUI 0.12, utils/middleware.py, get_source_context), or
in the system message. Its text is laid out as a page, so that all that is done with pages that were
read can be done with it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shuowen.document.model import (
    Box,
    Document,
    Line,
    Page,
    Region,
    SourceInfo,
    union_of,
)
from shuowen.server.chat.model import ChatMessage

MOST_LETTERS = 300_000
"""Characters of all texts of a prompt that are looked at."""

# Found by plain search: patterns over a whole prompt could be made to take for ever.
_BEGIN, _END = "<context>", "</context>"
_SOURCE, _SOURCE_END = re.compile(r"<source\b([^<>]*)>"), "</source>"
_ATTRIBUTE = re.compile(r'([\w-]{1,60})="([^"]*)"')
_ATTACHED, _ATTACHED_END = "<attached_files>", "</attached_files>"

_LINE_HEIGHT, _LETTER_WIDTH, _CELL_GAP = 20.0, 10.0, 60.0
_CELLS = re.compile(r"[|\t]")
_RULE = re.compile(r"^[\s|:-]+$")
_LONGEST_ROW = 400
_HEADING = re.compile(r"^#{1,6}\s+")


@dataclass(frozen=True)
class Context:
    """A text that a prompt carries.

    Attributes:
        id: What a citation calls it: "1" for [1].
        name: The file's name; may be empty.
        document: The text as a document of one page.
        is_cut: Whether the text, or those after it, are longer than what is looked at.
    """

    id: str
    name: str
    document: Document
    is_cut: bool = False


def contexts_in(messages: tuple[ChatMessage, ...]) -> list[Context]:
    """The texts that the last user message, or else the system message, carries.

    Of very long ones the first `MOST_LETTERS` characters; `Context.is_cut` tells.
    """
    users = [message.text for message in messages if message.role == "user"][-1:]
    systems = [message.text for message in messages if message.role == "system"]
    for text in (*users, *systems):
        start, end = text.find(_BEGIN), text.rfind(_END)
        if 0 <= start < end:
            return list(_contexts(text[start + len(_BEGIN) : end]))
    return []


def question_in(text: str) -> str:
    """A user message without what Open WebUI puts before the person's own words."""
    end = text.rfind(_END)
    own = text[end + len(_END) :] if 0 <= text.find(_BEGIN) < end else text
    kept, position = [], 0
    while 0 <= (start := own.find(_ATTACHED, position)) < (end := own.find(_ATTACHED_END, start)):
        kept.append(own[position:start])
        position = end + len(_ATTACHED_END)
    return "".join((*kept, own[position:])).strip()


def _contexts(text: str) -> Iterator[Context]:
    left = MOST_LETTERS
    for number, piece in enumerate(text.split(_SOURCE_END)[:-1], start=1):
        match = _SOURCE.search(piece)
        if match is None or left <= 0:
            continue
        attributes = dict(_ATTRIBUTE.findall(match.group(1)))
        name = html.unescape(attributes.get("name", ""))
        content = piece[match.end() :]
        document = text_document(name, content[:left])
        is_cut = len(content) > left
        left -= len(content)
        yield Context(attributes.get("id", str(number)), name, document, is_cut)


def text_document(name: str, text: str) -> Document:
    """A text as a document of one page: a region for each line, pieces apart for its cells."""
    regions = tuple(_regions(text))
    page = Page(page_number=1, status="ok", regions=regions)
    source = SourceInfo(name=name, media_type="text/plain", num_bytes=len(text), sha256="")
    return Document(source=source, num_pages=1, status="ok", pages=(page,))


def _regions(text: str) -> Iterator[Region]:
    top = 0.0
    for number, written in enumerate(text.splitlines()):
        line = _HEADING.sub("", written).strip().strip("|")
        cells = [" ".join(cell.split()) for cell in _CELLS.split(line) if cell.strip()]
        if not cells or _RULE.match(line):
            continue
        joined = " | ".join(cells)
        rows = [cells] if len(joined) <= _LONGEST_ROW else [[piece] for piece in _broken(joined)]
        lines: list[Line] = []
        for row in rows:
            lines += _lines(row, top)
            top += 1.3 * _LINE_HEIGHT
        box = union_of([each.box for each in lines])
        yield Region(id=f"line-{number}", kind="text", box=box, text=joined, lines=tuple(lines))


def _broken(line: str) -> Iterator[str]:
    """A long line in pieces, broken at a space or, without one, anywhere."""
    start = 0
    while len(line) - start > _LONGEST_ROW:
        space = line.rfind(" ", start + 1, start + _LONGEST_ROW)
        end = space if space > 0 else start + _LONGEST_ROW
        yield line[start:end].strip()
        start = end
    yield line[start:].strip()


def _lines(cells: list[str], top: float) -> Iterator[Line]:
    left = 0.0
    for text in cells:
        box = Box(left, top, left + len(text) * _LETTER_WIDTH, top + _LINE_HEIGHT)
        corners = (
            (box.left, box.top),
            (box.right, box.top),
            (box.right, box.bottom),
            (box.left, box.bottom),
        )
        yield Line(text=text, confidence=1.0, box=box, quad=corners)
        left = box.right + _CELL_GAP
