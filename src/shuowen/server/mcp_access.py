"""What a client of the MCP server may have read: files in allowed folders, and web addresses.

The names come from a language model, which may have them from a document that somebody else wrote:
a link or `..` must not lead out of the folders, and no address to this machine's network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from shuowen.config import Limits
from shuowen.errors import InputError, ShuowenError, UsageError
from shuowen.source.expand import expand
from shuowen.source.model import FailedSource, Source, printable, readable

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NUM_SHOWN = 40
_MAX_NAME = 300


@dataclass(frozen=True, kw_only=True)
class Access:
    """What may be read.

    Attributes:
        roots: Folders whose files may be, at any depth; none: no files at all. Links in the
            folders' own paths are followed once, when the record is made.
        limits: What a source may cost; web addresses keep to them too.
    """

    roots: tuple[Path, ...]
    limits: Limits

    def __post_init__(self) -> None:
        object.__setattr__(self, "roots", tuple(_folder(root) for root in self.roots))

    def source(self, where: str) -> Source:
        """The file or download that a client names.

        Args:
            where: A path, from the first folder unless absolute; a file:// or http(s) URL.

        Raises:
            UsageError: It lies outside of the folders, or is a folder itself.
            InputError: It is missing or unreadable.
            FetchError: The address is refused or cannot be downloaded.
        """
        if _URL.match(where) and not where.lower().startswith("file:"):
            return _only(where, self.limits)
        if not self.roots:
            raise UsageError(
                "This server reads no files.", "Name a document by its http or https address."
            )
        path = self._allowed(_path(where))
        with readable(_shown(where)):
            is_folder = path.is_dir()
        if is_folder:
            raise self._is_folder(path)
        return replace(_only(path, self.limits), name=_shown(where))

    def _allowed(self, path: Path) -> Path:
        """The file itself, behind all links; the same error whether or not there is one."""
        try:
            real = (self.roots[0] / path.expanduser()).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # too long, a ring of links, a NUL
            raise InputError(f"{_shown(str(path))!r} cannot be a file's name.") from error
        if any(real.is_relative_to(root) for root in self.roots):
            return real
        raise UsageError(
            f"{_shown(str(path))} is not in a folder that may be read.",
            f"These may be: {', '.join(map(str, self.roots))}. Others: shuowen mcp --root FOLDER.",
        )

    def _is_folder(self, folder: Path) -> ShuowenError:
        found = list(islice(self._documents(folder), _NUM_SHOWN + 1))
        if not found:
            return UsageError(f"{folder} is a folder without documents.", "Name a document.")
        more = ", …" if len(found) > _NUM_SHOWN else ""
        names = ", ".join(found[:_NUM_SHOWN])
        return UsageError(f"{folder} is a folder.", f"Name one of its documents: {names}{more}")

    def _documents(self, folder: Path) -> Iterator[str]:
        """Names of the documents below a folder that may be read, from that folder."""
        for found in expand([folder], self.limits):
            if isinstance(found, Source) and found.path is not None:
                real = found.path.resolve()
                if any(real.is_relative_to(root) for root in self.roots):
                    yield printable(str(found.path.relative_to(folder)))


def _folder(root: Path) -> Path:
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder.", "Name a folder with --root.")
    return root.resolve()


def _shown(name: str) -> str:
    return printable(name)[:_MAX_NAME]


def _path(where: str) -> Path:
    if not where.lower().startswith("file:"):
        return Path(where)
    parts = urlsplit(where)
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{where} is a file of another machine.", "Name a file of this one.")
    return Path(url2pathname(parts.path))


def _only(where: str | Path, limits: Limits) -> Source:
    found = next(iter(expand([where], limits)))
    if isinstance(found, FailedSource):
        raise found.error
    return found
