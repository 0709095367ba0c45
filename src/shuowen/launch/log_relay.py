"""What an engine says, on its way to people: with a name before it, and never too much at once.

That we ask for its health, which engines log each time, is left out.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable

NUM_LAST_LINES = 40
MAX_LINE_CHARACTERS = 2000
LINES_PER_SECOND = 20.0
BURST_LINES = 200

_OWN_QUESTION = re.compile(r'"GET /health HTTP/1\.\d"')
_ENDS = re.compile(rb"[\r\n]+")
_MAX_PENDING_BYTES = 1 << 16

_HINTS = (
    (
        r"CUDA out of memory|OutOfMemoryError|cudaErrorMemoryAllocation"
        r"|No available memory for the cache blocks|[Ff]ree memory on device .* is less than",
        "The graphics memory was too small. Lower --cache-max-entry-count or --session-len, share"
        " the model over more cards with --tp, or take a smaller or quantised model.",
    ),
    (
        r"CUDA driver version is insufficient|no kernel image is available"
        r"|Torch not compiled with CUDA",
        "The driver or the card does not fit the engine's PyTorch: update the driver, or install"
        " an engine that is built for it (--install-engine).",
    ),
    (r"[Aa]ddress already in use", "Another program took the engine's port; start again."),
    (
        r"gated repo|401 Client Error|Cannot access gated",
        "The hub lets only registered people have this model: set HF_TOKEN.",
    ),
    (
        r"trust_remote_code",
        "The model needs programs that come with it: if you trust them, add --trust-remote-code.",
    ),
    (
        r"No module named '?([\w.]+)",
        "The engine's environment lacks a package: install it there with pip.",
    ),
    (
        r"No space left on device",
        "The disk is full: free some space, or name another disk with --download-dir.",
    ),
)
"""Lines of engines that tell what went wrong, and what to do."""


class LogRelay:
    """Takes an engine's output as bytes and tells its lines; methods may be called by any thread.

    Args:
        name: Stands before every line: "lmdeploy".
        tell: Told each line.
        hidden: What is told of no line, such as the engine's key; empty for nothing.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        name: str,
        tell: Callable[[str], None],
        hidden: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._tell = tell
        self._hidden = hidden
        self._clock = clock
        self._lock = threading.Lock()
        self._pending = b""
        self._last: deque[str] = deque(maxlen=NUM_LAST_LINES)
        self._allowance = float(BURST_LINES)
        self._counted_at = clock()
        self._num_left_out = 0

    def feed(self, data: bytes) -> None:
        """Take more output; lines are told once they are whole."""
        with self._lock:
            *lines, self._pending = _ENDS.split(self._pending + data)
            if len(self._pending) > _MAX_PENDING_BYTES:
                lines.append(self._pending)
                self._pending = b""
            for line in lines:
                self._line(line)

    def end(self) -> None:
        """Tell what has no end of line, and how much was left out."""
        with self._lock:
            line, self._pending = self._pending, b""
            self._line(line)
            self._tell_left_out()

    def last_lines(self) -> list[str]:
        """The last lines, told or not."""
        with self._lock:
            return list(self._last)

    def hint(self) -> str:
        """What to do, as far as the last lines let one say; may be empty."""
        for line in reversed(self.last_lines()):
            for pattern, advice in _HINTS:
                if re.search(pattern, line):
                    return advice
        return ""

    def _line(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace").rstrip()
        if self._hidden:
            text = text.replace(self._hidden, "…")
        text = text[:MAX_LINE_CHARACTERS]
        if not text or _OWN_QUESTION.search(text):
            return
        self._last.append(text)
        now = self._clock()
        earned = (now - self._counted_at) * LINES_PER_SECOND
        self._allowance = min(BURST_LINES, self._allowance + earned)
        self._counted_at = now
        if self._allowance < 1:
            self._num_left_out += 1
            return
        self._allowance -= 1
        self._tell_left_out()
        self._tell(f"[{self._name}] {text}")

    def _tell_left_out(self) -> None:
        if self._num_left_out:
            self._tell(f"[{self._name}] … {self._num_left_out} lines left out, which came too fast")
            self._num_left_out = 0
