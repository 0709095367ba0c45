"""A free port on loopback, kept free until the engine takes it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from shuowen.launch.command import LOOPBACK


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that no other program is given as long as the block runs.

    On Linux a socket holds it without listening, beside which the engine may listen, and listen
    again after a crash. Elsewhere it is only known to have been free.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        if sys.platform == "linux":
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((LOOPBACK, 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port
