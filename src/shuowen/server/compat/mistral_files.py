"""Files that were uploaded to be read later, each for the one who sent it alone.

They stay for a limited time, and a caller may keep only so many. An address that this server signs
stands for a file until it expires; it is recognised here, without asking the network.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes
from threading import Lock
from typing import IO
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from shuowen.errors import BusyError, FieldError, NotFoundError
from shuowen.server.compat.held import Held

MAX_FILES_OF_A_CALLER = 64
MAX_BYTES_OF_A_CALLER = 1 << 30

_SIGNATURE = "shuowen_signature"


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file.

    Attributes:
        id: Random; names the file in addresses.
        owner: Id of the caller who sent it.
        name: As the caller called it.
        created_at, expires_at: Unix times in seconds.
        held: Its content.
    """

    id: str
    owner: str
    name: str
    created_at: int
    expires_at: int
    held: Held


class UploadedFiles:
    """All uploaded files; may be used from several threads.

    Args:
        clock: Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._files: dict[str, UploadedFile] = {}
        self._key = token_bytes(32)

    def add(self, owner: str, name: str, content: IO[bytes], seconds: float) -> UploadedFile:
        """Keeps a file for `seconds`.

        Raises:
            BusyError: The caller keeps too much, or the server does.
            OutputError: The disk does not take it.
        """
        self.sweep()
        now = self._clock()
        file = UploadedFile(
            id=str(uuid4()),
            owner=owner,
            name=name,
            created_at=int(now),
            expires_at=int(now + seconds),
            held=Held(content),
        )
        with self._lock:
            own = [each for each in self._files.values() if each.owner == owner]
            num_bytes = sum(each.held.num_bytes for each in (*own, file))
            if len(own) < MAX_FILES_OF_A_CALLER and num_bytes <= MAX_BYTES_OF_A_CALLER:
                self._files[file.id] = file
                return file
        file.held.close()
        message = f"{len(own)} of your files are kept already, and this one is too much."
        raise BusyError(message, "Delete some, or wait.", retry_after_seconds=60)

    def get(self, owner: str, file_id: str) -> UploadedFile:
        """A caller's own file; raises `NotFoundError` for any other."""
        self.sweep()
        with self._lock:
            file = self._files.get(file_id)
        if file is None or file.owner != owner:
            raise NotFoundError("There is no such file.", "Upload it; files expire after a time.")
        return file

    def remove(self, owner: str, file_id: str) -> None:
        """Erases a caller's own file; raises `NotFoundError` for any other."""
        file = self.get(owner, file_id)
        with self._lock:
            self._files.pop(file_id, None)
        file.held.close()

    def signed_address(self, file: UploadedFile, base_url: str, seconds: float) -> str:
        """An address of `file` that this server resolves until it expires."""
        expires = int(min(self._clock() + seconds, file.expires_at))
        signature = f"{expires}-{self._sign(file.id, expires)}"
        return f"{base_url.rstrip('/')}/v1/files/{file.id}/content?{_SIGNATURE}={signature}"

    def at_address(self, owner: str, address: str) -> UploadedFile | None:
        """The file that an address stands for; None for an address that is not of this kind.

        Raises:
            FieldError: It is of this kind, but forged or expired.
            NotFoundError: The file is gone, or another caller's.
        """
        try:
            parts = urlsplit(address)
            signatures = parse_qs(parts.query).get(_SIGNATURE)
        except ValueError:
            return None
        if not signatures:
            return None
        file_id = parts.path.removesuffix("/content").rpartition("/")[2]
        expires, _, signature = signatures[0].partition("-")
        is_real = expires.isascii() and expires.isdecimal() and len(expires) < 12
        is_real = is_real and hmac.compare_digest(
            signature.encode(), self._sign(file_id, int(expires)).encode()
        )
        if not is_real or int(expires) < self._clock():
            message = "The address of the uploaded file has expired, or is not this server's."
            raise FieldError(message, "Ask for a new one.", param="document.document_url")
        return self.get(owner, file_id)

    def sweep(self) -> None:
        """Erases what has expired."""
        now = self._clock()
        with self._lock:
            expired = [file for file in self._files.values() if file.expires_at <= now]
            for file in expired:
                del self._files[file.id]
        for file in expired:
            file.held.close()

    def close(self) -> None:
        """Erases everything."""
        with self._lock:
            files, self._files = list(self._files.values()), {}
        for file in files:
            file.held.close()

    def _sign(self, file_id: str, expires: int) -> str:
        text = f"{file_id}:{expires}".encode(errors="replace")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()
