"""Stopping a server by a signal, told in plain words: the first asks, the second one cuts."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from uvicorn.config import Config

Say = Callable[[str], None]
"""Shows a sentence to whoever started the server."""

ECHO_SECONDS = 0.2
"""A signal that comes again so soon is the same one: `timeout` and some shells send it to the
process and to its group."""

_uvicorn_log = logging.getLogger("uvicorn.error")


def say_nothing(sentence: str) -> None:
    """For servers that nobody looks at."""
    del sentence


class StoppingServer(uvicorn.Server):
    """A server that says that it stops, and returns from `run` when it has.

    Attributes:
        stopped_by: The signal that asked for the end; None for none.
        was_cut: Whether a second signal cut what ran.
    """

    def __init__(self, config: Config, *, seconds: float, say: Say = say_nothing) -> None:
        """Running requests have so many seconds after the first signal."""
        super().__init__(config)
        self._seconds = seconds
        self._say = say
        self._is_told = False
        self._stopped_at = 0.0
        self.stopped_by: int | None = None
        self.was_cut = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note a signal; what it leads to is done outside of the handler, where locks are safe."""
        now = time.monotonic()
        if self.stopped_by is None:
            self.stopped_by, self._stopped_at = sig, now
        elif sig != self.stopped_by or now - self._stopped_at > ECHO_SECONDS:
            self.was_cut = self.should_exit = self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop."""
        if self.stopped_by is not None:
            self._tell()
            self.begin_to_stop()
        return await super().on_tick(counter)

    def begin_to_stop(self) -> None:
        """Called ten times a second once a signal has come."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; uvicorn's line about requests that are cut is put into our words."""
        _uvicorn_log.addFilter(_in_own_words)
        try:
            await super().shutdown(sockets)
        finally:
            _uvicorn_log.removeFilter(_in_own_words)

    def _tell(self) -> None:
        if self._is_told:
            return
        self._is_told = True
        number = len(self.server_state.tasks)
        if not number:
            self._say("Stopping.")
            return
        running = "1 request is" if number == 1 else f"{number} requests are"
        self._say(
            f"Stopping: {running} being answered, which may go on for {self._seconds:g} seconds."
            " A second Ctrl-C cuts that."
        )


def _in_own_words(record: logging.LogRecord) -> bool:
    """Whether to log a line; that about cut requests is rewritten, and left out where none was."""
    if isinstance(record.msg, str) and record.msg.startswith("Cancel %s running task"):
        record.msg = "Requests that were still being answered are cut: %s."
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return record.args != (0,)
    return True
