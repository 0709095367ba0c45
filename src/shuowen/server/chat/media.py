"""What the addresses in a request lead to: data in the request, the web, or one folder of ours.

A path is never opened because a request names it; only `file://` addresses are, and only inside the
folder that was set for them. Downloads go through `source.fetch`, with all of its guards.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shuowen.config import Limits
from shuowen.errors import FieldError, InputError, ShuowenError, TooLargeError
from shuowen.image.formats import sniff
from shuowen.source.address import Resolver, resolve_host
from shuowen.source.fetch import fetch
from shuowen.source.model import Source
from shuowen.source.stop import Stop

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_HOW = "Send a data URL (data:image/png;base64,…), or an http or https address."
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_MIN_BARE = 32
"""Characters of the shortest bare base64; the smallest picture takes more."""


@dataclass(frozen=True, kw_only=True)
class MediaRules:
    """What a request may name.

    Attributes:
        limits: Of a single file, and of its download.
        media_dir: The one folder that `file://` addresses may lead into; None for none.
        max_total_bytes: Most bytes of all files of a request together.
    """

    limits: Limits
    media_dir: Path | None = None
    max_total_bytes: int = 512 * 1024**2


class Media:
    """Opens what one request names, and counts what it costs; for one thread.

    Args:
        rules: What it may name.
        stop: Breaks off downloads.
        resolve: Where host names are looked up.
    """

    def __init__(
        self, rules: MediaRules, stop: Stop | None = None, resolve: Resolver | None = None
    ) -> None:
        self._rules = rules
        self._stop = stop or Stop()
        self._resolve = resolve or resolve_host
        self._bytes_left = rules.max_total_bytes

    def open(self, address: str, name: str, param: str) -> tuple[Source, str]:
        """What an address leads to, and its media type, told from the content.

        Args:
            address: A data URL, an http, https or file address, or base64 alone.
            name: What to call it in errors where the address gives no name.
            param: The field that the address stands in.

        Raises:
            FieldError: It is none of these, or not base64, or no file that may be opened.
            TooLargeError, FetchTooLargeError: It has more bytes than are left to the request.
            FetchError: It cannot be downloaded, or may not.
            InputError: It is neither a picture nor a PDF.
        """
        with blamed(param):
            source = self._source(address, name, param)
            media_type = sniff(source.head(), source.name)
            return source, media_type

    def data(self, address: str, name: str, param: str) -> bytes:
        """The bytes of a data URL or of base64, whatever they are; raises what `open` does."""
        with blamed(param):
            if _scheme(address) not in ("", "data"):
                message = f"{param} is not a data URL."
                raise FieldError(message, "Send data:video/mp4;base64,…", param=param)
            return self._decoded(address, name, param)

    def _source(self, address: str, name: str, param: str) -> Source:
        scheme = _scheme(address)
        if scheme in ("http", "https"):
            return self._downloaded(address.strip())
        if scheme == "file":
            return self._local(address.strip(), param)
        if scheme == "data" or (not scheme and _looks_like_base64(address)):
            return Source(name=name, data=self._decoded(address, name, param))
        what = f"an address of the kind {scheme!r}" if scheme else "neither an address nor base64"
        raise FieldError(f"{param} is {what}; no paths are opened.", _HOW, param=param)

    def _downloaded(self, address: str) -> Source:
        limits = self._rules.limits
        limits = replace(limits, max_bytes=min(limits.max_bytes, self._bytes_left))
        source = fetch(address, limits, resolve=self._resolve, stop=self._stop)
        self._spend(len(source.data or b""), source.name)
        return source

    def _local(self, address: str, param: str) -> Source:
        folder = self._rules.media_dir
        if folder is None:
            raise FieldError(f"{param} names a file of the server.", _HOW, param=param)
        limit = min(self._bytes_left, self._rules.limits.max_bytes)
        try:
            name, content = _read_inside(folder, address, limit)
        except (OSError, ValueError) as error:
            message = f"{param} names no file in the server's folder for media."
            raise FieldError(message, "Check the address.", param=param) from error
        self._spend(len(content), name)
        return Source(name=name, data=content)

    def _decoded(self, address: str, name: str, param: str) -> bytes:
        text = _payload(address, param)
        self._spend(len(text) * 3 // 4 - 2, name)
        try:
            content = base64.b64decode(_padded(text), validate=True)
        except (binascii.Error, ValueError) as error:
            message = f"{param} is not base64."
            raise FieldError(
                message, "Encode the file's bytes, all of them.", param=param
            ) from error
        if not content:
            raise InputError(f"{name} is empty.", "Send the file's content.")
        return content

    def _spend(self, num_bytes: int, name: str) -> None:
        """Count the bytes of a file; raises `TooLargeError`."""
        limit = min(self._bytes_left, self._rules.limits.max_bytes)
        if num_bytes > limit:
            raise TooLargeError(
                f"{name} has more bytes than the {limit} that are left for this request.",
                "Send fewer or smaller files.",
            )
        self._bytes_left -= max(num_bytes, 0)


@contextmanager
def blamed(param: str) -> Iterator[None]:
    """Say with every error in the block which field it comes from, unless it does so itself."""
    try:
        yield
    except ShuowenError as error:
        error.param = error.param or param
        raise


def _scheme(address: str) -> str:
    match = _SCHEME.match(address[:100])
    return match[1].lower() if match else ""


def _looks_like_base64(text: str) -> bool:
    """Whether text is base64 of what can be read; "/etc/passwd" too is made of its letters."""
    head = "".join(text[:4096].split())
    if len(head) < _MIN_BARE or not _BASE64.fullmatch(head):
        return False
    try:
        sniff(base64.b64decode(_padded(head.rstrip("=")[: len(head) // 4 * 4])))
    except (binascii.Error, ValueError, InputError):
        return False
    return True


def _payload(address: str, param: str) -> str:
    """The base64 of a data URL (RFC 2397), or of an address that is nothing else."""
    text = address
    if _scheme(address) == "data":
        head, comma, text = address.partition(",")
        if not comma or not head.rstrip().lower().endswith(";base64"):
            hint = "Write data:image/png;base64, and then the data."
            raise FieldError(f"{param} is a data URL without base64.", hint, param=param)
    if any(each.isspace() for each in text[:200]) or "\n" in text or text[-1:].isspace():
        text = "".join(text.split())
    return text


def _padded(text: str) -> str:
    """Base64 of either alphabet (RFC 4648 §4, §5) with the padding that many leave out."""
    if "-" in text or "_" in text:
        text = text.replace("-", "+").replace("_", "/")
    bare = text.rstrip("=")
    return bare + "=" * (-len(bare) % 4)


def _read_inside(folder: Path, address: str, max_bytes: int) -> tuple[str, bytes]:
    """Name and content of a regular file in a folder; raises OSError or ValueError for others."""
    parts = urlsplit(address)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise ValueError("not a local path")
    root = folder.resolve()
    found = Path(os.path.realpath(path, strict=True))  # `Path.resolve` raises others for loops
    if not found.is_relative_to(root):
        raise ValueError("outside the folder")
    # Nothing that was resolved is a link; and a pipe must not make us wait.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(found, flags), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("not a regular file")
        return found.name, stream.read(max_bytes + 1)
