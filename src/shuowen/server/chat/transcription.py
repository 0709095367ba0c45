"""What pictures and PDFs say, as Markdown, while they are read."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing

from shuowen.document.model import Document, Page, Region, SourceInfo
from shuowen.errors import ShuowenError
from shuowen.server.chat.files import FileReader, begun
from shuowen.server.chat.model import Began, ChatEvent, ChatFile, Progress, Said
from shuowen.server.chat.wording import Wording
from shuowen.server.desk import DeskEvent, Opened, PageRead, RegionRead
from shuowen.writers.markdown import MarkdownStream, escape_markdown
from shuowen.writers.plain import single_line

_log = logging.getLogger("shuowen.server")


def transcription(
    files: tuple[ChatFile, ...], reader: FileReader, wording: Wording, before: str
) -> Generator[ChatEvent, None, list[Document]]:
    """`Began`, then the files one after another.

    The text of a single file is just what the Markdown writer makes of its document. Several are
    told apart by a comment with the name of each, and one that cannot be read costs only its note.

    Args:
        files: At least one.
        reader: Reads them.
        wording: What is said where there is nothing to read.
        before: What is said before the text, if there is any text.

    Returns:
        What was read: the files that could be opened.

    Raises:
        ShuowenError: The first file cannot be opened.
    """
    with closing(reader.events(files[0])) as events:
        opened = begun(events)
        yield Began()
        if len(files) == 1:
            return [(yield from _document(opened, events, wording, before))]
        yield Said(text=f"{before}{_heading(files[0], wording)}")
        documents = [(yield from _document(opened, events, wording, ""))]
    for file in files[1:]:
        yield Said(text=f"\n{_heading(file, wording)}")
        documents += yield from _next_file(file, reader, wording)
    return documents


def _heading(file: ChatFile, wording: Wording) -> str:
    name = single_line(wording.file(file.source.name)).replace("--", "- -")
    return f"<!-- {name} -->\n\n"


def _next_file(
    file: ChatFile, reader: FileReader, wording: Wording
) -> Generator[ChatEvent, None, list[Document]]:
    try:
        with closing(reader.events(file)) as events:
            return [(yield from _document(begun(events), events, wording, ""))]
    except ShuowenError as error:
        _log.info("One of several files of a chat could not be read: %s", error.code)
        told = wording.unreadable(single_line(file.source.name), single_line(str(error)))
        yield Said(text=f"> {escape_markdown(told)}\n")
        return []


def _document(
    opened: Opened, events: Iterator[DeskEvent], wording: Wording, before: str
) -> Generator[ChatEvent, None, Document]:
    """The pieces of one document; nothing is said until there is something to read."""
    total = len(opened.page_numbers)
    stream = MarkdownStream(total)
    held, has_begun = before, False
    pages: list[Page] = []
    for event in events:
        if isinstance(event, RegionRead):
            held += stream.region(event.page_number, event.region)
            has_begun = has_begun or _has_text(event.region)
        elif isinstance(event, PageRead):
            pages.append(event.page)
            held += stream.page(event.page)
            has_begun = has_begun or _has_failed(event.page)
        if has_begun and held:
            yield Said(text=held)
            held = ""
        if isinstance(event, PageRead):
            yield Progress(what="pages", done=len(pages), total=total)
    end = stream.finish() if has_begun else f"{wording.nothing_to_read(opened.name)}\n"
    yield Said(text=end)
    source = SourceInfo(name=opened.name, media_type=opened.media_type, num_bytes=0, sha256="")
    return Document(source=source, num_pages=opened.num_pages, status="ok", pages=tuple(pages))


def _has_text(region: Region) -> bool:
    cells = region.table.cells if region.table else ()
    return bool(region.text.strip()) or any(cell.text.strip() for cell in cells)


def _has_failed(page: Page) -> bool:
    return page.error is not None
