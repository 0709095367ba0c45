"""Whatever is raised inside becomes an answer, or cuts one that has begun."""

from __future__ import annotations

import asyncio
import logging

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from shuowen.errors import CapacityError, ShuowenError
from shuowen.server.answer_watch import note_left
from shuowen.server.callers import request_id_in
from shuowen.server.middleware import Layer
from shuowen.server.replies import error_reply, unexpected

_log = logging.getLogger("shuowen.server")


class ErrorGuard(Layer):
    """Answers with the nested error body; nothing of a bug but its place goes to the log."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what is raised."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            note_left(scope)
        except asyncio.CancelledError:  # the server stops, and has waited long enough
            if has_begun:
                raise
            error = CapacityError("The server was stopped before it had an answer.", "Ask again.")
            await error_reply(error)(scope, receive, send)
        except Exception as bug:
            if has_begun:
                raise  # uvicorn closes the connection, so that nobody takes half for the whole
            if not isinstance(bug, ShuowenError):
                fields = {"request_id": request_id_in(scope)}
                _log.error("A bug showed in a request.", exc_info=bug, extra={"fields": fields})
            await error_reply(unexpected(bug))(scope, receive, send)
