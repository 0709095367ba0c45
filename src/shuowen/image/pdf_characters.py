"""The characters of a PDF page as text: what the PDF says that each drawn glyph means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from pypdfium2 import raw

REPLACEMENT = "\ufffd"
"""Stands for a glyph whose character the PDF does not say."""

_SOFT_HYPHEN = "\u00ad"
_FIRST_PRINTABLE = 0x20


def is_cjk(text: str) -> bool:
    """Whether `text` is a character set in a square: Han, kana, Hangul or their punctuation."""
    return bool(text) and unicodedata.east_asian_width(text[0]) in "WF"


def read_characters(text_page: Any) -> Iterator[tuple[int, str]]:
    """Each character's index on a `pypdfium2.PdfTextPage` and its text.

    Spaces of all kinds come as " "; what is never shown is left out; a ligature comes as several
    characters with one index.
    """
    high_surrogate = 0
    for index in range(raw.FPDFText_CountChars(text_page)):
        code = raw.FPDFText_GetUnicode(text_page, index)
        if 0xD800 <= code < 0xDC00:  # on Windows the second half comes as its own character
            high_surrogate = code
            continue
        if 0xDC00 <= code < 0xE000 and high_surrogate:
            code = 0x10000 + ((high_surrogate - 0xD800) << 10) + (code - 0xDC00)
        high_surrogate = 0
        text = _shown(code)
        if raw.FPDFText_IsHyphen(text_page, index) == 1:
            text = "-"
        elif code < _FIRST_PRINTABLE and raw.FPDFText_HasUnicodeMapError(text_page, index) == 1:
            text = REPLACEMENT  # the code is the glyph's number in its font, not a character
        yield from ((index, piece) for piece in text)


def _shown(code: int) -> str:
    """The text of a code point: ligatures spelled out, nothing for what has no shape."""
    text = chr(code) if 0 < code <= 0x10FFFF else REPLACEMENT
    if "\ufb00" <= text <= "\ufb06":  # Latin ligatures, ﬀ to ﬆ
        return unicodedata.normalize("NFKC", text)
    if text == _SOFT_HYPHEN:  # drawn where a word is broken
        return "-"
    if text in "\ufffe\uffff" or 0xD800 <= code < 0xE000:
        return REPLACEMENT
    if text.isspace():
        return " "
    return "" if unicodedata.category(text) in ("Cc", "Cf") else text
