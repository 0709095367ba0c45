"""What the disk complains about, said to people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shuowen.errors import OutputError

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever the disk refuses until the block ends becomes an `OutputError` about `path`."""
    try:
        yield
    except OSError as error:
        hint = "Check the folder's permissions, or choose another one."
        if error.errno in _FULL:
            hint = "Free some space, then run the same command again: it goes on where it stopped."
        reason = error.strerror or type(error).__name__
        raise OutputError(f"{path} cannot be written: {reason}.", hint) from error
