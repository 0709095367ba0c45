"""Confidences as Mistral's OCR tells them: of a page, of a block, of every word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shuowen.document.model import Page, Region, Span

# A word that the writer escaped is not found as it is; the search for the next one goes on from
# where the last was found, and no further than this many characters.
_WINDOW = 2000


def page_scores(page: Page, markdown: str | None) -> dict[str, Any] | None:
    """The page's mean and least confidence, and with `markdown` every word's place in it.

    None for a page without text.
    """
    spans = list(_spans(page.regions))
    if not spans or page.confidence is None:
        return None
    scores: dict[str, Any] = {
        "average_page_confidence_score": page.confidence,
        "minimum_page_confidence_score": min(map(_mean, spans)),
    }
    if markdown is not None:
        scores["word_confidence_scores"] = list(_words(spans, markdown))
    return scores


def block_scores(region: Region) -> dict[str, Any]:
    """A region's mean confidence and that of its least sure word; None where it has no text."""
    spans = list(_spans((region,)))
    return {
        "average_content_confidence_score": region.confidence,
        "minimum_content_confidence_score": min(map(_mean, spans), default=None),
        "block_type_confidence_score": None,
    }


def _spans(regions: tuple[Region, ...]) -> Iterator[Span]:
    for region in regions:
        for line in region.lines:
            yield from (span for span in line.spans if span.confidences)


def _mean(span: Span) -> float:
    return round(sum(span.confidences) / len(span.confidences), 4)


def _words(spans: list[Span], markdown: str) -> Iterator[dict[str, Any]]:
    cursor = 0
    for span in spans:
        start = markdown.find(span.text, cursor, cursor + _WINDOW)
        if start >= 0:
            cursor = start + len(span.text)
            yield {"text": span.text, "confidence": _mean(span), "start_index": start}
