"""Uploaded files: each for its sender, for a time, and only so many."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import BusyError, FieldError, NotFoundError
from shuowen.server.compat import mistral_files
from shuowen.server.compat.mistral_files import UploadedFile, UploadedFiles

BASE = "http://127.0.0.1:1/"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def files(clock: Clock) -> Iterator[UploadedFiles]:
    uploaded = UploadedFiles(clock)
    yield uploaded
    uploaded.close()


def add(files: UploadedFiles, owner: str = "me", seconds: float = 100) -> UploadedFile:
    return files.add(owner, "a.pdf", io.BytesIO(b"content"), seconds)


def test_only_its_sender_has_a_file(files: UploadedFiles) -> None:
    file = add(files)
    assert files.get("me", file.id).held.read() == b"content"
    for owner, file_id in (("you", file.id), ("me", "x"), ("me", "")):
        with pytest.raises(NotFoundError):
            files.get(owner, file_id)
    with pytest.raises(NotFoundError):
        files.remove("you", file.id)
    files.remove("me", file.id)
    with pytest.raises(NotFoundError):
        files.get("me", file.id)
    with pytest.raises(NotFoundError):
        file.held.read()


def test_files_expire_and_are_erased(files: UploadedFiles, clock: Clock) -> None:
    file = add(files)
    assert file.expires_at == 1100
    clock.now = 1100
    files.sweep()
    with pytest.raises(NotFoundError):
        file.held.read()
    with pytest.raises(NotFoundError):
        files.get("me", file.id)


def test_a_caller_keeps_only_so_many(
    files: UploadedFiles, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mistral_files, "MAX_FILES_OF_A_CALLER", 2)
    add(files), add(files)
    with pytest.raises(BusyError, match="2 of your files"):
        add(files)
    add(files, "you")
    clock.now = 1100
    add(files)


def test_a_caller_keeps_only_so_much(files: UploadedFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mistral_files, "MAX_BYTES_OF_A_CALLER", 2 * len(b"content"))
    add(files), add(files)
    with pytest.raises(BusyError):
        add(files)
    add(files, "you")


def test_a_signed_address_stands_for_the_file(files: UploadedFiles, clock: Clock) -> None:
    file = add(files)
    address = files.signed_address(file, BASE, 50)
    assert address.startswith(f"{BASE}v1/files/{file.id}/content?")
    assert files.at_address("me", address) is file
    with pytest.raises(NotFoundError):
        files.at_address("you", address)
    clock.now = 1051
    with pytest.raises(FieldError, match="expired"):
        files.at_address("me", address)


def test_an_address_does_not_outlive_the_file(files: UploadedFiles) -> None:
    file = add(files, seconds=10)
    assert "shuowen_signature=1010-" in files.signed_address(file, BASE, 3600)


def test_forged_addresses_are_refused(files: UploadedFiles) -> None:
    file, other = add(files), add(files)
    address = files.signed_address(file, BASE, 50)
    forged = (
        address.replace(file.id, other.id),
        address.replace("=1050-", "=9999-"),
        address[:-1] + ("0" if address[-1] != "0" else "1"),
        address.replace("=1050-", "=-"),
        address.replace("=1050-", "=٣-"),
        f"{BASE}?shuowen_signature=x",
    )
    for each in forged:
        with pytest.raises(FieldError):
            files.at_address("me", each)
    elsewhere = UploadedFiles()
    with pytest.raises(FieldError):
        elsewhere.at_address("me", address)


@given(st.text(max_size=60))
def test_any_other_address_is_not_ours(address: str) -> None:
    assert UploadedFiles().at_address("me", address) is None
    assert UploadedFiles().at_address("me", "http://[") is None
