"""PaddleOCR-VL's service: a document in base64 in, a result for each page out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from shuowen.config import ReadOptions
from shuowen.document.model import Document
from shuowen.errors import ShuowenError
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.compat.answers import route_class
from shuowen.server.compat.bodies import json_object
from shuowen.server.compat.fields import (
    BOOLEAN,
    TEXT,
    Contract,
    FieldTable,
    accepted,
    honoured,
    refused,
)
from shuowen.server.compat.figures import check_room, encoded, figure_pictures, page_pixels
from shuowen.server.compat.given import Given
from shuowen.server.compat.openapi import answers, json_body
from shuowen.server.compat.paddleocr_pages import IGNORED, PageWishes, page_result
from shuowen.server.compat.reading import (
    Reading,
    check_readable,
    read_document,
)
from shuowen.server.compat.sources import download_limits, source_from
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply
from shuowen.source.model import Source
from shuowen.writers.overlay import write_page

_MAX_LOG_ID = 200
_LABELS = {"type": ["array", "null"], "items": {"type": "string"}}
_OWN_MODELS = "it tunes models of PaddleOCR's own, which do not run here"

TABLE = FieldTable(
    fields=(
        honoured("file", "base64 or an http(s) address", {"type": "string"}, required=True),
        honoured("markdownIgnoreLabels", "labels that Markdown leaves out", _LABELS),
        honoured("prettifyMarkdown", "false: figures are plain Markdown images", BOOLEAN),
        honoured("returnMarkdownImages", "false: figures do not come as pictures", BOOLEAN),
        honoured("formatBlockContent", "true: `block_content` is Markdown", BOOLEAN),
        honoured("visualize", "true: the page, and the page with what was found", BOOLEAN),
        honoured("logId", "comes back in the answer", TEXT),
        *accepted("fileType", "the bytes tell whether it is a PDF or a picture"),
        *accepted("useDocOrientationClassify", "a page is always turned upright to be read"),
        *accepted("useSealRecognition useOcrForImageBlock", "all text is read wherever it stands"),
        *accepted(
            "layoutThreshold layoutNms layoutUnclipRatio layoutMergeBboxesMode layoutShapeMode"
            " mergeLayoutBlocks repetitionPenalty temperature topP minPixels maxPixels"
            " maxNewTokens vlmExtraArgs",
            _OWN_MODELS,
        ),
        *accepted("showFormulaNumber", "numbers of formulas stay where they stand"),
        *accepted("mergeTables relevelTitles", "they belong to restructurePages"),
        *refused("useDocUnwarping", "pages are not flattened", False),
        *refused("useLayoutDetection", "pages are always laid out", True),
        *refused("useChartRecognition", "charts are not interpreted", False),
        *refused("promptLabel", "there is no prompt; everything on a page is read", "ocr"),
        *refused("restructurePages", "pages are not merged", False),
        *refused("outputFormats", "there are no files but JSON", []),
    )
)
CONTRACT = Contract(
    title="PaddleOCR-VL service (PaddleX 3.7)",
    endpoints=("POST /layout-parsing",),
    encoding="JSON",
    tables=(TABLE,),
    remarks=(
        "Every page of a document is read, up to the server's limit. A page that cannot be read"
        " says so in its Markdown and in `prunedResult.error`; when none can, the status is 422.",
        "Errors have `logId`, `errorCode` and `errorMsg` beside `error`.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    wishes: PageWishes
    is_visual: bool
    log_id: str


def router(parts: Parts) -> APIRouter:
    """The one path of the service."""
    paths = APIRouter(tags=["PaddleOCR-VL"], route_class=route_class(_error_shape))

    @paths.post(
        "/layout-parsing",
        summary="Reads a document, page by page",
        openapi_extra=json_body(TABLE.schema()),
        responses=answers("logId, errorCode 0, errorMsg, and result."),
    )
    async def layout_parsing(request: Request) -> Response:
        """Reads a document, page by page."""
        body = await json_object(request)
        TABLE.check(body)
        given = Given(body)
        asked = _asked(given)
        limits = download_limits(parts.options)
        source = await call(source_from, given.text("file"), "document", limits, param="file")
        owner = caller_of(request).id
        return json_reply(await _parsed(parts, source, owner, asked))

    return paths


def _error_shape(error: ShuowenError) -> dict[str, Any]:
    return {"logId": str(uuid4()), "errorCode": error.http_status, "errorMsg": str(error)}


def _asked(given: Given) -> _Asked:
    labels = given.several("markdownIgnoreLabels")
    if not all(isinstance(label, str) for label in labels):
        raise given.wrong("markdownIgnoreLabels", "a list of words")
    return _Asked(
        wishes=PageWishes(
            ignored=tuple(labels) if given.has("markdownIgnoreLabels") else IGNORED,
            is_pretty=given.flag("prettifyMarkdown", default=True),
            with_pictures=given.flag("returnMarkdownImages", default=True),
            is_formatted=given.flag("formatBlockContent", default=False),
        ),
        is_visual=given.flag("visualize", default=False),
        log_id=given.text("logId")[:_MAX_LOG_ID] or str(uuid4()),
    )


async def _parsed(parts: Parts, source: Source, owner: str, asked: _Asked) -> dict[str, Any]:
    options = ReadOptions()
    document = await read_document(parts, Reading(source=source, options=options, owner=owner))
    check_readable(document)
    results = await call(_results, parts, source, document, asked)
    return {
        "logId": asked.log_id,
        "errorCode": 0,
        "errorMsg": "Success",
        "result": {"layoutParsingResults": results, "dataInfo": _data_info(document)},
    }


def _results(parts: Parts, source: Source, document: Document, asked: _Asked) -> list[Any]:
    limits, options = parts.options.limits, ReadOptions()
    wants_pictures = asked.wishes.with_pictures
    pictures = figure_pictures(source, options, limits, document) if wants_pictures else {}
    results = {
        page.page_number: page_result(document, page, asked.wishes, pictures)
        for page in document.pages
    }
    if asked.is_visual:
        num_bytes = sum(len(picture.jpeg) for picture in pictures.values())
        for page, pixels in page_pixels(source, options, limits, document.pages):
            overlay, drawn = write_page(page, pixels), encoded(pixels)
            num_bytes += len(overlay) + len(drawn.jpeg)
            check_room(num_bytes)
            told = {"layout_det_res": b64encode(overlay).decode("ascii")}
            results[page.page_number]["outputImages"] = told
            results[page.page_number]["inputImage"] = drawn.base64()
    return list(results.values())


def _data_info(document: Document) -> Mapping[str, Any]:
    sizes = [{"width": page.width_px, "height": page.height_px} for page in document.pages]
    if document.source.media_type == "application/pdf" or len(sizes) != 1:
        return {"type": "pdf", "numPages": document.num_pages, "pages": sizes}
    return {"type": "image", **sizes[0]}
