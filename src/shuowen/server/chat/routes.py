"""POST /v1/chat/completions."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from shuowen.errors import ShuowenError
from shuowen.server.bridge import in_thread
from shuowen.server.callers import caller_of, request_id_of
from shuowen.server.chat.answer_json import AnswerChunks, Heading, WholeAnswer
from shuowen.server.chat.answering import answer_events
from shuowen.server.chat.model import Began, ChatEvent, Progress
from shuowen.server.chat.openapi import CHAT_OPENAPI
from shuowen.server.chat.question import Asked
from shuowen.server.chat.sse import (
    DONE,
    PING_SECONDS,
    EventStream,
    comment,
    data_event,
    paced,
)
from shuowen.server.parts import Parts
from shuowen.server.replies import error_body, json_reply, unexpected

_log = logging.getLogger("shuowen.server")

Events = AsyncGenerator[Asked | ChatEvent | None, None]
"""What comes of a request; None is a sign that nothing has come for a while."""


def router(parts: Parts) -> APIRouter:
    """The path that chats come in by."""
    routes = APIRouter(tags=["Chat"])

    @routes.post(
        "/v1/chat/completions",
        summary="Ask a model, with pictures and PDFs",
        response_class=Response,
        openapi_extra=CHAT_OPENAPI,
    )
    async def chat_completions(request: Request) -> Response:
        body = [b"".join([piece async for piece in request.stream()])]
        owner = caller_of(request).id
        seconds = parts.options.request_seconds
        events: Events = paced(
            in_thread(lambda: answer_events(body.pop, parts, owner), seconds=seconds)
        )
        try:
            return await _reply(events, request_id_of(request))
        except BaseException:
            await events.aclose()
            raise

    return routes


async def _reply(events: Events, request_id: str) -> Response:
    """The answer, or a stream that begins with it; raises what was raised before it began."""
    async for event in events:
        if isinstance(event, Asked):
            if not event.question.stream:
                return await _whole(event, events)
            return EventStream(await _stream(event, events, request_id))
    raise AssertionError("a request that is not refused is asked")


async def _whole(asked: Asked, events: Events) -> Response:
    params = asked.question.params
    answer = WholeAnswer(Heading(model=asked.name), params.num_candidates)
    async with aclosing(events):
        async for event in _said(events):
            answer.take(event)
    return json_reply(answer.body(asked.notices, has_logprobs=params.logprobs is not None))


async def _said(events: Events) -> AsyncIterator[ChatEvent]:
    async for event in events:
        if event is not None and not isinstance(event, Asked):
            yield event


async def _stream(asked: Asked, events: Events, request_id: str) -> AsyncGenerator[bytes, None]:
    """The pieces of a stream, once the model has taken the question on.

    Until then errors have a status of their own; but nobody waits for it longer than for a sign of
    life.
    """
    latest = time.monotonic() + PING_SECONDS
    async for event in events:
        if event is None or isinstance(event, Began) or time.monotonic() > latest:
            break
    chunks = AnswerChunks(
        Heading(model=asked.name),
        asked.question.params.num_candidates,
        asked.notices,
        includes_usage=asked.includes_usage,
    )
    return _pieces(chunks, events, request_id)


async def _pieces(
    chunks: AnswerChunks, events: Events, request_id: str
) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        for chunk in chunks.first():
            yield data_event(chunk)
        try:
            async for event in events:
                if event is None:
                    yield comment("ping")
                elif isinstance(event, Progress):
                    yield comment(f"{event.done} of {event.total} {event.what}")
                elif not isinstance(event, Asked):
                    for chunk in chunks.take(event):
                        yield data_event(chunk)
        except Exception as error:  # the status is sent; what is left is an event
            if not isinstance(error, ShuowenError):
                fields = {"request_id": request_id}
                _log.error("A bug showed in a stream.", exc_info=error, extra={"fields": fields})
            yield data_event(error_body(unexpected(error)))
        yield DONE
