"""Bytes that are put aside, and gone when they are let go."""

from __future__ import annotations

import io

import pytest

from shuowen.errors import BusyError, NotFoundError, OutputError
from shuowen.server.compat import held as held_bytes
from shuowen.server.compat.held import Held


@pytest.mark.parametrize("num_bytes", [0, 10, 3 << 20])
def test_what_goes_in_comes_out_again_and_again(num_bytes: int) -> None:
    data = bytes(range(256)) * (num_bytes // 256) + b"x" * (num_bytes % 256)
    held = Held(io.BytesIO(data))
    assert held.num_bytes == num_bytes
    assert held.read() == data == held.read()
    held.close()
    held.close()
    with pytest.raises(NotFoundError):
        held.read()


def test_a_full_disk_is_told() -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        Held(Full())


def test_there_is_room_for_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_bytes, "_room", held_bytes._Room())
    monkeypatch.setattr(held_bytes, "SMALL_BYTES", 10)
    monkeypatch.setattr(held_bytes, "MAX_SMALL_BYTES", 25)
    monkeypatch.setattr(held_bytes, "MAX_LARGE", 1)
    kept = [Held(io.BytesIO(b"x" * size)) for size in (10, 10, 11)]
    for size in (6, 11):
        with pytest.raises(BusyError):
            Held(io.BytesIO(b"x" * size))
    for each in kept:
        each.close()
        each.close()
    for size in (10, 11):
        Held(io.BytesIO(b"x" * size)).close()


def test_what_nobody_took_gives_its_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_bytes, "_room", held_bytes._Room())
    monkeypatch.setattr(held_bytes, "SMALL_BYTES", 10)
    monkeypatch.setattr(held_bytes, "MAX_LARGE", 1)
    for _ in range(3):  # as with a client that leaves while its upload is being kept
        Held(io.BytesIO(b"x" * 11))
