"""An engine in another process, asked like any server, that may be down for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from shuowen.engines.remote import RemoteEngine, RemoteStream
from shuowen.engines.remote_options import RemoteOptions
from shuowen.errors import CapacityError, EngineError
from shuowen.generation.engine import Request

_NOTICE_SECONDS = 0.3
"""An engine that has just died refuses connections a little earlier than its end is noticed."""


class ChildEngine(RemoteEngine):
    """A `RemoteEngine` whose server is a child of ours; while it is started again, 503."""

    def __init__(
        self, url: str, options: RemoteOptions, *, title: str, is_ready: Callable[[], bool]
    ) -> None:
        """Takes where it listens.

        Args:
            url: Its address.
            options: Key, model, limits.
            title: The engine's name, for people.
            is_ready: Whether it answers now, as far as is known.
        """
        super().__init__(url, options)
        self._title = title
        self._is_ready = is_ready

    def stream(self, request: Request) -> RemoteStream:
        """As `RemoteEngine.stream`; raises `CapacityError` while the engine does not answer."""
        if not self._is_ready():
            raise self._down()
        try:
            return super().stream(request)
        except EngineError as error:
            time.sleep(_NOTICE_SECONDS)
            if self._is_ready():
                raise
            raise self._down() from error

    def _down(self) -> CapacityError:
        return CapacityError(
            f"{self._title} is being started again.", "Ask again in a few seconds."
        )
