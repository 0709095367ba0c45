"""Files that are text already; Open WebUI sends files of every kind to one place."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from shuowen.errors import InputError
from shuowen.image.formats import READABLE, sniff
from shuowen.server.compat.encodings import decoded
from shuowen.server.compat.html_text import html_text
from shuowen.source.model import Source

_HTML = re.compile(r"\s*(<!doctype html|<html)", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE
)
_HTML_SUFFIXES = frozenset((".html", ".htm", ".xhtml"))
_SPACES = frozenset("\t\n\r\f\v\x1b")
_MAX_CONTROLS = 0.01
_NUM_CHECKED = 100_000
# Written in characters, but the text is not what they say.
_PAGE_LANGUAGES = (b"{\\rtf", b"%!PS")

_FOREIGN = {
    "a Word document": (".docx", ".doc", ".dotx", ".docm"),
    "an Excel workbook": (".xlsx", ".xls", ".xlsm"),
    "a PowerPoint presentation": (".pptx", ".ppt", ".ppsx"),
    "an OpenDocument file": (".odt", ".ods", ".odp"),
    "an e-book": (".epub", ".mobi"),
    "an e-mail": (".msg",),
    "an archive": (".zip", ".gz", ".7z", ".rar", ".tar"),
}
_KINDS = {suffix: kind for kind, suffixes in _FOREIGN.items() for suffix in suffixes}


def is_page_file(source: Source) -> bool:
    """Whether the bytes are a picture or a PDF, which have to be read."""
    try:
        sniff(source.head(), source.name)
    except InputError:
        return False
    return True


def text_of(data: bytes, name: str, charset: str = "") -> str:
    """What a text file says; of a web page, what it shows.

    Args:
        data: The file.
        name: Its name, for its suffix and for errors.
        charset: The encoding that its sender names.

    Raises:
        InputError: It is empty, or not text.
    """
    if not data:
        raise InputError(f"{name} is empty.", f"Hand in {READABLE}, or a text file.")
    if data.startswith(_PAGE_LANGUAGES):
        raise _not_read(data, name)
    named = _META_CHARSET.search(data[:1024])
    text = decoded(data, charset or (named[1].decode("ascii") if named else ""))
    if _is_binary(text):
        raise _not_read(data, name)
    is_html = PurePath(name).suffix.lower() in _HTML_SUFFIXES or _HTML.match(text)
    shown = html_text(text) if is_html else text
    if not shown.strip():
        raise InputError(f"{name} holds no text.", "Check the file.")
    return shown


def _is_binary(text: str) -> bool:
    head = text[:_NUM_CHECKED]
    num_controls = sum(
        unicodedata.category(character) == "Cc" and character not in _SPACES for character in head
    )
    return "\0" in head or num_controls > _MAX_CONTROLS * len(head)


def _not_read(data: bytes, name: str) -> InputError:
    kind = _KINDS.get(PurePath(name).suffix.lower())
    hint = f"Save it as PDF and hand that in; read are {READABLE}, and text files."
    if kind:
        return InputError(f"{name} is {kind}, which is not read.", hint)
    try:
        sniff(data[:1024], name)
    except InputError as error:
        return InputError(error.message, hint)
    return InputError(f"{name} is not text.", hint)
