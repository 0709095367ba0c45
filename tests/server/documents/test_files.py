from __future__ import annotations

import errno
import hashlib
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shuowen.document.model import Page, SourceInfo
from shuowen.errors import OutputError
from shuowen.reading.journal import SourceRecord
from shuowen.server.documents.files import JobFiles, Secrets, disk_error, is_job_id, unnamed


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "documents")


def everything(folder: Path) -> dict[str, int]:
    """Mode of every file and folder below one."""
    return {
        str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in folder.rglob("*")
    }


@contextmanager
def full_disk(num_bytes: int) -> Iterator[None]:
    """Files cannot grow beyond so many bytes, as if the disk were full."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_nobody_else_may_look_at_a_document(files: JobFiles, tmp_path: Path) -> None:
    job_id = files.create()
    with files.receive(job_id) as incoming:
        incoming.write(b"%PDF-")
        incoming.finish()
    files.keep_secrets(job_id, Secrets(password="hush"))
    fetched = files.create()
    files.keep_source(fetched, b"%PDF-")
    with files.journal_to_write(job_id) as journal:
        info = SourceInfo(name="a", media_type="application/pdf", num_bytes=5, sha256="")
        journal.begin(SourceRecord(info=info, num_pages=1))
        journal.add(Page(page_number=1, status="ok"))
    modes = everything(tmp_path / "documents")
    assert {name.rpartition("/")[2] for name in modes} == {
        job_id,
        fetched,
        "source",
        "secrets.json",
        "pages.jsonl",
    }
    for name, mode in modes.items():
        assert mode == (0o600 if "/" in name else 0o700), name
    assert (tmp_path / "documents").stat().st_mode & 0o777 == 0o700


def test_a_source_comes_in_pieces_and_is_hashed_on_the_way(files: JobFiles) -> None:
    job_id = files.create()
    with files.receive(job_id) as incoming:
        for piece in (b"one", b"two", b""):
            incoming.write(piece)
        assert incoming.finish() == hashlib.sha256(b"onetwo").hexdigest()
        assert incoming.num_bytes == 6
    source = files.source(job_id, "scan.pdf")
    assert source is not None and source.name == "scan.pdf"
    assert source.head() == b"onetwo"


def test_secrets_are_kept_until_they_are_erased(files: JobFiles) -> None:
    job_id = files.create()
    assert files.secrets(job_id) == Secrets()
    kept = Secrets(password="hush", url="http://user:word@example.org/a?b#c")
    files.keep_secrets(job_id, kept)
    assert files.secrets(job_id) == kept
    files.erase_secrets(job_id)
    files.erase_secrets(job_id)
    assert files.secrets(job_id) == Secrets()


def test_a_job_without_secrets_has_no_file_for_them(files: JobFiles, tmp_path: Path) -> None:
    job_id = files.create()
    files.keep_secrets(job_id, Secrets())
    assert list(everything(tmp_path / "documents")) == [job_id]


def test_erasing_leaves_nothing_and_may_be_done_again(files: JobFiles, tmp_path: Path) -> None:
    job_id = files.create()
    files.keep_source(job_id, b"x")
    files.erase_source(job_id)
    assert files.source(job_id, "x") is None
    files.keep_secrets(job_id, Secrets(password="hush"))
    files.erase(job_id)
    files.erase(job_id)
    files.erase_source(job_id)
    assert everything(tmp_path / "documents") == {}


def test_orphans_are_erased_and_strange_things_left_alone(files: JobFiles, tmp_path: Path) -> None:
    known, orphan = files.create(), files.create()
    (tmp_path / "documents" / "notes").mkdir()
    files.erase_orphans({known})
    assert set(everything(tmp_path / "documents")) == {known, "notes"}
    assert orphan != known


def test_only_what_was_made_here_is_an_id(files: JobFiles) -> None:
    assert is_job_id(files.create())
    for text in (
        "",
        "..",
        "doc_",
        f"doc_{'0' * 33}",
        f"doc_{'G' * 32}",
        f"doc_{'0' * 32}\n",
        "a/b",
    ):
        assert not is_job_id(text)


def test_a_full_disk_is_told_without_the_place(files: JobFiles, tmp_path: Path) -> None:
    job_id = files.create()
    with full_disk(1 << 16), files.receive(job_id) as incoming:
        with pytest.raises(OutputError, match="cannot keep the document") as caught:
            incoming.write(bytes(1 << 17))
        assert caught.value.http_status == 507
    assert str(tmp_path) not in str(caught.value)
    with full_disk(1 << 10), pytest.raises(OutputError) as caught:
        files.keep_source(files.create(), bytes(1 << 12))
    assert str(tmp_path) not in str(caught.value)
    with full_disk(8), pytest.raises(OutputError):
        files.keep_secrets(files.create(), Secrets(password="much longer than eight bytes"))


def test_what_a_full_disk_means() -> None:
    full = disk_error(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert (full.message, full.hint) == (
        "The server cannot keep the document: No space left on device.",
        "Try again when there is room.",
    )
    broken = disk_error(OSError(errno.EIO, os.strerror(errno.EIO)))
    assert "data folder" in broken.hint


def test_an_error_loses_its_path() -> None:
    named = OutputError("/data/x cannot be written.", "Choose another folder with -o.")
    assert unnamed(named).message == "The server cannot keep the document."
    assert "/data" not in unnamed(named).hint and "-o" not in unnamed(named).hint
    named.__cause__ = OSError(errno.ENOSPC, "No space left on device", "/data/x")
    assert "/data" not in str(unnamed(named)) and "No space left" in str(unnamed(named))


def test_a_folder_that_cannot_be_made_is_told_without_the_place(tmp_path: Path) -> None:
    (tmp_path / "documents").write_bytes(b"")
    with pytest.raises(OutputError, match="File exists") as caught:
        JobFiles(tmp_path / "documents")
    assert str(tmp_path) not in str(caught.value)
