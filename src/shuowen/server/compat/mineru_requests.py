"""Requests of MinerU's clients, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shuowen.config import Effort, ReadOptions, TextLayer
from shuowen.errors import FieldError
from shuowen.server.compat.bodies import MAX_FILES
from shuowen.server.compat.fields import (
    BOOLEAN,
    FieldTable,
    accepted,
    honoured,
    one_of,
    refused,
    whole,
)
from shuowen.server.compat.given import Given

_FILES = {"type": "array", "items": {"type": "string", "format": "binary"}}
_LAST_PAGE_INDEX = 99_999
_MAX_PAGE_INDEX = 999_999
_TEXT_LAYERS: Mapping[str, TextLayer] = {"auto": "auto", "txt": "always", "ocr": "never"}
_EFFORTS: Mapping[str, Effort] = {"medium": "normal", "high": "max"}
_BACKENDS = (
    *("pipeline", "vlm-engine", "hybrid-engine", "vlm-auto-engine", "hybrid-auto-engine"),
    *("vlm-transformers", "vlm-vllm-engine", "vlm-vllm-async-engine", "vlm-lmdeploy-engine"),
    "vlm-mlx-engine",
)
_ELSEWHERE = "other servers are not called on a client's word"

TABLE = FieldTable(
    fields=(
        honoured("files", f"the documents, at most {MAX_FILES}", _FILES),
        honoured("return_md", "false: no Markdown", BOOLEAN),
        honoured("return_content_list", "true: a flat list of regions, as JSON in a text", BOOLEAN),
        honoured("return_middle_json", "true: blocks, lines, spans, as JSON in a text", BOOLEAN),
        honoured("return_images", "true: figures as pictures", BOOLEAN),
        honoured("response_format_zip", "true: a ZIP archive", BOOLEAN),
        honoured("return_original_file", "true: the archive holds the document too", BOOLEAN),
        honoured(
            "parse_method",
            "`auto`; `txt`: a PDF's own text wherever there is any; `ocr`: never",
            one_of(*_TEXT_LAYERS),
        ),
        honoured("effort", "`medium`, or `high`: a closer and slower look", one_of(*_EFFORTS)),
        honoured("table_enable", "false: tables come as lines of text", BOOLEAN),
        honoured("start_page_id", "first page, counted from 0", whole(0)),
        honoured("end_page_id", "last page, counted from 0", whole(0)),
        *accepted("lang_list", "all languages that the reader knows are read at once"),
        *accepted("formula_enable image_analysis", "formulas and figures give what text they hold"),
        *accepted("output_dir", "nothing is written where a client says"),
        *accepted(
            "enable_ocr enable_formula enable_table language model_version tier is_ocr",
            "they belong to MinerU's cloud, and its local API does not know them either",
        ),
        *refused("backend", _ELSEWHERE, *_BACKENDS),
        *refused("server_url", _ELSEWHERE, ""),
        *refused("return_model_output", "networks' own output is not kept", False),
        *refused("client_side_output_generation", "the answer is whole", False),
    )
)


@dataclass(frozen=True, kw_only=True)
class ParseRequest:
    """What a request asks for, of every file."""

    options: ReadOptions
    parse_method: str
    with_markdown: bool
    with_content_list: bool
    with_middle_json: bool
    with_pictures: bool
    with_tables: bool
    with_original: bool
    is_packed: bool


def parse_request(values: Mapping[str, Any]) -> ParseRequest:
    """Takes a form's fields apart; raises `FieldError`."""
    TABLE.check(values)
    given = Given(values)
    method = given.choice("parse_method", _TEXT_LAYERS, default="auto")
    effort = given.choice("effort", _EFFORTS, default="medium")
    options = ReadOptions(
        pages=_pages(given), text_layer=_TEXT_LAYERS[method], effort=_EFFORTS[effort]
    )
    is_packed = given.flag("response_format_zip", default=False)
    return ParseRequest(
        options=options,
        parse_method=method,
        with_markdown=given.flag("return_md", default=True),
        with_content_list=given.flag("return_content_list", default=False),
        with_middle_json=given.flag("return_middle_json", default=False),
        with_pictures=given.flag("return_images", default=False),
        with_tables=given.flag("table_enable", default=True),
        with_original=is_packed and given.flag("return_original_file", default=False),
        is_packed=is_packed,
    )


def _pages(given: Given) -> str:
    limits = {"minimum": 0, "maximum": _MAX_PAGE_INDEX}
    first = given.integer("start_page_id", default=0, **limits)
    last = given.integer("end_page_id", default=_LAST_PAGE_INDEX, **limits)
    if last < first:
        hint = "Use a page that does not come before start_page_id."
        raise FieldError("end_page_id comes before start_page_id.", hint, param="end_page_id")
    if (first, last) == (0, _LAST_PAGE_INDEX):
        return ""
    return f"{first + 1}-{last + 1}"
