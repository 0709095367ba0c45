"""One file from a hub to the disk: hashed as it comes, resumed where it stopped.

The bytes go to `NAME.part`. Only when all are there and hash to what the hub says does the file get
its name; when they do not, they are removed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import IO

from urllib3 import BaseHTTPResponse

from shuowen.errors import ModelError
from shuowen.hub.client import HubClient, TryAgain
from shuowen.hub.files import Checksum, Hasher, RemoteFile, hash_file
from shuowen.hub.writing import writing

_CHUNK_BYTES = 1 << 16  # what is lost when the line breaks
_SIZE_ONLY = Checksum("sha256", "0" * 64)


class Stopped(Exception):
    """Somebody asked to stop; what came so far is kept for the next time."""


def partial_path(target: Path) -> Path:
    """Where a file's bytes are while they come."""
    return target.with_name(f"{target.name}.part")


class Transfer:
    """Brings one file."""

    def __init__(
        self,
        client: HubClient,
        file: RemoteFile,
        target: Path,
        received: Callable[[int], None],
        stop: Event,
    ) -> None:
        """Prepare; nothing is sent or written yet.

        Args:
            client: The hub.
            file: What is to come.
            target: Where it goes in the end.
            received: Told how many bytes more are here; negative when a file begins anew.
            stop: Set when the download shall end early.
        """
        self._client = client
        self._file = file
        self._target = target
        self._received = received
        self._stop = stop
        self._num_bytes = 0
        self._last_num_bytes = 0
        self._hasher = self._new_hasher()

    def run(self, url: str) -> None:
        """Download from `url` until the file is whole.

        Raises:
            ModelError: It is not what the hub said it is; nothing is left of it.
            FetchError: It does not come.
            Refused: The hub says no.
            OutputError: It cannot be written.
            Stopped: `stop` was set.
        """
        partial = partial_path(self._target)
        with writing(self._target):
            partial.parent.mkdir(parents=True, exist_ok=True)
            self._take_up(partial)
            stream = partial.open("ab")
        with stream:
            self._client.persist(
                lambda: self._attempt(url, stream), self._has_progressed, self._pause
            )
        self._accept(partial)

    def _take_up(self, partial: Path) -> None:
        """Hash what an earlier run left; more than the whole file cannot be the start of it."""
        if not partial.is_file():
            return
        if partial.stat().st_size > self._file.size_bytes:
            partial.unlink()
            return
        hash_file(partial, self._hasher)
        self._num_bytes = partial.stat().st_size
        self._received(self._num_bytes)

    def _attempt(self, url: str, stream: IO[bytes]) -> None:
        self._last_num_bytes = self._num_bytes
        if self._num_bytes == self._file.size_bytes:
            return
        with self._client.get(url, first_byte=self._num_bytes) as response:
            if not self._goes_on(response):
                self._begin_anew(stream)
            if response.status == 416:
                raise TryAgain(f"{self._client.host} has no such part of {self._file.path}")
            self._copy(response, stream)
        if self._num_bytes < self._file.size_bytes:
            raise TryAgain(f"{self._client.host} ended {self._file.path} too early")

    def _goes_on(self, response: BaseHTTPResponse) -> bool:
        """Whether the answer starts at the byte that was asked for."""
        if self._num_bytes == 0:
            return response.status == 200
        wanted = f"bytes {self._num_bytes}-"
        return response.status == 206 and response.headers.get("Content-Range", "").startswith(
            wanted
        )

    def _begin_anew(self, stream: IO[bytes]) -> None:
        with writing(self._target):
            stream.truncate(0)
        self._received(-self._num_bytes)
        self._num_bytes, self._hasher = 0, self._new_hasher()

    def _copy(self, response: BaseHTTPResponse, stream: IO[bytes]) -> None:
        for chunk in response.stream(_CHUNK_BYTES, decode_content=True):
            if self._stop.is_set():
                raise Stopped
            with writing(self._target):
                stream.write(chunk)
                stream.flush()
            self._hasher.update(chunk)
            self._num_bytes += len(chunk)
            self._received(len(chunk))
            if self._num_bytes > self._file.size_bytes:
                return  # `_accept` refuses it

    def _accept(self, partial: Path) -> None:
        checksum = self._file.checksum
        is_right = self._num_bytes == self._file.size_bytes and (
            checksum is None or self._hasher.hexdigest() == checksum.hex
        )
        with writing(self._target):
            if is_right:
                partial.replace(self._target)
                return
            partial.unlink()
        raise ModelError(
            f"{self._file.path} came from {self._client.host}, but is not what it should be: its"
            " checksum is wrong. It was removed.",
            "Run the same command again; if it stays wrong, take another hub or mirror.",
        )

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _has_progressed(self) -> bool:
        return self._num_bytes > self._last_num_bytes

    def _new_hasher(self) -> Hasher:
        return (self._file.checksum or _SIZE_ONLY).hasher(self._file.size_bytes)
