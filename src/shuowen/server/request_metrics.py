"""Counting requests."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from shuowen.server.answer_watch import AnswerWatch
from shuowen.server.metrics import Metrics
from shuowen.server.middleware import Layer

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))


class RequestMetrics(Layer):
    """Counts every request by its route and status, with the time that it took."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        super().__init__(app)
        self._metrics = metrics

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request once it has ended, however it did."""
        watch = AnswerWatch(scope, send)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        with self._metrics.in_flight.track_inprogress():
            try:
                await self.app(scope, receive, watch.send)
            finally:
                self._metrics.request_done(watch.route, method, watch.status, watch.seconds)
