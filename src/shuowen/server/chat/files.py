"""The files of one question at the desk: opened one after another, their pages counted together."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from types import MappingProxyType

from shuowen.config import Effort, Limits, ReadOptions
from shuowen.document.model import Document, Page
from shuowen.errors import FieldError
from shuowen.reading.read import make_document, source_info
from shuowen.server.chat.media import blamed
from shuowen.server.chat.model import ChatFile, ChatQuestion, Detail, Progress
from shuowen.server.desk import Desk, DeskEvent, Opened, PageRead

_EFFORTS: Mapping[Detail, Effort] = MappingProxyType(
    {"low": "fast", "auto": "normal", "medium": "normal", "high": "max"}
)
"""How hard a page is looked at, by the `detail` of the picture."""


@dataclass
class FileReader:
    """Reads the files of one question.

    Attributes:
        desk: Reads their pages.
        limits: What one source may cost.
        question: Says whose they are and how many pages they may have together.
    """

    desk: Desk
    limits: Limits
    question: ChatQuestion
    _num_pages: int = field(default=0, init=False)

    def events(self, file: ChatFile) -> Generator[DeskEvent, None, None]:
        """What the desk gives for a file; errors name the field that it came from."""
        events = self.desk.read(
            file.source,
            _options(file),
            self.limits,
            owner=self.question.owner,
            max_pages=self.question.max_pages,
        )
        with blamed(file.param), closing(events):
            for event in events:
                if isinstance(event, Opened):
                    self._count(len(event.page_numbers), file)
                yield event

    def document(self, file: ChatFile) -> Generator[Progress, None, Document]:
        """Reads a whole file; tells how far it is, first when it is open and nothing is read."""
        pages: list[Page] = []
        with closing(self.events(file)) as events:
            opened = begun(events)
            total = len(opened.page_numbers)
            yield Progress(what="pages", done=0, total=total)
            for event in events:
                if isinstance(event, PageRead):
                    pages.append(event.page)
                    yield Progress(what="pages", done=len(pages), total=total)
        info = source_info(file.source, opened.media_type, sha256="")
        return make_document(info, opened.num_pages, pages, _options(file), seconds=0.0)

    def _count(self, num_pages: int, file: ChatFile) -> None:
        self._num_pages += num_pages
        if self._num_pages > self.question.max_pages:
            raise FieldError(
                f"With {file.source.name} the files have {self._num_pages} pages; a chat may have"
                f" {self.question.max_pages}.",
                "Send fewer pages, or hand the document in at POST /v1/documents.",
                param=file.param,
            )


def _options(file: ChatFile) -> ReadOptions:
    return ReadOptions(effort=_EFFORTS[file.detail])


def begun(events: Iterator[DeskEvent]) -> Opened:
    """The first event of a file; raises what opening it raises."""
    event = next(events)
    assert isinstance(event, Opened), "a source is opened before it is read"
    return event
