"""Looking at made documents: a contact sheet, and a page that shows the truth beside each."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from shuowen.image.page import Pixels
from shuowen.train.synthesize.documents import make_document
from shuowen.train.synthesize.made import DocumentOptions, MadeDocument
from shuowen.train.synthesize.pieces import put

CONTACT_SHEET, PAGE = "contact.png", "preview.html"
_GROUND = (120, 120, 120)
_GAP_PX = 8
_MARK_COLOURS = {
    "line": (30, 140, 60),
    "word": (180, 180, 60),
    "cell": (40, 80, 220),
    "stamp": (220, 60, 200),
}
_STYLE = """
body { font: 14px/1.5 sans-serif; margin: 2em; }
section { display: flex; gap: 2em; margin-bottom: 2em; align-items: flex-start; }
img { max-width: 48vw; border: 1px solid #999; }
td, th { border: 1px solid #999; padding: 2px 6px; }
table { border-collapse: collapse; margin-bottom: 1em; }
pre { white-space: pre-wrap; }
"""


def preview(folder: Path, options: DocumentOptions, seeds: Iterable[int] = range(12)) -> list[Path]:
    """Write a contact sheet and an HTML page of made documents; returns both paths.

    Args:
        folder: Created when missing.
        options: What is made.
        seeds: Of the documents.

    Raises:
        OutputError: The disk is full, or the folder cannot be written to.
    """
    documents = [make_document(seed, options) for seed in seeds]
    sheet, page = folder / CONTACT_SHEET, folder / PAGE
    marked = [with_marks(document) for document in documents]
    put(sheet, _encoded(contact_sheet([document.pixels for document in documents]), ".png"))
    put(page, html_page(documents, marked).encode())
    return [sheet, page]


def contact_sheet(pictures: Sequence[Pixels], width_px: int = 2400) -> Pixels:
    """Pictures in rows on grey, (height, `width_px`, 3); wider ones than a third are made smaller.

    Args:
        pictures: (height, width, 3) each.
        width_px: Of the sheet.
    """
    shown = [_at_most(picture, width_px // 3 - _GAP_PX) for picture in pictures]
    places, left, top, height = [], 0, 0, 0
    for picture in shown:
        if left and left + picture.shape[1] > width_px:
            left, top, height = 0, top + height + _GAP_PX, 0
        places.append((left, top))
        left, height = left + picture.shape[1] + _GAP_PX, max(height, picture.shape[0])
    sheet = np.full((top + height, width_px, 3), _GROUND, np.uint8)
    for picture, (x, y) in zip(shown, places, strict=True):
        sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return sheet


def with_marks(document: MadeDocument) -> Pixels:
    """The picture with its lines, words, cells and stamps outlined, and its fields underlined."""
    pixels = document.pixels.copy()
    for mark in document.marks:
        corners = np.round(mark.polygon).astype(np.int32)
        cv2.polylines(pixels, [corners], isClosed=True, color=_MARK_COLOURS[mark.kind])
    for field in document.fields:
        corners = np.round(field.polygon).astype(np.int32)
        cv2.line(pixels, corners[3].tolist(), corners[2].tolist(), (230, 120, 20), 2)
    return pixels


def html_page(documents: Sequence[MadeDocument], pictures: Sequence[Pixels]) -> str:
    """A page that holds everything: each picture beside its truth."""
    parts = [
        f"<section><img src='{_data_address(picture)}' alt=''>"
        f"<div>{_truth(document)}</div></section>"
        for document, picture in zip(documents, pictures, strict=True)
    ]
    head = f"<meta charset='utf-8'><title>Made documents</title><style>{_STYLE}</style>"
    return f"<!doctype html><html><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _truth(document: MadeDocument) -> str:
    done = ", ".join(document.degradations) or "nothing"
    about = (
        f"{document.kind}, {document.language}; fonts: {', '.join(document.fonts)}; done: {done}"
    )
    shown = document.html if document.html is not None else f"<pre>{escape(document.text)}</pre>"
    rows = "".join(
        f"<tr><td>{escape(field.key)}</td><td>{escape(field.value)}</td></tr>"
        for field in document.fields
    )
    return f"<p>{escape(about)}</p>{shown}" + (f"<table>{rows}</table>" if rows else "")


def _at_most(picture: Pixels, width_px: int) -> Pixels:
    height, width = picture.shape[:2]
    if width <= width_px:
        return picture
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _data_address(picture: Pixels) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(_encoded(picture, '.jpg')).decode()}"


def _encoded(picture: Pixels, suffix: str) -> bytes:
    return cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
