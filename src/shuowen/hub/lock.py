"""One download at a time into one place; the system lets go of the lock when a process dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shuowen.errors import CapacityError

_NAME = ".shuowen.lock"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder for the length of the block.

    Raises:
        CapacityError: Another process holds it.
        OSError: The folder cannot be written to.
    """
    with (folder / _NAME).open("a+b") as stream:
        try:
            take(stream)
        except OSError as error:
            raise CapacityError(
                f"Another process is downloading into {folder}.",
                "Wait for it to end, then run the same command again.",
            ) from error
        yield


if sys.platform == "win32":
    import msvcrt

    def take(stream: IO[bytes]) -> None:
        """Lock an open file until it is closed; raises OSError where somebody else has."""
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def take(stream: IO[bytes]) -> None:
        """Lock an open file until it is closed; raises OSError where somebody else has."""
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
