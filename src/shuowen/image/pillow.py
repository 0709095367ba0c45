"""Pillow's process-wide settings, lent while one of our pictures is open and then given back.

Our own pixel limit stands in for Pillow's, which cannot be set for one picture alone, and what
Pillow only warns about (odd metadata) does not reach standard error. Decoding goes on in several
threads at once, so the first to come changes the settings and the last to leave restores them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from PIL import Image

_lock = threading.Lock()
_borrowers = 0
_restore = ExitStack()


@contextmanager
def own_settings() -> Iterator[None]:
    """Hold Pillow without its own pixel limit and without warnings; may nest and overlap."""
    global _borrowers
    with _lock:
        if _borrowers == 0:
            _borrow()
        _borrowers += 1
    try:
        yield
    finally:
        with _lock:
            _borrowers -= 1
            if _borrowers == 0:
                _restore.close()


def _borrow() -> None:
    _restore.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    Image.MAX_IMAGE_PIXELS = None
    _restore.enter_context(warnings.catch_warnings())
    warnings.filterwarnings("ignore", module=r"PIL\b")
