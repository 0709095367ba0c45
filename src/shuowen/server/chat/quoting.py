"""Answers to questions about documents: the matching label with its value, and quoted passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shuowen.document.model import Document
from shuowen.server.bridge import stop_of_thread
from shuowen.server.chat.key_values.asked import asked_values
from shuowen.server.chat.passages import Passage, best_passages, passages_of
from shuowen.server.chat.questions import Question
from shuowen.server.chat.wording import Wording, asks_for_more, without_more
from shuowen.writers.markdown import escape_markdown
from shuowen.writers.plain import single_line


@dataclass(frozen=True)
class Quotable:
    """A document that may be quoted.

    Attributes:
        document: What it says.
        name: What people call it; may be empty.
        citation: What stands behind a quote, such as "[1]"; the name and page when empty.
    """

    document: Document
    name: str
    citation: str = ""


MOST_AFTER_TEXT = 3
"""Matches that are shown after a transcription, which holds them all already."""


def quotes(sources: Sequence[Quotable], question: str, wording: Wording) -> str:
    """What the documents say to a question, word for word, as Markdown."""
    names = [source.name for source in sources]
    wants_more = asks_for_more(question)
    asked = without_more(question) if wants_more else question
    values = _values(sources, asked, wording)
    found = _passages(sources, asked)
    told = [wording.only_quotes()] if wants_more else []
    if not values and not found:
        return "\n\n".join(told or [wording.no_passage(names)]) + "\n"
    said = wording.passages([sources[each.document_index].name for each in found] or names)
    quoted = [said, *_quoted(sources, found, wording)] if found else []
    return "\n\n".join([*told, *values, *quoted]) + "\n"


def matches(sources: Sequence[Quotable], question: Question, wording: Wording) -> str:
    """What goes after a transcription: the few places that fit a question; "" for none."""
    values = _values(sources, question.text, wording)[:MOST_AFTER_TEXT]
    num_left = MOST_AFTER_TEXT - len(values)
    found = _passages(sources, question.text)[:num_left] if question.is_asked else []
    places = [*values, *_quoted(sources, found, wording)]
    return "\n\n".join(["", wording.where_asked(), *places])[1:] + "\n" if places else ""


def _values(sources: Sequence[Quotable], question: str, wording: Wording) -> list[str]:
    """Labels that a question names, with their values."""
    documents = [source.document for source in sources]
    return [
        f"**{escape_markdown(each.label)}**: {escape_markdown(each.text)}"
        f" {_place(sources[each.document_number - 1], each.page_number, wording)}"
        for each in asked_values(documents, question, stop_of_thread())
    ]


def _passages(sources: Sequence[Quotable], question: str) -> list[Passage]:
    return best_passages(passages_of([source.document for source in sources]), question)


def _quoted(
    sources: Sequence[Quotable], found: Sequence[Passage], wording: Wording
) -> Iterator[str]:
    """Passages as quotes; above the first row of a table its headings."""
    heads = ""
    for each in found:
        place = _place(sources[each.document_index], each.page_number, wording)
        above = f"> {escape_markdown(each.heads)}\\\n" if each.heads not in ("", heads) else ""
        heads = each.heads
        yield f"{above}> {escape_markdown(each.text)} {place}"


def _place(source: Quotable, page_number: int, wording: Wording) -> str:
    if source.citation:
        return source.citation
    page = wording.page(page_number)
    name = single_line(wording.file(source.name))
    return f"({escape_markdown(name)}, {page})" if name else f"({page})"
