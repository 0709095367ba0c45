"""One file on a hub: what it is called, how long it is, and what it must hash to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Protocol

from shuowen.errors import ModelError

ChecksumKind = Literal["sha256", "git"]

_WANTED = (
    "*.safetensors",
    "*.json",
    "*.jinja",
    "*.model",
    "merges.txt",
    "LICENSE*",
    "LICENCE*",
    "NOTICE*",
    "README.md",
)
"""Weights, configuration, tokenizer and terms."""
_NEVER = (".bin", ".pt", ".pth", ".pkl", ".py", ".sh")
"""Pickles and programs, whatever they are called before the dot: loading one would run it."""
_UNSAFE = re.compile(r"[\x00-\x1f\\:*?\"<>|]")
_HEX = {"sha256": re.compile("[0-9a-f]{64}"), "git": re.compile("[0-9a-f]{40}")}
_CHUNK_BYTES = 1 << 20


class Hasher(Protocol):
    """What `hashlib` makes."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""

    def hexdigest(self) -> str:
        """The checksum of all so far."""


@dataclass(frozen=True)
class Checksum:
    """What a file must hash to: SHA-256, or for small files on Hugging Face git's own SHA-1."""

    kind: ChecksumKind
    hex: str

    def __post_init__(self) -> None:
        if not _HEX[self.kind].fullmatch(self.hex):
            raise ModelError(
                f"The hub gives {self.hex[:80]!r} as a checksum.", "Try again, or another hub."
            )

    def hasher(self, size_bytes: int) -> Hasher:
        """A hash to feed the file to; git hashes a file's length before its bytes."""
        if self.kind == "sha256":
            return hashlib.sha256()
        # Git's choice of function, not ours: it says which file this is, it guards no secret.
        return hashlib.sha1(b"blob %d\0" % size_bytes, usedforsecurity=False)


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file of a model.

    Attributes:
        path: Relative, with forward slashes; checked to stay inside the model's folder.
        size_bytes: Its length.
        checksum: None where the hub gives none, which only small files may lack.
    """

    path: str
    size_bytes: int
    checksum: Checksum | None

    def __post_init__(self) -> None:
        if not is_safe(self.path):
            raise ModelError(
                f"The model has a file with the name {self.path[:200]!r}, which could be written"
                " outside its folder.",
                "Do not use this model; tell the hub about it.",
            )
        if self.checksum is None and self.path.endswith(".safetensors"):
            raise ModelError(
                f"The hub gives no checksum for {self.path}, so it could not be checked.",
                "Take the model from another hub: hf: or modelscope:.",
            )


def is_safe(path: str) -> bool:
    """Whether a name from a server stays inside the folder that it is put into, on any system."""
    parts = path.split("/")
    return not _UNSAFE.search(path) and all(
        part.strip() == part and part.strip(".") for part in parts
    )


def is_wanted(path: str) -> bool:
    """Whether a file of a model is of use here: weights, configuration, tokenizer or terms."""
    name = path.rpartition("/")[2]
    return not name.endswith(_NEVER) and any(fnmatchcase(name, each) for each in _WANTED)


def hash_file(path: Path, hasher: Hasher, on_bytes: Callable[[int], None] | None = None) -> str:
    """Feed a file to a hash.

    Args:
        path: The file.
        hasher: Takes its bytes in.
        on_bytes: Told how many bytes more were read.

    Returns:
        The checksum as lower-case hexadecimal.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            hasher.update(chunk)
            if on_bytes:
                on_bytes(len(chunk))
    return hasher.hexdigest()


def is_intact(path: Path, file: RemoteFile, on_bytes: Callable[[int], None] | None = None) -> bool:
    """Whether a file on disk is that file: its length, and its checksum where one is known."""
    if not path.is_file() or path.stat().st_size != file.size_bytes:
        return False
    if file.checksum is None:
        return True
    return hash_file(path, file.checksum.hasher(file.size_bytes), on_bytes) == file.checksum.hex
