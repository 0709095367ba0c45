"""Carrying out what a client of docling-serve asked for, source after source."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from shuowen.document.model import Document
from shuowen.errors import InputError, ShuowenError
from shuowen.image.formats import sniff
from shuowen.server.bridge import call
from shuowen.server.compat.docling_answer import Conversion, inline_answer, zip_answer
from shuowen.server.compat.docling_options import Wishes
from shuowen.server.compat.figures import Picture, figure_pictures
from shuowen.server.compat.reading import DOCUMENT_FAULTS, Reading, read_document
from shuowen.server.compat.region_kinds import without_tables
from shuowen.server.parts import Parts
from shuowen.source.model import Source


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """One source that is to be converted.

    Attributes:
        name: Its file name.
        bring: Brings the content, on a thread; raises `ShuowenError`.
    """

    name: str
    bring: Callable[[], Source]


@dataclass(frozen=True, kw_only=True)
class Order:
    """Sources, what they should become, and for whom.

    Attributes:
        is_packed: The answer is a ZIP archive, which several sources need in any case.
        owner: Id of the caller.
    """

    sources: Sequence[Ordered]
    wishes: Wishes
    is_packed: bool
    owner: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The body of an answer and its type."""

    body: bytes
    media_type: str


async def carry_out(parts: Parts, order: Order, *, is_urgent: bool = True) -> Answer:
    """Converts everything; a source that cannot be read costs itself alone.

    Args:
        is_urgent: Somebody waits for it; else it is a task.

    Raises:
        ShuowenError: What is no source's fault: no time, no room, a bug.
    """
    conversions = [
        await _converted(parts, source, order, is_urgent=is_urgent) for source in order.sources
    ]
    if order.is_packed or len(conversions) > 1:
        body = await call(zip_answer, conversions, order.wishes)
        return Answer(body=body, media_type="application/zip")
    body = await call(inline_answer, conversions[0], order.wishes)
    return Answer(body=body, media_type="application/json")


async def _converted(
    parts: Parts, ordered: Ordered, order: Order, *, is_urgent: bool
) -> Conversion:
    start = time.monotonic()
    try:
        source = await call(ordered.bring)
        if fault := _unwanted(source, order.wishes):
            return Conversion(name=ordered.name, error=fault, is_skipped=True)
        wishes = order.wishes
        reading = Reading(
            source=source,
            options=wishes.options,
            owner=order.owner,
            seconds=wishes.seconds,
            is_urgent=is_urgent,
        )
        document = await read_document(parts, reading)
        pictures = await _pictures(parts, source, document, wishes)
    except DOCUMENT_FAULTS as error:  # as with Docling, the answer tells of them
        return Conversion(name=ordered.name, error=error, seconds=time.monotonic() - start)
    return Conversion(
        name=ordered.name,
        document=document if wishes.with_tables else without_tables(document),
        pictures=pictures,
        seconds=time.monotonic() - start,
    )


async def _pictures(
    parts: Parts, source: Source, document: Document, wishes: Wishes
) -> dict[str, Picture]:
    if not wishes.with_pictures:
        return {}
    limits = parts.options.limits
    return await call(partial(figure_pictures, source, wishes.options, limits, document))


def _unwanted(source: Source, wishes: Wishes) -> ShuowenError | None:
    media_type = sniff(source.head(), source.name)
    kind = "pdf" if media_type == "application/pdf" else "image"
    if not wishes.kinds or kind in wishes.kinds:
        return None
    return InputError(f"{source.name} is of the kind {kind}, which from_formats leaves out.")
