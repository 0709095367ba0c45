"""Everything that a server's paths work with, built once and handed down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shuowen.server.admission import Admission
from shuowen.server.desk import Desk
from shuowen.server.drain import Drain
from shuowen.server.keys import KeyRing
from shuowen.server.metrics import Metrics
from shuowen.server.options import ServerOptions
from shuowen.server.rates import Rates
from shuowen.server.readiness import Readiness

if TYPE_CHECKING:
    from shuowen.server.chat.shelf import ModelShelf
    from shuowen.server.documents.store import DocumentStore


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A server's parts.

    Attributes:
        options: How the server was set up.
        desk: Reads pages.
        models: Answer chats.
        documents: The documents that were handed in.
        keys: Who may ask.
        rates: How often each key may ask.
        admission: How many may ask at once.
        drain: Whether the server is about to stop.
        readiness: What is still being loaded.
        metrics: What is counted.
    """

    options: ServerOptions
    desk: Desk
    models: ModelShelf
    documents: DocumentStore
    keys: KeyRing
    rates: Rates
    admission: Admission
    drain: Drain
    readiness: Readiness
    metrics: Metrics
