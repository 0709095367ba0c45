"""Requests of Mistral's OCR clients, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from shuowen.config import ReadOptions
from shuowen.errors import FieldError
from shuowen.server.compat.fields import (
    BOOLEAN,
    TEXT,
    FieldTable,
    accepted,
    honoured,
    one_of,
    refused,
    whole,
)
from shuowen.server.compat.given import Given, as_integer
from shuowen.server.compat.mistral_pages import Granularity, PageWishes, TableFormat

_MAX_NUMBER = 1_000_000
_TABLES = one_of("markdown", "html")
_SCORES = one_of("page", "block", "word")
_KINDS: Mapping[Literal["document_url", "image_url", "file"], str] = {
    "document_url": "document_url",
    "image_url": "image_url",
    "file": "file_id",
}
_ANNOTATIONS = "annotations need a language model, and the reader is none"

IMAGE_TABLE = FieldTable(
    prefix="document.image_url.",
    fields=(
        honoured("url", "the address", TEXT),
        *accepted("detail", "pictures are always read closely"),
    ),
)
DOCUMENT_TABLE = FieldTable(
    prefix="document.",
    fields=(
        honoured("type", "`document_url`, `image_url` or `file`", one_of(*_KINDS)),
        honoured("document_url", "http(s), `data:` or a signed address of this server", TEXT),
        honoured("image_url", "the same, as a text or as an object with `url`", {}),
        honoured("file_id", "an uploaded file", TEXT),
        honoured("document_name", "what the document is called", TEXT),
    ),
)
REQUEST_TABLE = FieldTable(
    fields=(
        honoured("document", "see the fields below", DOCUMENT_TABLE.schema(), required=True),
        honoured("pages", 'counted from 0: a list, or a text such as "0-2,5"', {}),
        honoured("include_image_base64", "figures come as JPEG in base64", BOOLEAN),
        honoured("image_limit", "most figures that are listed", whole(0)),
        honoured("image_min_size", "least width and height, in pixels, of a figure", whole(0)),
        honoured("table_format", "`markdown` or `html`: tables stand apart from the text", _TABLES),
        honoured("extract_header", "true: running heads go into `header`", BOOLEAN),
        honoured("extract_footer", "true: running feet go into `footer`", BOOLEAN),
        honoured("include_blocks", "true: every region with its box", BOOLEAN),
        honoured("confidence_scores_granularity", "`page`, `block` or `word`", _SCORES),
        *accepted("model", "one reader answers, whose name is in the answer"),
        *accepted("id", "it names the request and changes nothing"),
        *refused(
            "bbox_annotation_format document_annotation_format document_annotation_prompt",
            _ANNOTATIONS,
        ),
    )
)
UPLOAD_TABLE = FieldTable(
    fields=(
        honoured("file", "the document", {"type": "string", "format": "binary"}),
        honoured("expiry", "hours to keep it, no longer than the server keeps anything", whole(1)),
        *refused("purpose", "files are for OCR alone", "ocr"),
        *accepted("visibility", "a file is its sender's alone"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the document of a request is: at an address, or among the uploaded files."""

    name: str
    address: str = ""
    file_id: str = ""


@dataclass(frozen=True, kw_only=True)
class OcrRequest:
    """What a request asks for."""

    place: Place
    options: ReadOptions
    wishes: PageWishes


def ocr_request(body: Mapping[str, Any]) -> OcrRequest:
    """Takes a request apart; raises `FieldError`."""
    REQUEST_TABLE.check(body)
    given = Given(body)
    document = given.inside("document")
    DOCUMENT_TABLE.check(document)
    return OcrRequest(
        place=_place(Given(document, "document.")),
        options=ReadOptions(pages=_pages(given)),
        wishes=_wishes(given),
    )


def _wishes(given: Given) -> PageWishes:
    table_format = given.choice("table_format", ("", "markdown", "html"), default="")
    scores = given.choice(
        "confidence_scores_granularity", ("", "page", "block", "word"), default=""
    )
    limit = given.integer("image_limit", default=-1, minimum=-1, maximum=_MAX_NUMBER)
    return PageWishes(
        with_pictures=given.flag("include_image_base64", default=False),
        max_pictures=None if limit < 0 else limit,
        min_picture_px=given.integer("image_min_size", default=0, minimum=0, maximum=_MAX_NUMBER),
        table_format=cast("TableFormat", table_format),
        header_apart=given.flag("extract_header", default=False),
        footer_apart=given.flag("extract_footer", default=False),
        with_blocks=given.flag("include_blocks", default=False),
        scores=cast("Granularity", scores),
    )


def _place(given: Given) -> Place:
    name = given.text("document_name")
    kind = given.choice("type", ("", *_KINDS), default="")
    kinds = [each for each in _KINDS if given.has(_KINDS[each])]
    if len(kinds) != 1 or kind not in ("", kinds[0]):
        fields = ", ".join(_KINDS.values())
        hint = f"Give one of {fields}, and the type that fits."
        raise FieldError("It is not clear what the document is.", hint, param="document")
    if kinds[0] == "file":
        return Place(name=name, file_id=given.text("file_id"))
    if kinds[0] == "document_url":
        return Place(name=name, address=given.text("document_url"))
    return Place(name=name, address=_image_address(given))


def _image_address(given: Given) -> str:
    if not given.is_object("image_url"):
        return given.text("image_url")
    image = given.inside("image_url")
    IMAGE_TABLE.check(image)
    return Given(image, IMAGE_TABLE.prefix).text("url")


def _pages(given: Given) -> str:
    """Page numbers from 1, as `ReadOptions` has them; raises `FieldError`."""
    ranges = [part for value in given.several("pages") for part in _parts(value)]
    shifted = []
    for part in ranges:
        first, dash, last = part.partition("-") if isinstance(part, str) else (part, "", "")
        numbers = [as_integer(each) for each in ((first, last) if dash else (first,))]
        known = [number for number in numbers if number is not None]
        is_sound = len(known) == len(numbers) and sorted(known) == known
        if not is_sound or not all(0 <= number < _MAX_NUMBER for number in known):
            raise given.wrong("pages", 'numbers from 0, or a text such as "0-2,5"')
        shifted.append("-".join(str(number + 1) for number in known))
    if given.has("pages") and not shifted:
        raise given.wrong("pages", "at least one number")
    return ",".join(shifted)


def _parts(value: Any) -> list[Any]:
    return value.split(",") if isinstance(value, str) else [value]
