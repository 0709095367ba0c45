"""Which reader this is, down to its code and weights: a version number outlives many changes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import shuowen.reading
from shuowen.version import __version__

_PACKAGE = Path(shuowen.reading.__path__[0]).parent
_PARTS = (
    "config.py",
    *("document", "image", "source", "writers"),
    *("generation", "engines/embedded", "reading"),
)
"""What a reading can depend on; of the rest of the package it knows nothing."""


@cache
def own_version() -> str:
    """The version and a digest of the code and weights that read: "0.1.0+1a2b3c4d"."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{__version__}+{digest.hexdigest()[:8]}"


def _files() -> list[Path]:
    found = [_PACKAGE / _PARTS[0]]
    for part in _PARTS[1:]:
        found += [path for path in (_PACKAGE / part).rglob("*") if path.is_file()]
    return sorted(path for path in found if path.suffix != ".pyc")
