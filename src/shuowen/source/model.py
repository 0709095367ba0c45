"""One document to read, before anything is known of what is inside it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO
from urllib.parse import unquote

from shuowen.errors import InputError, ShuowenError, UsageError
from shuowen.image.formats import EXTENSIONS, NUM_HEAD_BYTES

_CHUNK_BYTES = 1 << 20
_MAX_STEM_BYTES = 150  # file systems allow 255; the rest is room for a number and a suffix
_USER = re.compile(r"(?<=://)[^/\\?#]*@")
_FORBIDDEN = frozenset('<>:"/\\|?*')
# Windows opens a device for these names, whatever stands after the first dot:
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.I)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file on disk, or bytes that came from elsewhere; exactly one of the two.

    Attributes:
        name: What people are shown: a file path, a URL or "stdin".
        path: The file, when there is one.
        data: The whole content, when there is no file.
        address: For a download, what tells it from others that are shown by the same name; see
            `address_key`.
    """

    name: str
    path: Path | None = None
    data: bytes | None = field(default=None, repr=False)
    address: str = ""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.data is None):
            raise UsageError(f"Source {self.name!r} needs a path or data, and not both.")

    def open(self) -> BinaryIO:
        """The content as a seekable stream; raises `InputError` where a file cannot be opened."""
        if self.path is None:
            return io.BytesIO(self.data or b"")
        with readable(self.name):
            return self.path.open("rb")

    def head(self) -> bytes:
        """The first bytes, as many as `formats.sniff` looks at; raises `InputError`."""
        with self.open() as stream, readable(self.name):
            return stream.read(NUM_HEAD_BYTES)

    def sha256(self) -> str:
        """Hash of the content, in hexadecimal, read a piece at a time; raises `InputError`."""
        digest = hashlib.sha256()
        with self.open() as stream, readable(self.name):
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def num_bytes(self) -> int:
        """Size of the content; raises `InputError` where the file is gone."""
        if self.path is None:
            return len(self.data or b"")
        with readable(self.name):
            return self.path.stat().st_size

    def place(self) -> str:
        """Where it comes from: the same for the same file or URL, different for any other."""
        if self.path is None:
            return self.address or self.name
        return os.fsencode(self.path.resolve()).decode(errors="backslashreplace")

    def stem(self) -> str:
        """A base name for output files that is safe on every system, never empty.

        It has no separators, control characters, leading or trailing dots and no name that Windows
        reserves; letters of all scripts stay. Different sources may share one.
        """
        name = self.path.name if self.path else _last_segment(self.name)
        pure = PurePath(name)
        return safe_stem(pure.stem if pure.suffix.lower() in EXTENSIONS else name)


@dataclass(frozen=True, kw_only=True)
class FailedSource:
    """Something that was asked for and cannot be had; the others are read all the same."""

    name: str
    error: ShuowenError


def display_name(url: str) -> str:
    """A URL as people and logs may see it: without user, password, query and fragment."""
    base, mark, _ = url.partition("#")[0].partition("?")
    return _USER.sub("", base) + ("?…" if mark else "")


def address_key(url: str) -> str:
    """A text for each address, which tells what `display_name` leaves out without giving it away.

    User, password and fragment make no difference: they do not choose the document, and a password
    could be guessed from its hash.
    """
    base = url.partition("#")[0]
    bare = _USER.sub("", base)
    digest = hashlib.sha256(bare.encode(errors="surrogatepass")).hexdigest()
    return f"{display_name(url)} {digest[:16]}"


def printable(name: str) -> str:
    """A file's name as it can be shown and kept in JSON: bytes that are no text become "?"."""
    return name.encode(errors="replace").decode()


def safe_stem(name: str) -> str:
    """Turn any text into a file name without suffix that every file system takes."""
    kept = "".join("_" if _is_unsafe(character) else character for character in name)
    kept = kept.encode()[:_MAX_STEM_BYTES].decode(errors="ignore").strip(". ")
    if _RESERVED.match(kept):
        return f"_{kept}"
    return kept or "document"


def _is_unsafe(character: str) -> bool:
    # "C…" are control, invisible, private and lone surrogate characters; "Zl", "Zp" break lines.
    category = unicodedata.category(character)
    return character in _FORBIDDEN or category[0] == "C" or category in ("Zl", "Zp")


def _last_segment(name: str) -> str:
    """The last part of a URL's path, or its host; any other name as it is."""
    _, separator, rest = name.partition("://")
    path = re.split("[?#]", rest)[0].rstrip("/")
    return unquote(path.rpartition("/")[2]) if separator else name


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn what the operating system says about a file into an `InputError` that names it."""
    try:
        yield
    except FileNotFoundError as error:
        hint = "Check the spelling and the folder."
        raise InputError(f"{name} does not exist.", hint) from error
    except ValueError as error:
        raise InputError(f"{name!r} cannot be the name of a file.") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = "Check that it is a file that you may read."
        raise InputError(f"{name} cannot be read: {reason}.", hint) from error
