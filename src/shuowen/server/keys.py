"""Who may ask: checking the keys that requests carry."""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shuowen.errors import AccessError, InputError
from shuowen.server.callers import LOCAL, Caller
from shuowen.server.key_file import KeyEntry, hash_of, load_keys
from shuowen.server.options import ServerOptions
from shuowen.server.rates import Allowance

_CHECK_SECONDS = 1.0
"""How often the file is looked at; a revoked key may be good for so long."""
_log = logging.getLogger("shuowen.server")

Stamp = tuple[int, int, int] | None
"""What tells one state of the file from another: time of change, size, inode; None: no file."""


@dataclass(frozen=True)
class Granted:
    """A key that was found good.

    Attributes:
        caller: Its holder.
        allowance: How often it may be used.
    """

    caller: Caller
    allowance: Allowance


class KeyRing:
    """The keys that are good now; follows its file while the server runs.

    A file that is damaged while the server runs changes nothing but the log; one that is removed
    takes all its keys with it.
    """

    def __init__(self, options: ServerOptions, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the keys; raises `InputError` where the file cannot be read or is damaged."""
        self.is_needed = options.needs_keys
        self._default = Allowance(options.requests_per_minute, options.concurrent_requests)
        self._fixed = [_entry_of(key, index) for index, key in enumerate(options.api_keys, 1)]
        self._path = options.keys_file
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = clock()
        self._stamp = _stamp_of(self._path)
        self._entries: Sequence[KeyEntry] = load_keys(self._path).keys if self._path else ()

    def __len__(self) -> int:
        return len(self._fixed) + len(self._entries)

    def check(self, key: str | None) -> Granted:
        """Who holds a key.

        Args:
            key: What the request carries; None where it carries none.

        Raises:
            AccessError: Keys are needed, and this is none of them.
        """
        if not self.is_needed:
            return Granted(LOCAL, self._default)
        if key is None:
            raise AccessError(
                "This server needs an API key.", "Send it as: Authorization: Bearer KEY"
            )
        found = self._find(key)
        if found is None:
            raise AccessError(
                "This API key is not known.", "Ask whoever runs the server for a new one."
            )
        return Granted(Caller(found.id, found.name), self._allowance(found))

    def _find(self, key: str) -> KeyEntry | None:
        """Compares with every key, in a time that does not tell which one is near."""
        self._follow_file()
        presented = hash_of(key)
        found = None
        for entry in (*self._fixed, *self._entries):
            if hmac.compare_digest(presented, entry.sha256):
                found = entry
        return found

    def _allowance(self, entry: KeyEntry) -> Allowance:
        rate, concurrent = entry.requests_per_minute, entry.concurrent
        return Allowance(
            self._default.requests_per_minute if rate is None else rate,
            self._default.concurrent if concurrent is None else concurrent,
        )

    def _follow_file(self) -> None:
        with self._lock:
            now = self._clock()
            if self._path is None or now - self._looked_at < _CHECK_SECONDS:
                return
            self._looked_at = now
            stamp = _stamp_of(self._path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._entries = self._read_again(self._path) if stamp else ()
            if stamp is None:
                _log.error("The file of keys is gone: none of its keys is good any more.")

    def _read_again(self, path: Path) -> Sequence[KeyEntry]:
        try:
            return load_keys(path).keys
        except InputError:
            _log.error("The file of keys was changed and is damaged; the keys before stay good.")
            return self._entries


def _entry_of(key: str, number: int) -> KeyEntry:
    digest = hash_of(key)
    return KeyEntry(id=f"key_{digest[:12]}", name=f"key {number}", sha256=digest, created=0)


def _stamp_of(path: Path | None) -> Stamp:
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if status else None
