"""What a web page says, without its markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import unescape
from types import MappingProxyType

_HIDDEN = frozenset(("script", "style", "template", "noscript", "svg", "head"))
_SHOWN_IN_HEAD = "title"
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "div", "dl", "fieldset", "figcaption", "figure")
    + ("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol")
    + ("p", "pre", "section", "table", "title", "ul")
)
_OPENING = {
    **dict.fromkeys(("br", "dd", "dt", "li", "option", "tr"), "\n"),
    **dict.fromkeys(("td", "th"), "\t"),
    **dict.fromkeys(_BLOCKS, "\n\n"),
}
_BLANK = re.compile(r"[ \t\r\f\v\xa0]+")
_BREAKS = re.compile(r"\n{3,}")
_ENDLESS = re.compile("&#(?=[0-9]{20})")
"""Begins a number that is no character's, and that Python would not take."""

_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,60})")
_END_OR_QUOTED = re.compile(r">|=\s*([\"'])")
_ENDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        name: re.compile(rf"</{name}(?![\w-])", re.IGNORECASE)
        for name in ("script", "style", "textarea")
    }
)
"""Where elements end whose content is no markup."""


def html_text(page: str) -> str:
    """The text that a page shows: blocks apart by blank lines, cells by tabs.

    It is read in one go from left to right, however broken; Python's own parser takes minutes for
    60 KB of `<a <a <a`.
    """
    reading = _Reading()
    position = 0
    while position < len(page):
        position = _step(page, position, reading)
    lines = (line.strip() for line in "".join(reading.pieces).split("\n"))
    return _BREAKS.sub("\n\n", "\n".join(lines)).strip()


def _step(page: str, position: int, reading: _Reading) -> int:
    """Read on until after the next tag; where that is. What never ends goes to the page's end."""
    opening = page.find("<", position)
    if opening < 0:
        opening = len(page)
    reading.text(page[position:opening])
    if page.startswith("<!--", opening):
        return _after(page, "-->", opening + 4)
    if page.startswith(("<!", "<?"), opening):
        return _after(page, ">", opening)
    tag = _TAG.match(page, opening)
    if tag is None:  # a sign of its own
        reading.text(page[opening : opening + 1])
        return opening + 1
    after, name = _end_of_tag(page, tag.end()), tag.group(2).lower()
    if tag.group(1):
        reading.end(name)
        return after
    reading.start(name)
    if page.endswith("/>", opening, after):
        reading.end(name)
    elif name in _ENDS:
        end = _ENDS[name].search(page, after)
        close = len(page) if end is None else end.start()
        reading.text(page[after:close])
        return close
    return after


def _end_of_tag(page: str, position: int) -> int:
    """Where a tag ends whose name does at `position`; a ">" in a quoted value is no end."""
    while match := _END_OR_QUOTED.search(page, position):
        quote = match.group(1)
        if quote is None:
            return match.end()
        position = _after(page, quote, match.end())
    return len(page)


def _after(page: str, mark: str, position: int) -> int:
    found = page.find(mark, position)
    return len(page) if found < 0 else found + len(mark)


class _Reading:
    """Collects what is shown."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._hidden: list[str] = []
        self._times_hidden: Counter[str] = Counter()
        self._is_title = False

    def start(self, tag: str) -> None:
        """A tag begins."""
        if tag == "body":
            self._hidden.clear()
            self._times_hidden.clear()
        if tag in _HIDDEN:
            self._hidden.append(tag)
            self._times_hidden[tag] += 1
        self._is_title = tag == _SHOWN_IN_HEAD
        self.pieces.append(_OPENING.get(tag, ""))

    def end(self, tag: str) -> None:
        """A tag ends, and with it those inside that were left open."""
        while self._times_hidden[tag]:
            last = self._hidden.pop()
            self._times_hidden[last] -= 1
            if last == tag:
                break
        self._is_title = False
        if tag in _BLOCKS:
            self.pieces.append("\n\n")

    def text(self, data: str) -> None:
        """Text between tags, with its references."""
        if not data or (self._hidden and not self._is_title):
            return
        told = unescape(_ENDLESS.sub("", data))
        self.pieces.append(_BLANK.sub(" ", told.replace("\n", " ")))
