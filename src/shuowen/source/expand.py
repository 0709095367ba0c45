"""From what was asked for (files, folders, patterns, URLs, stdin) to sources, one by one."""

from __future__ import annotations

import glob
import io
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shuowen.config import Limits
from shuowen.errors import InputError, as_shuowen_error
from shuowen.image.formats import EXTENSIONS, READABLE
from shuowen.source.model import FailedSource, Source, display_name, printable, readable

STDIN = "-"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_CHUNK_BYTES = 1 << 20


def expand(
    arguments: Sequence[str | Path | bytes], limits: Limits
) -> Iterator[Source | FailedSource]:
    """Find every document that the arguments mean, in their order; each file and URL once.

    Args:
        arguments: Files; folders, whose documents, at any depth, come in natural order ("2.png"
            before "10.png") without hidden ones; patterns such as "scans/*.tif" or "**/*.pdf";
            URLs, downloaded when their turn comes; "-" for standard input; bytes. A `Path` is never
            a pattern.
        limits: `max_bytes` holds for every source, the others for downloads.

    Yields:
        Sources, and a `FailedSource` for each thing that cannot be had; nothing is raised.
    """
    yield from _Expansion(limits=limits).run(arguments)


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key by which numbers inside names count as numbers, and case does not."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in parts]


@dataclass(frozen=True, kw_only=True)
class _Expansion:
    """One run over the arguments, and what it has given out so far."""

    limits: Limits
    seen: set[str] = field(default_factory=set)

    def run(self, arguments: Iterable[str | Path | bytes]) -> Iterator[Source | FailedSource]:
        for argument in arguments:
            name = _name(argument)
            try:
                yield from self._argument(argument)
            except Exception as error:  # even a bug that one argument shows costs it alone
                known = as_shuowen_error(error, f"looking for {name}")
                yield FailedSource(name=name, error=known)

    def _argument(self, argument: str | Path | bytes) -> Iterator[Source | FailedSource]:
        if isinstance(argument, bytes):
            yield _checked(Source(name="bytes", data=argument), self.limits)
        elif argument == STDIN:
            if self._is_new(STDIN):
                yield _checked(_stdin(self.limits), self.limits)
        elif isinstance(argument, str) and _URL.match(argument):
            if self._is_new(argument):
                yield _download(argument, self.limits)
        elif isinstance(argument, str) and _is_pattern(argument):
            yield from self.run(_matches(argument))
        elif argument == "":
            raise InputError("An empty name is no source.", 'The current folder is ".".')
        else:
            yield from self._path(Path(argument))

    def _path(self, path: Path) -> Iterator[Source | FailedSource]:
        with readable(str(path)):
            mode, place = path.stat().st_mode, str(path.resolve())
        if not self._is_new(place):
            return
        if stat.S_ISDIR(mode):
            yield from self._folder(path)
        elif stat.S_ISREG(mode):
            yield _checked(Source(name=printable(str(path)), path=path), self.limits)
        else:
            raise InputError(f"{path} is not a regular file.", 'Pipe it in and read "-".')

    def _folder(self, folder: Path) -> Iterator[Source | FailedSource]:
        found = list(self._walk(folder))
        if not found:
            hint = f"Files count by their endings: {' '.join(sorted(EXTENSIONS))}."
            raise InputError(f"The folder {folder} holds no document.", hint)
        for item in found:
            if isinstance(item, FailedSource):
                yield item
            else:
                yield from self.run([item])

    def _walk(self, folder: Path) -> Iterator[Path | FailedSource]:
        """Documents below a folder; links to folders may run in rings and are not followed."""
        try:
            with readable(str(folder)), os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: natural_key(entry.name))
        except InputError as error:
            yield FailedSource(name=str(folder), error=error)
            return
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path)
            elif path.suffix.lower() in EXTENSIONS:
                yield path

    def _is_new(self, key: str) -> bool:
        is_new = key not in self.seen
        self.seen.add(key)
        return is_new


def _name(argument: str | Path | bytes) -> str:
    if isinstance(argument, bytes):
        return "bytes"
    if argument == STDIN:
        return "stdin"
    text = str(argument)
    return display_name(text) if _URL.match(text) else text


def _download(url: str, limits: Limits) -> Source:
    from shuowen.source.fetch import fetch  # urllib3 takes 0.1 s to import; most runs need none

    return fetch(url, limits)


def _is_pattern(argument: str) -> bool:
    with readable(argument):
        return glob.has_magic(argument) and not Path(argument).exists()


def _matches(pattern: str) -> list[Path]:
    with readable(pattern):
        # Path.glob takes no absolute pattern.
        names = glob.glob(pattern, recursive=True)  # noqa: PTH207
    found = sorted(names, key=natural_key)
    if not found:
        raise InputError(f"No file matches {pattern}.", "Check the pattern and the folder.")
    return [Path(name) for name in found]


def _stdin(limits: Limits) -> Source:
    """All of standard input, but no more than one byte over the limit."""
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("Nothing is piped into stdin.", "Try: shuowen read - < scan.pdf")
    content = io.BytesIO()
    while content.tell() <= limits.max_bytes:
        num_wanted = min(_CHUNK_BYTES, limits.max_bytes + 1 - content.tell())
        with readable("stdin"):
            chunk = sys.stdin.buffer.read(num_wanted)
        if not chunk:
            break
        content.write(chunk)
    return Source(name="stdin", data=content.getvalue())


def _checked(source: Source, limits: Limits) -> Source:
    num_bytes = source.num_bytes()
    if num_bytes == 0:
        raise InputError(f"{source.name} is empty.", f"Hand in {READABLE}.")
    if num_bytes > limits.max_bytes:
        message = f"{source.name} is larger than {limits.max_bytes} bytes."
        raise InputError(message, "If you trust it, raise the limit (--max-bytes).")
    return source
