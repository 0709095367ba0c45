"""Making a document of any kind from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from shuowen.train.synthesize.crops import CropOptions, make_crop
from shuowen.train.synthesize.damage import Damaged, damage
from shuowen.train.synthesize.fonts import shipped_fonts
from shuowen.train.synthesize.forms import draw_form
from shuowen.train.synthesize.made import (
    KINDS,
    DocumentKind,
    DocumentOptions,
    Field,
    Language,
    MadeDocument,
    Mark,
    Polygon,
    rectangle,
)
from shuowen.train.synthesize.pages import draw_page
from shuowen.train.synthesize.receipts import draw_receipt
from shuowen.train.synthesize.sheet import Sheet
from shuowen.train.synthesize.table_sheet import draw_table_sheet
from shuowen.train.synthesize.texts import TextOptions

DrawSheet = Callable[[np.random.Generator, DocumentOptions, Language], Sheet]

_SHEETS: Mapping[DocumentKind, DrawSheet] = {
    "page": draw_page,
    "table": draw_table_sheet,
    "form": draw_form,
    "receipt": draw_receipt,
}
_STREAM = 6
_BODY_POINTS = 11
_TEXTS: Mapping[Language, Mapping[str, float]] = {
    "zh": {"chinese": 5, "bracketed": 1, "random_hanzi": 2, "value": 1, "address": 1, "money": 1},
    "en": {"english": 5, "random_latin": 1, "number": 1, "code": 1, "email": 1},
}


def make_document(seed: int, options: DocumentOptions | None = None) -> MadeDocument:
    """The document of a seed: the same seed and options give the same pixels and truth.

    Args:
        seed: From 0.
        options: What is made.

    Raises:
        InputError: None of the fonts in the options can write the language.
    """
    options = options or DocumentOptions()
    rng = np.random.default_rng((_STREAM, KINDS.index(options.kind), seed))
    language: Language = "zh" if rng.random() < 0.5 else "en"
    if options.language != "both":
        language = options.language
    if options.kind in ("line", "cell"):
        return _crop(int(rng.integers(2**31)), options, language)
    sheet = _SHEETS[options.kind](rng, options, language)
    damaged = damage(sheet.pixels, rng, options.degradation, round(_BODY_POINTS * options.dpi / 72))
    return _document(sheet, damaged, options, language)


def _document(
    sheet: Sheet, damaged: Damaged, options: DocumentOptions, language: Language
) -> MadeDocument:
    mark_places = damaged.places([mark.polygon for mark in sheet.marks])
    field_places = damaged.places([field.polygon for field in sheet.fields])
    marks = map(_moved_mark, sheet.marks, mark_places)
    fields = map(_moved_field, sheet.fields, field_places)
    return MadeDocument(
        pixels=damaged.pixels,
        kind=options.kind,
        language=language,
        text="\n".join(sheet.text_lines),
        html=sheet.html,
        plain_html=sheet.plain_html,
        marks=tuple(marks),
        fields=tuple(fields),
        fonts=sheet.fonts,
        degradations=damaged.names,
    )


def _moved_mark(mark: Mark, polygon: Polygon) -> Mark:
    return replace(mark, polygon=polygon)


def _moved_field(field: Field, polygon: Polygon) -> Field:
    return replace(field, polygon=polygon)


def _crop(seed: int, options: DocumentOptions, language: Language) -> MadeDocument:
    """A crop of a line or a cell, at the size at which a reader of lines sees it."""
    hard = 0.4 * options.degradation
    crop = make_crop(
        seed,
        CropOptions(
            texts=TextOptions(weights=_TEXTS[language]),
            handwriting_share=options.handwriting_share,
            fonts=shipped_fonts() if options.fonts is None else options.fonts,
            cell_share=1.0 if options.kind == "cell" else 0.0,
            level_shares=(1 - options.degradation, options.degradation - hard, hard),
        ),
    )
    height, width = crop.pixels.shape[:2]
    mark = Mark(kind="line", text=crop.text, polygon=rectangle(0, 0, width, height))
    return MadeDocument(
        pixels=crop.pixels,
        kind=options.kind,
        language=language,
        text=crop.text,
        marks=(mark,),
        fonts=(crop.font,),
        degradations=crop.effects,
    )
