"""A running engine, behind its guard, and its output."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from shuowen.errors import EngineError
from shuowen.launch import guard
from shuowen.launch.log_relay import LogRelay

_CHUNK_BYTES = 1 << 16
_POLL_SECONDS = 0.2
_SPARE_SECONDS = 5.0
"""How long the guard may take longer than it gives the engine."""


class GuardedProcess:
    """An engine that was started; ends with this process, however that ends."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        relay: LogRelay,
        stop_seconds: float,
    ) -> None:
        """Start it.

        Args:
            words: Its command line.
            environment: Variables besides those that this process has.
            relay: Takes what it says.
            stop_seconds: How long it may take to stop before it is killed.

        Raises:
            EngineError: Its guard cannot be started.
        """
        self._stop_seconds = stop_seconds
        self._relay = relay
        command = [sys.executable, "-I", str(Path(guard.__file__)), str(stop_seconds), *words]
        try:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
            )
        except OSError as error:
            raise EngineError(f"No process can be started: {error.strerror}.") from error
        self._reader = threading.Thread(target=self._read, name="engine-log", daemon=True)
        self._reader.start()

    def exit_code(self) -> int | None:
        """None as long as it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Ask it to stop, kill what does not, and come back when it is gone; safe to call again."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(self._stop_seconds + _SPARE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # which makes the system kill the engine, see guard.py
            self._process.wait()
        self._reader.join(_SPARE_SECONDS)

    def _read(self) -> None:
        """Until the output ends; a stranger that inherited it does not keep us."""
        output = self._process.stdout
        assert output is not None
        with output, selectors.DefaultSelector() as waiting:
            waiting.register(output, selectors.EVENT_READ)
            while True:
                if not waiting.select(_POLL_SECONDS):
                    if self._process.poll() is not None:
                        break
                    continue
                data = os.read(output.fileno(), _CHUNK_BYTES)
                if not data:
                    break
                self._relay.feed(data)
        self._relay.end()
