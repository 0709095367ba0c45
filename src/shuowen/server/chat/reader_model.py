"""The embedded reader as a chat model: it transcribes, fills in forms, and quotes documents.

What it answers, by what the chat holds:

- pictures or PDFs in the last user turn: what they say, as Markdown, region by region, and after
  it the places that fit a question which was sent along;
- `response_format` with a JSON schema: the values at the schema's labels, with their boxes in
  "shuowen"; a refusal where the schema insists on a value that is not there;
- pictures earlier in the chat, or documents that Open WebUI put into the prompt as text: the label
  that is asked for with its value, and passages that share words with the question;
- nothing of these: a sentence that says what the reader is for.

Nothing is made up: every word but the reader's own few sentences (`wording.py`) was read.

Usage is counted as `cutting.count_tokens` does, of all texts of the messages; pictures count
nothing, as the reader sees no tokens in them.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing

from shuowen.config import Limits
from shuowen.errors import FieldError
from shuowen.generation.params import Constraint, JsonSchema
from shuowen.server.chat.background import answer_background, answer_for_reader, told
from shuowen.server.chat.context import MOST_LETTERS, contexts_in, question_in
from shuowen.server.chat.cutting import count_tokens
from shuowen.server.chat.files import FileReader
from shuowen.server.chat.filled_forms import Beside, documents_of, filled_form, unread_pages
from shuowen.server.chat.key_values.schema import read_schema
from shuowen.server.chat.model import (
    Began,
    ChatEvent,
    ChatFile,
    ChatMessage,
    ChatQuestion,
    Counted,
    Ended,
    ModelKind,
    Said,
)
from shuowen.server.chat.questions import question_beside
from shuowen.server.chat.quoting import Quotable, matches, quotes
from shuowen.server.chat.transcription import transcription
from shuowen.server.chat.wording import Wording, asks_for_more, wording_for
from shuowen.server.desk import Desk
from shuowen.writers.markdown import escape_markdown


class ReaderModel:
    """See `ChatModel`; `name` is what requests call it.

    Args:
        desk: Reads the pages; it belongs to the server and outlives the model.
        limits: What one source may cost.
        name: What requests call it.
    """

    def __init__(self, desk: Desk, *, limits: Limits, name: str) -> None:
        self.name = name
        self.created = int(time.time())
        self._desk = desk
        self._limits = limits

    @property
    def kind(self) -> ModelKind:
        """Which fields of a request it honours."""
        return "reader"

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        """See `ChatModel.answer`; closing the iterator ends the reading."""
        background = answer_background(question) or answer_for_reader(question)
        if background is not None:
            yield from told(background, question)
            return
        num_said, beside = 0, Beside()
        with closing(self._said(question)) as events:
            while True:
                try:
                    event = next(events)
                except StopIteration as end:
                    beside = end.value or beside
                    break
                if isinstance(event, Said):
                    num_said += count_tokens(event.text or event.refusal)
                yield event
        yield Ended(finish_reason="stop")
        yield Counted(
            prompt_tokens=sum(count_tokens(message.text) for message in question.messages),
            completion_tokens=num_said,
            notices=beside.notices,
            extra=beside.extra,
        )

    def close(self) -> None:
        """Nothing to let go of: what runs ends with its iterator, and the desk is the server's."""

    def _said(self, question: ChatQuestion) -> Generator[ChatEvent, None, Beside | None]:
        reader = FileReader(self._desk, self._limits, question)
        asked = question_in(_last_words(question.messages))
        wording = wording_for(asked)
        files = _files_of_last_turn(question.messages)
        constraint = question.params.constraint
        if constraint is not None:
            form = read_schema(_schema_of(constraint))
            return (yield from filled_form(form, files or question.files, reader, wording))
        if files:
            before = f"{wording.only_text()}\n\n" if asks_for_more(asked) else ""
            documents = yield from transcription(files, reader, wording, before)
            beside = question_beside(asked)
            if beside is not None and documents:
                sources = [Quotable(each, each.source.name) for each in documents]
                yield Said(text=matches(sources, beside, wording))
        else:
            yield from _quoted(question, reader, asked, wording)
        return None


def _quoted(
    question: ChatQuestion, reader: FileReader, asked: str, wording: Wording
) -> Iterator[ChatEvent]:
    """What earlier pictures, or texts that the prompt carries, say to the question."""
    contexts = contexts_in(question.messages)
    is_cut = any(each.is_cut for each in contexts)
    notices = f"\n> {wording.only_the_first(MOST_LETTERS)}\n" if is_cut else ""
    sources = [Quotable(each.document, each.name, f"[{each.id}]") for each in contexts]
    if not sources and question.files:
        documents = yield from documents_of(question.files, reader)
        names = (file.source.name for file in question.files)
        sources = [Quotable(*pair) for pair in zip(documents, names, strict=True)]
        notices = "".join(f"\n> {escape_markdown(each)}\n" for each in unread_pages(documents))
    else:
        yield Began()
    text = quotes(sources, asked, wording) if sources else f"{wording.no_picture()}\n"
    yield Said(text=text + notices)


def _schema_of(constraint: Constraint) -> dict[str, object]:
    if not isinstance(constraint, JsonSchema):
        message = "The reader fills in JSON schemas, not patterns."
        raise FieldError(message, "Use json_schema.", param="response_format")
    return dict(constraint.schema)


def _last_words(messages: tuple[ChatMessage, ...]) -> str:
    """The text of the last user message that has any."""
    texts = (message.text for message in reversed(messages) if message.role == "user")
    return next((text for text in texts if text.strip()), "")


def _files_of_last_turn(messages: tuple[ChatMessage, ...]) -> tuple[ChatFile, ...]:
    """The files that were sent since the assistant spoke last."""
    turn: list[ChatMessage] = []
    for message in reversed(messages):
        if message.role == "assistant":
            break
        turn.insert(0, message)
    return tuple(file for message in turn for file in message.files)
