"""One line in the log for each request, and never what it was about."""

from __future__ import annotations

import logging

from starlette.types import Receive, Scope, Send

from shuowen.server.answer_watch import AnswerWatch, has_left
from shuowen.server.callers import caller_in, request_id_in
from shuowen.server.middleware import Layer
from shuowen.server.probes import PROBES

_log = logging.getLogger("shuowen.server.requests")


class RequestLog(Layer):
    """Logs every request at its end: route, status, seconds, bytes, caller and request id.

    Probes that go well are logged at DEBUG.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the request once it has ended, however it did."""
        watch = AnswerWatch(scope, send)
        try:
            await self.app(scope, receive, watch.send)
        finally:
            level = logging.DEBUG if _is_quiet_probe(scope, watch) else logging.INFO
            _log.log(level, "request", extra={"fields": _fields(scope, watch)})


def _is_quiet_probe(scope: Scope, watch: AnswerWatch) -> bool:
    """Whether a machine asked how the server is, as it does every few seconds, and all is well."""
    return scope["path"] in PROBES and watch.status == 200


def _fields(scope: Scope, watch: AnswerWatch) -> dict[str, object]:
    fields: dict[str, object] = {
        "request_id": request_id_in(scope),
        "caller": caller_in(scope).id,
        "method": scope["method"],
        "route": watch.route,
        "status": watch.status,
        "seconds": round(watch.seconds, 4),
        "bytes": watch.num_bytes,
    }
    if not watch.is_complete:
        fields["ended"] = "client left" if has_left(scope) else "cut off"
    return fields
