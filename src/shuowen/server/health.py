"""How the server is: alive, ready, and in numbers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from shuowen.errors import CapacityError
from shuowen.server.bridge import call
from shuowen.server.metrics import CONTENT_TYPE
from shuowen.server.parts import Parts
from shuowen.server.replies import error_reply, json_reply
from shuowen.version import __version__


def router(parts: Parts) -> APIRouter:
    """The paths /health, /ready and /metrics."""
    routes = APIRouter(tags=["Operation"])

    @routes.head("/health", include_in_schema=False)
    @routes.get("/health", summary="Whether the server is alive", response_class=Response)
    async def health() -> Response:
        return json_reply({"status": "ok", "version": __version__})

    @routes.head("/ready", include_in_schema=False)
    @routes.get("/ready", summary="Whether it can answer now", response_class=Response)
    async def ready() -> Response:
        if parts.drain.has_begun:
            return error_reply(CapacityError("The server is about to stop."))
        missing = parts.readiness.missing()
        if missing:
            return error_reply(CapacityError(f"Still loading: {', '.join(missing)}."))
        return json_reply({"status": "ready"})

    @routes.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(await call(parts.metrics.show), headers={"content-type": CONTENT_TYPE})

    return routes
