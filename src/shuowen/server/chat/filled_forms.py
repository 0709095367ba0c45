"""Answers in the form of a JSON schema: what stands at its labels, with boxes beside the answer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shuowen.document.model import Document
from shuowen.server.bridge import stop_of_thread
from shuowen.server.chat.context import contexts_in
from shuowen.server.chat.files import FileReader
from shuowen.server.chat.key_values.extract import Extraction, extract
from shuowen.server.chat.key_values.form import Group, Leaf
from shuowen.server.chat.model import Began, ChatEvent, ChatFile, Said
from shuowen.server.chat.wording import Wording
from shuowen.writers.plain import error_sentence
from shuowen.writers.text import write


@dataclass(frozen=True)
class Beside:
    """What goes beside an answer.

    Attributes:
        extra: Where each value stands, for the answer's field "shuowen".
        notices: Sentences about pages that could not be read, and lists that stay empty.
    """

    extra: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def filled_form(
    form: Group, files: tuple[ChatFile, ...], reader: FileReader, wording: Wording
) -> Generator[ChatEvent, None, Beside]:
    """`Began`, then the filled form, or a refusal where the schema insists on what is not there.

    Args:
        form: What is asked for.
        files: The pictures and PDFs to fill it from; without any, texts that the prompt carries.
        reader: Reads them.
        wording: What a refusal says.

    Returns:
        What goes beside the answer.

    Raises:
        ShuowenError: A file cannot be read.
    """
    documents = yield from documents_of(files, reader)
    if not documents:
        documents = [each.document for each in contexts_in(reader.question.messages)]
    if not documents:
        yield Said(refusal=wording.nothing_to_fill_from())
        return Beside()
    found = extract(documents, form, stop_of_thread())
    if found.missing:
        yield Said(refusal=wording.missing(found.missing))
    else:
        yield Said(text=_json(_value(found, form, documents)))
    fields = {"fields": msgspec.to_builtins(list(found.fields))} if found.fields else {}
    empty = () if found.missing else (wording.no_rows(path) for path in found.empty)
    return Beside(fields, (*unread_pages(documents), *empty))


def documents_of(
    files: tuple[ChatFile, ...], reader: FileReader
) -> Generator[ChatEvent, None, list[Document]]:
    """`Began` once the first file is open, then how far the reading is; gives the documents."""
    documents: list[Document] = []
    for file in files:
        with closing(reader.document(file)) as reading:
            opened = next(reading)
            if not documents:
                yield Began()
            yield opened
            documents.append((yield from reading))
    if not documents:
        yield Began()
    return documents


def unread_pages(documents: Sequence[Document]) -> tuple[str, ...]:
    """What is wrong with the documents' pages, in sentences that name the document."""
    return tuple(
        f"{document.source.name}: {told}"
        for document in documents
        for page in document.pages
        if (told := error_sentence(page))
    )


def _value(found: Extraction, form: Group, documents: list[Document]) -> Mapping[str, Any]:
    """The answer; for an object of any keys on pages without labels, their text."""
    is_free = not form.fields and isinstance(form.others, Leaf) and not found.value
    if not is_free:
        return found.value
    text = "\f".join(write(document).decode().strip() for document in documents)
    return {"text": text} if text.strip() else {}


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
