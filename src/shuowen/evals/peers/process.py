"""A peer's process: asked with a line of JSON, killed when it takes too long."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shuowen.errors import EngineError, MissingExtraError, UsageError

WORKER = Path(__file__).with_name("worker.py")
_T = TypeVar("_T")
START_SECONDS = 600.0
"""How long a peer may take until it is ready: some load gigabytes."""

_MAX_TOLD = 400
"""Most characters of a peer's own last words in an error."""


class Ready(msgspec.Struct, frozen=True):
    """What a peer says of itself when it is ready."""

    version: str
    opens_documents: bool = False
    """Whether it takes PDFs as they are; the others get pictures of the pages."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer made of one file; `failure` says why it made nothing."""

    text: str = ""
    html: str | None = None
    lines: tuple[tuple[str, float], ...] = ()
    seconds: float | None = None
    failure: str = ""


class _FirstWords(msgspec.Struct):
    ready: Ready | None = None
    missing: str = ""


class PeerProcess:
    """One peer in one process; asked by one thread at a time."""

    def __init__(self, name: str, python: str, words: Sequence[str], *, timeout: float) -> None:
        """Starts the peer and waits until it is ready.

        Args:
            name: What errors call it.
            python: The Python in which the peer is installed.
            words: The peer's name in `worker.py`, and its argument if it has one.
            timeout: Longest time for each answer, in seconds; the start has `START_SECONDS`.

        Raises:
            UsageError: That Python cannot be started.
            MissingExtraError: The peer is not installed there.
            EngineError: It broke while it started.
        """
        self._name, self._timeout = name, timeout
        self._lock = threading.Lock()
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process
        try:
            self._process = subprocess.Popen(
                [python, str(WORKER), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._noise,
                start_new_session=True,  # so that what it starts in turn can be ended with it
            )
        except OSError as error:
            self._noise.close()
            message = f"{python} cannot be started: {error.strerror or error}."
            raise UsageError(message, "Give a Python with --peer-python.") from error
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.ready = self._first_words(python)

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """The answer to one request.

        Raises:
            EngineError: The process ended, took too long or did not answer in the agreed form; it
                is of no more use.
        """
        assert self._process.stdin is not None
        if self._noise.closed:
            raise EngineError(f"The process of {self._name} was stopped.")
        with suppress(OSError, ValueError):  # it has ended, which the missing answer tells
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return self._decoded(Answer, self._timeout)

    def stop(self) -> None:
        """Ends the process and what it started; a second call, from any thread, does nothing."""
        with self._lock:
            if not self._noise.closed:
                self._end()

    def _end(self) -> None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._noise):
            with suppress(OSError):
                assert stream is not None
                stream.close()

    def _first_words(self, python: str) -> Ready:
        words = self._decoded(_FirstWords, START_SECONDS)
        if words.ready is not None:
            return words.ready
        self.stop()
        raise MissingExtraError(
            f"{self._name} is not installed for {python}.",
            f"Get it: {words.missing}; name another Python with --peer-python.",
        )

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(b"")

    def _decoded(self, kind: type[_T], timeout: float) -> _T:
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            self.stop()
            raise EngineError(f"{self._name} took more than {timeout:g} s.") from None
        try:
            return msgspec.json.decode(line, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            told = self._last_words()
            self.stop()
            what = "answered badly" if line else "ended"
            raise EngineError(f"The process of {self._name} {what}: {told}") from error

    def _last_words(self) -> str:
        with self._lock:
            if self._noise.closed:
                return "it was stopped."
            self._noise.seek(0)
            text = self._noise.read().decode("utf-8", "replace").strip()
        return text[-_MAX_TOLD:] or "it said nothing."
