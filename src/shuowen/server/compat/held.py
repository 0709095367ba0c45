"""Bytes put aside for later: small ones in memory, large ones in a file without a name.

A file without a name is gone when the process is, even if that is killed, so nothing of what people
sent is left behind. There is room for only so much: a process may have few files open at a time.
"""

from __future__ import annotations

import shutil
from tempfile import SpooledTemporaryFile
from threading import Lock, RLock
from typing import IO
from weakref import finalize

from shuowen.errors import BusyError, NotFoundError, OutputError

SMALL_BYTES = 1 << 20
MAX_SMALL_BYTES = 256 << 20
"""Most that all small ones together may take, in memory."""
MAX_LARGE = 256
"""Most large ones at a time."""


class Held:
    """One piece of content; `close` erases it. May be used from several threads."""

    def __init__(self, content: IO[bytes]) -> None:
        """Copies `content` from where it stands to its end.

        Raises:
            BusyError: There is no room.
            OutputError: The disk does not take it.
        """
        self._lock = Lock()
        self._file = SpooledTemporaryFile(max_size=SMALL_BYTES)  # noqa: SIM115
        try:
            shutil.copyfileobj(content, self._file)
            self.num_bytes = self._file.tell()
            _room.take(self.num_bytes)
        except OSError as error:
            self._file.close()
            reason = error.strerror or type(error).__name__
            message = f"The server cannot keep the content: {reason}."
            raise OutputError(message, "Try again later, or send less.") from error
        except BusyError:
            self._file.close()
            raise
        # Also where nobody takes it: a client may leave while its content is being kept.
        self._let_go = finalize(self, _let_go, self._file, self.num_bytes)

    def read(self) -> bytes:
        """All of it; raises `NotFoundError` after `close`."""
        with self._lock:
            if self._file.closed:
                raise NotFoundError("The content has been erased.", "Send it again.")
            self._file.seek(0)
            return self._file.read()

    def close(self) -> None:
        """Erases it; a second call does nothing."""
        with self._lock:
            self._let_go()


class _Room:
    """How much is held in this process."""

    def __init__(self) -> None:
        self._lock = RLock()  # what nobody holds any more gives back whenever memory is tidied up
        self._small_bytes = 0
        self._num_large = 0

    def take(self, num_bytes: int) -> None:
        is_large = num_bytes > SMALL_BYTES
        with self._lock:
            if is_large and self._num_large < MAX_LARGE:
                self._num_large += 1
            elif not is_large and self._small_bytes + num_bytes <= MAX_SMALL_BYTES:
                self._small_bytes += num_bytes
            else:
                message = "The server keeps as much for later as it can."
                raise BusyError(message, "Try again later.", retry_after_seconds=30)

    def give_back(self, num_bytes: int) -> None:
        with self._lock:
            if num_bytes > SMALL_BYTES:
                self._num_large -= 1
            else:
                self._small_bytes -= num_bytes


_room = _Room()


def _let_go(file: IO[bytes], num_bytes: int) -> None:
    file.close()
    _room.give_back(num_bytes)
