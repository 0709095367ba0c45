"""What a client of docling-serve may wish, and what becomes of every wish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shuowen.config import ReadOptions, TextLayer
from shuowen.errors import FieldError
from shuowen.server.compat.fields import (
    BOOLEAN,
    TEXT,
    Field,
    FieldTable,
    accepted,
    honoured,
    one_of,
    refused,
)
from shuowen.server.compat.given import Given, as_integer

FORMATS = ("md", "json", "html", "text")
_LAST_PAGE = 999_999_999
_FORMATS = {"type": ["array", "null"], "items": {"enum": FORMATS}}
_KINDS = {"type": ["array", "null"], "items": {"type": "string"}}
_RANGE = {"type": ["array", "null"], "items": {"type": "integer", "minimum": 1}, "maxItems": 2}
_SECONDS = {"type": ["number", "null"], "exclusiveMinimum": 0}

_OWN_MODELS = "it tunes models of Docling's own, which do not run here"
OPTIONS: tuple[Field, ...] = (
    honoured("to_formats", f"any of {', '.join(FORMATS)}; others are refused", _FORMATS),
    honoured("from_formats", "a file of another kind than these is skipped", _KINDS),
    honoured(
        "image_export_mode",
        "`placeholder`, or `embedded` for figures as pictures in Markdown and JSON",
        one_of("placeholder", "embedded"),
    ),
    honoured(
        "do_ocr",
        "false: a PDF's own text is used wherever there is any, and only pages without are read",
        BOOLEAN,
    ),
    honoured("force_ocr", "true: a PDF's own text is never used", BOOLEAN),
    honoured("do_table_structure", "false: tables come as lines of text", BOOLEAN),
    honoured("page_range", "first and last page, counted from 1", _RANGE),
    honoured("document_timeout", "pages read by then are given as a partial success", _SECONDS),
    honoured("abort_on_error", "true: a page that fails makes the document fail", BOOLEAN),
    honoured(
        "include_images", "false: no figures as pictures, whatever image_export_mode", BOOLEAN
    ),
    honoured("md_page_break_placeholder", "stands between pages in Markdown", TEXT),
    *accepted(
        "ocr_engine ocr_lang ocr_preset ocr_custom_config pdf_backend table_mode"
        " table_cell_matching table_structure_preset table_structure_custom_config"
        " layout_preset layout_custom_config do_pdf_heading_hierarchy"
        " pdf_heading_hierarchy_options picture_description_area_threshold"
        " picture_description_preset picture_classification_preset code_formula_preset"
        " chart_extraction_preset vlm_pipeline_preset",
        _OWN_MODELS,
    ),
    *accepted("images_scale", "figures come at the resolution at which the page was read"),
    *accepted("md_compact_tables", "tables are always compact"),
    *refused("pipeline", "only the standard pipeline has a counterpart", "standard", "legacy"),
    *refused("include_page_images", "pictures of whole pages are not given", False),
    *refused(
        "do_code_enrichment do_formula_enrichment do_picture_classification do_chart_extraction"
        " do_picture_description",
        "the reader says what is written, and does not interpret pictures",
        False,
    ),
    *refused(
        "picture_description_local picture_description_api picture_description_custom_config"
        " picture_classification_custom_config code_formula_custom_config"
        " chart_extraction_custom_config vlm_pipeline_model vlm_pipeline_model_local"
        " vlm_pipeline_model_api vlm_pipeline_custom_config",
        "other models are not called on a client's word",
    ),
    *refused("chunking_options chunking_preset", "documents are not cut into chunks here"),
)
OPTIONS_TABLE = FieldTable(fields=OPTIONS, prefix="options.")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a conversion should give.

    Attributes:
        options: How to read.
        formats: Of `FORMATS`, in the order asked for.
        kinds: Docling's names of the kinds of file that are wanted; empty for all.
        with_pictures: Figures are embedded.
        with_tables: Tables have cells.
        page_break: Stands between pages in Markdown.
        seconds: Longest time for one document; None for no limit of its own.
        is_strict: A failed page fails the document.
    """

    options: ReadOptions
    formats: tuple[str, ...] = ("md",)
    kinds: tuple[str, ...] = ()
    with_pictures: bool = False
    with_tables: bool = True
    page_break: str = ""
    seconds: float | None = None
    is_strict: bool = False


def wishes_from(values: Mapping[str, Any], prefix: str = "") -> Wishes:
    """The wishes that checked options express.

    Raises:
        FieldError: A value makes no sense; it is named.
    """
    given = Given(values, prefix)
    mode = given.choice("image_export_mode", ("placeholder", "embedded"), default="placeholder")
    return Wishes(
        options=ReadOptions(pages=_pages(given), text_layer=_text_layer(given)),
        formats=_formats(given),
        kinds=tuple(_words(given, "from_formats")),
        with_pictures=mode == "embedded" and given.flag("include_images", default=True),
        with_tables=given.flag("do_table_structure", default=True),
        page_break=given.text("md_page_break_placeholder"),
        seconds=given.number("document_timeout", minimum=0.001),
        is_strict=given.flag("abort_on_error", default=False),
    )


def _text_layer(given: Given) -> TextLayer:
    if given.flag("force_ocr", default=False):
        return "never"
    return "auto" if given.flag("do_ocr", default=True) else "always"


def _formats(given: Given) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(_words(given, "to_formats")))
    if any(each not in FORMATS for each in formats):
        raise given.wrong("to_formats", f"any of: {', '.join(FORMATS)}")
    return formats or ("md",)


def _pages(given: Given) -> str:
    values = _listed(given.several("page_range"))
    if not values:
        return ""
    numbers = [as_integer(value) for value in values]
    if len(numbers) != 2 or any(number is None for number in numbers):
        raise given.wrong("page_range", "two whole numbers, first and last page, from 1")
    first, last = (min(number or 0, _LAST_PAGE) for number in numbers)
    if not 1 <= first <= last:
        raise given.wrong("page_range", "two whole numbers, first and last page, from 1")
    return f"{first}-{last}"


def _words(given: Given, name: str) -> list[str]:
    words = _listed(given.several(name))
    if not all(isinstance(word, str) for word in words):
        raise given.wrong(name, "a list of words")
    return words


def _listed(values: list[Any]) -> list[Any]:
    """A form may carry a list as one text: JSON, or words parted by commas."""
    if len(values) != 1 or not isinstance(values[0], str):
        return values
    text = values[0].strip()
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return values
    return listed if isinstance(listed, list) else values


def check_target(kind: str, param: str) -> None:
    """Refuses where a result cannot go.

    Raises:
        FieldError: Only the answer itself, and a ZIP archive, are places for results.
    """
    if kind in ("inbody", "zip"):
        return
    if kind == "presigned_url":
        # Docling's client looks for these words and then asks for the result in the answer.
        message = "A presigned URL requires artifact storage to be configured, which is not here."
        raise FieldError(message, "Use the target inbody or zip.", param=param)
    raise FieldError(f"{param} {kind!r} is not supported.", "Use inbody or zip.", param=param)
