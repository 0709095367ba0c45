"""Loading the embedded networks while the server already answers the probes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shuowen.engines.embedded.manifest import read_manifest
from shuowen.engines.embedded.sessions import session
from shuowen.server.readiness import Readiness

_log = logging.getLogger("shuowen.server")


@contextmanager
def warming_up(readiness: Readiness) -> Iterator[None]:
    """Open every network on a thread; the server is ready when that is done.

    The end of the block waits for the network that is being opened.
    """
    is_loaded, is_unwanted = threading.Event(), threading.Event()
    readiness.wait_for("the embedded reader's networks", is_loaded.is_set)

    def load() -> None:
        try:
            for each in read_manifest():
                if is_unwanted.is_set():
                    return
                if each.file.endswith(".onnx"):
                    session(each.file.removesuffix(".onnx"))
        except Exception as error:  # the log says what is wrong; the server never becomes ready
            _log.error("The embedded networks cannot be loaded.", exc_info=error)
        else:
            is_loaded.set()

    thread = threading.Thread(target=load, name="shuowen-warm-up", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_unwanted.set()
        thread.join()
