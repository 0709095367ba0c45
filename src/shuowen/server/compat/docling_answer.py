"""Conversions as docling-serve answers them: one in the body, several in a ZIP archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import msgspec

from shuowen.document.model import Document
from shuowen.errors import ShuowenError
from shuowen.server.compat.docling_document import docling_document
from shuowen.server.compat.docling_options import FORMATS, Wishes
from shuowen.server.compat.figures import Picture
from shuowen.server.compat.page_markdown import above_text, page_markdown
from shuowen.source.model import safe_stem
from shuowen.writers import html, text

_STATUSES = {"ok": "success", "partial": "partial_success", "failed": "failure"}
_GRADES = ((0.9, "excellent"), (0.8, "good"), (0.5, "fair"), (0.0, "poor"))
_SUFFIXES = {"md": ".md", "json": ".json", "html": ".html", "text": ".txt"}


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What became of one source.

    Attributes:
        name: The source's file name.
        document: What was read; None when nothing was.
        pictures: Its figures by region id, where they are wanted.
        error: Why nothing was read.
        is_skipped: It was not tried, as files of its kind are not wanted.
        seconds: How long it took.
    """

    name: str
    document: Document | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    error: ShuowenError | None = None
    is_skipped: bool = False
    seconds: float = 0.0

    def status(self, wishes: Wishes) -> str:
        """Docling's word for how it went."""
        if self.document is None:
            return "skipped" if self.is_skipped else "failure"
        if wishes.is_strict and self.document.status != "ok":
            return "failure"
        return _STATUSES[self.document.status]


def inline_answer(conversion: Conversion, wishes: Wishes) -> bytes:
    """One conversion as JSON."""
    status = conversion.status(wishes)
    given = status in ("success", "partial_success")
    contents = {name: None for name in (*FORMATS, "doctags")}
    if given and conversion.document is not None:
        contents |= {each: _content(conversion, each, wishes) for each in wishes.formats}
    document = {f"{name}_content": content for name, content in contents.items()}
    return msgspec.json.encode(
        {
            "document": {"filename": conversion.name, **document},
            "status": status,
            "errors": _errors(conversion),
            "processing_time": round(conversion.seconds, 3),
            "timings": {},
            "confidence": _confidence(conversion.document),
        }
    )


def zip_answer(conversions: Sequence[Conversion], wishes: Wishes) -> bytes:
    """Several conversions as a ZIP archive: a file for each format, and what went wrong."""
    packed = io.BytesIO()
    reports = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for stem, conversion in zip(_stems(conversions), conversions, strict=True):
            status = conversion.status(wishes)
            errors = _errors(conversion)
            reports.append({"filename": conversion.name, "status": status, "errors": errors})
            if status in ("success", "partial_success"):
                for each in wishes.formats:
                    content = _content(conversion, each, wishes)
                    data = content.encode() if isinstance(content, str) else _indented(content)
                    archive.writestr(f"{stem}{_SUFFIXES[each]}", data)
        if any(report["errors"] for report in reports):
            archive.writestr("errors.json", _indented(reports))
    return packed.getvalue()


def _stems(conversions: Sequence[Conversion]) -> list[str]:
    """A name for the files of each conversion, no two alike."""
    stems: list[str] = []
    for conversion in conversions:
        stem = safe_stem(PurePath(conversion.name).stem)
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}").casefold() in map(
            str.casefold, (*stems, "errors")
        ):
            number += 1
        stems.append(name)
    return stems


def _indented(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def _content(conversion: Conversion, kind: str, wishes: Wishes) -> Any:
    document = conversion.document
    assert document is not None, "only a document that was read has contents"
    if kind == "json":
        return docling_document(document, conversion.pictures)
    if kind == "md":
        return _markdown(document, conversion.pictures, wishes.page_break)
    return (html if kind == "html" else text).write(document).decode()


def _markdown(document: Document, pictures: Mapping[str, Picture], page_break: str) -> str:
    """As Docling writes it: a break between pages that say something, a mark for each figure."""
    pages = []
    for page in document.pages:
        figures = [region for region in page.regions if region.kind == "figure"]
        instead = {}
        for region in figures:
            picture = pictures.get(region.id)
            mark = f"![Image]({picture.data_url()})" if picture else "<!-- image -->"
            instead[region.id] = above_text(mark, region)
        pages.append(page_markdown(document, page, instead))
    between = f"\n\n{page_break}\n\n" if page_break else "\n\n"
    return between.join(page for page in pages if page)


def _errors(conversion: Conversion) -> list[dict[str, Any]]:
    if conversion.error is not None:
        return [_error(str(conversion.error), None)]
    document = conversion.document
    if document is None:
        return []
    failed = [page for page in document.pages if page.error is not None]
    told = [_error(notice.message, None) for notice in document.notices]
    return told + [
        _error(f"{page.error.message} {page.error.hint}".rstrip(), page.page_number)
        for page in failed
        if page.error is not None
    ]


def _error(message: str, page_number: int | None) -> dict[str, Any]:
    return {
        "component_type": "document_backend",
        "module_name": "shuowen",
        "error_message": message,
        "category": "backend_failure",
        "page_no": page_number,
    }


def _confidence(document: Document | None) -> dict[str, Any] | None:
    """Mean confidences of the text, in all and by page."""
    if document is None:
        return None
    by_page = {
        str(page.page_number): _scores([page.confidence])
        for page in document.pages
        if page.confidence is not None
    }
    found = [page.confidence for page in document.pages if page.confidence is not None]
    return {**_scores(found), "pages": by_page}


def _scores(confidences: list[float]) -> dict[str, Any]:
    if not confidences:
        return {"mean_grade": "unspecified", "low_grade": "unspecified"}
    mean, low = sum(confidences) / len(confidences), min(confidences)
    return {
        "ocr_score": round(mean, 4),
        "mean_score": round(mean, 4),
        "low_score": round(low, 4),
        "mean_grade": _grade(mean),
        "low_grade": _grade(low),
    }


def _grade(score: float) -> str:
    return next(name for least, name in _GRADES if score >= least)
