"""Shuowen reads hard documents on your own machine.

`shuowen.read("scan.pdf")` gives a `Document`; `shuowen.load_model("OpenGVLab/InternVL3-1B")` gives
an engine that answers questions about pictures. Names are imported when they are used first, so
that `import shuowen` takes milliseconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from shuowen.version import __version__

if TYPE_CHECKING:
    from shuowen.config import Limits, ReadOptions
    from shuowen.document.model import Document
    from shuowen.engines.load import load_model
    from shuowen.errors import ShuowenError
    from shuowen.generation.ask import ask
    from shuowen.reading.read import read

__all__ = [
    "Document",
    "Limits",
    "ReadOptions",
    "ShuowenError",
    "__version__",
    "ask",
    "load_model",
    "read",
]

_HOMES = {
    "Document": "shuowen.document.model",
    "Limits": "shuowen.config",
    "ReadOptions": "shuowen.config",
    "ShuowenError": "shuowen.errors",
    "ask": "shuowen.generation.ask",
    "load_model": "shuowen.engines.load",
    "read": "shuowen.reading.read",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'shuowen' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted({*globals(), *__all__})
