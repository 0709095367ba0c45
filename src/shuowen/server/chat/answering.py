"""One chat request, from its bytes to the last event of its answer, on a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shuowen.errors import EngineError
from shuowen.server.chat.background import answer_background, told
from shuowen.server.chat.cutting import cut
from shuowen.server.chat.model import ChatEvent, Counted
from shuowen.server.chat.question import Asked, read_question, told_to_callers
from shuowen.server.parts import Parts


def answer_events(
    take_body: Callable[[], bytes], parts: Parts, owner: str
) -> Iterator[Asked | ChatEvent]:
    """What is asked, then what the model says; blocks, and closing it cancels the work.

    Args:
        take_body: Gives the body of the request, once; nobody else holds on to it, for it may be
            large and the answer take minutes.
        parts: The server.
        owner: Id of the caller's key.

    Raises:
        ShuowenError: The request is refused, or the model breaks off.
    """
    with told_to_callers():
        asked = read_question(take_body(), parts.models, parts.options, owner)
        yield asked
        events = _told_in_background(asked, parts) or asked.model.answer(asked.question)
        if asked.model.kind == "reader":
            events = cut(events, asked.question)
        try:
            yield from _counted(events, asked, parts)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()


def _told_in_background(asked: Asked, parts: Parts) -> Iterator[ChatEvent] | None:
    """The answer to one of Open WebUI's calls for titles and tags, which needs no model."""
    if parts.options.background != "answer":
        return None
    text = answer_background(asked.question)
    return None if text is None else told(text, asked.question)


def _counted(events: Iterator[ChatEvent], asked: Asked, parts: Parts) -> Iterator[ChatEvent]:
    """The events, the last one counted; raises `EngineError` where it is missing."""
    for event in events:
        if isinstance(event, Counted):
            parts.metrics.tokens(
                asked.name, prompt=event.prompt_tokens, completion=event.completion_tokens
            )
            yield event
            return
        yield event
    raise EngineError("The model broke off before the end of its answer.", "Try again.")
