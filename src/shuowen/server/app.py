"""The app: every path of the server, and what every request goes through on its way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from shuowen.server import front_page, health, unknown_paths
from shuowen.server.admission import Admitting
from shuowen.server.body import BodyLimit, UnreadBody
from shuowen.server.chat import models, routes
from shuowen.server.compat import docling, mineru, mistral, open_webui, paddleocr, tika
from shuowen.server.documents import routes as documents
from shuowen.server.drain import Draining
from shuowen.server.error_guard import ErrorGuard
from shuowen.server.foreign_pages import ForeignPages
from shuowen.server.key_check import KeyCheck
from shuowen.server.leaving import ClientWatch, TimeLimit
from shuowen.server.parts import Parts
from shuowen.server.private_answers import PrivateAnswers
from shuowen.server.request_ids import HEADER, RequestIds
from shuowen.server.request_log import RequestLog
from shuowen.server.request_metrics import RequestMetrics
from shuowen.version import __version__

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig  # not in FastAPI before 0.165

ROUTERS = (
    health.router,
    front_page.router,
    routes.router,
    models.router,
    documents.router,
    open_webui.router,
    docling.router,
    mistral.router,
    paddleocr.router,
    mineru.router,
    tika.router,
)
"""What makes the paths, group by group, in the order in which they are listed."""

_SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI records nothing for OpenTelemetry, whatever the environment says: it would hold addresses
and messages of errors, and so names and text of documents."""


def create_app(parts: Parts) -> FastAPI:
    """The app over these parts; it opens and closes nothing."""
    app = FastAPI(
        title="Shuowen",
        version=__version__,
        openapi_url=None,  # FastAPI's own path for it has no name in log and metrics
        docs_url=None,  # FastAPI's page loads scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        middleware=_middleware(parts),
        telemetry=_SILENT,
    )
    routers = [make(parts) for make in ROUTERS]
    for router in routers:
        app.include_router(router)
    unknown_paths.install(app, [route for router in routers for route in router.routes])
    return app


def _middleware(parts: Parts) -> list[Middleware]:
    """From the outside in. What is refused early costs little, and all of it is logged."""
    options = parts.options
    return [
        Middleware(RequestIds),
        Middleware(RequestLog),
        Middleware(RequestMetrics, parts.metrics),
        Middleware(PrivateAnswers),
        Middleware(UnreadBody),
        *_cross_origin(options.cors_origins),
        Middleware(ErrorGuard),
        Middleware(ForeignPages, options),
        Middleware(Draining, parts.drain),
        Middleware(KeyCheck, parts.keys, parts.rates),
        Middleware(Admitting, parts.admission),
        Middleware(BodyLimit, options.max_body_bytes),
        Middleware(ClientWatch),
        Middleware(TimeLimit, options.request_seconds),
    ]


def _cross_origin(origins: tuple[str, ...]) -> list[Middleware]:
    """Outside of the key check: a browser asks for leave without the key."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[HEADER, "retry-after"],
        )
    ]
