"""The file of keys: who may ask, by the hash of each key.

A key is 256 random bits, so nobody can try them all: SHA-256, which is fast, hides it as well as
the slow hashes that passwords need, and a server can check it with every request.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from shuowen.errors import (
    CapacityError,
    ConflictError,
    InputError,
    NotFoundError,
    OutputError,
    UsageError,
)
from shuowen.hub.lock import take
from shuowen.source.model import readable

KEY_PREFIX = "sw-"
"""What every key begins with, so that searches for leaked secrets can find one."""
MAX_NAME_CHARACTERS = 100

_LOCK_SECONDS = 5.0
_MAX_FILE_BYTES = 4 * 1024**2
_SHA256 = re.compile(r"[0-9a-f]{64}")


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key, without the key.

    Attributes:
        id: Stable name of the key, to which documents belong.
        name: What the operator calls it.
        sha256: Hash of the key, in hexadecimal.
        created: When it was made, in seconds since 1970.
        requests_per_minute: Its own limit; None for the server's, 0 for none.
        concurrent: Requests at once; likewise.
    """

    id: str
    name: str
    sha256: str
    created: int
    requests_per_minute: int | None = None
    concurrent: int | None = None


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All keys."""

    version: int = 1
    keys: tuple[KeyEntry, ...] = ()


def hash_of(key: str) -> str:
    """What the file holds of a key."""
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()


def load_keys(path: Path) -> KeyFile:
    """Read a file of keys.

    Raises:
        InputError: It is missing, unreadable or damaged; its content is not repeated.
    """
    with readable(str(path)), path.open("rb") as stream:
        data = stream.read(_MAX_FILE_BYTES + 1)
    try:
        found = msgspec.json.decode(data, type=KeyFile)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = None
    if found is None or not _is_sound(found) or len(data) > _MAX_FILE_BYTES:
        raise InputError(
            f"{path} is no file of keys, or it is damaged.",
            "Restore it, or move it away and make new keys with: shuowen keys add NAME",
        )
    return found


def add_key(
    path: Path, name: str, *, requests_per_minute: int | None = None, concurrent: int | None = None
) -> str:
    """Make a key and keep its hash; the key itself is nowhere else than in what is returned.

    Raises:
        UsageError: The name is empty, long or has control characters.
        CapacityError: Another process holds the file.
        ConflictError: A key has this name.
        InputError, OutputError: The file is damaged, or cannot be written.
    """
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise UsageError("A key's name is 1 to 100 printable characters.", "Choose another.")
    with _alone(path):
        return _add(path, name, requests_per_minute, concurrent)


def _add(path: Path, name: str, requests_per_minute: int | None, concurrent: int | None) -> str:
    kept = load_keys(path) if path.exists() else KeyFile()
    if any(entry.name == name for entry in kept.keys):
        raise ConflictError(
            f"There is a key named {name}.",
            f"Choose another name, or revoke that key first: shuowen keys revoke {name}",
        )
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    entry = KeyEntry(
        id=f"key_{secrets.token_hex(6)}",
        name=name,
        sha256=hash_of(key),
        created=int(time.time()),
        requests_per_minute=requests_per_minute,
        concurrent=concurrent,
    )
    _save(path, (*kept.keys, entry))
    return key


def revoke_key(path: Path, name: str) -> None:
    """Forget a key, by name or id; raises `NotFoundError`, and what `add_key` raises."""
    with _alone(path):
        _revoke(path, name)


def _revoke(path: Path, name: str) -> None:
    kept = load_keys(path)
    left = tuple(entry for entry in kept.keys if name not in (entry.name, entry.id))
    if len(left) == len(kept.keys):
        raise NotFoundError(f"There is no key {name}.", "See them all: shuowen keys list")
    _save(path, left)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others from changing the file in the block: one of two changes would be lost."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = (path.parent / f".{path.name}.lock").open("a+b")
    except OSError as error:
        raise _unwritable(path, error) from error
    with stream:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _is_taken(stream):
            if time.monotonic() > deadline:
                raise CapacityError("Another process is changing the keys.", "Try again.")
            time.sleep(0.01)
        yield


def _is_taken(stream: IO[bytes]) -> bool:
    try:
        take(stream)
    except OSError:
        return False
    return True


def _is_sound(found: KeyFile) -> bool:
    entries = found.keys
    return (
        found.version == 1
        and all(_SHA256.fullmatch(entry.sha256) and entry.id and entry.name for entry in entries)
        and len({entry.id for entry in entries}) == len(entries)
    )


def _save(path: Path, entries: tuple[KeyEntry, ...]) -> None:
    """Put a new file into the old one's place at once, readable by its owner alone."""
    data = msgspec.json.format(msgspec.json.encode(KeyFile(keys=entries)), indent=2) + b"\n"
    try:
        handle, name = tempfile.mkstemp(prefix=".keys-", dir=path.parent)  # mode 0600
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(name).unlink()
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    return OutputError(f"{path} cannot be written: {reason}.", "Choose another file with --file.")
