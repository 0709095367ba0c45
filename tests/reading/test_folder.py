"""What stands in an output folder is never lost: others' files, and outputs beside a failed one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document, Page
from shuowen.errors import InternalError, OutputError
from shuowen.image.page import Pixels
from shuowen.reading.folder import Folder
from shuowen.reading.outputs import FolderOptions
from shuowen.reading.run import Outcome, run
from shuowen.source.model import Source, address_key
from shuowen.writers import WRITERS, DocumentWriter, PageWriter, Writer
from tests import made_files
from tests.reading.test_run import Watched

FAST = ReadOptions(effort="fast")
SOURCE = Source(name="a.pdf", data=made_files.pdf_with_text("Alpha", "Beta"))


def read_into(
    path: Path,
    source: Source = SOURCE,
    *writers: Writer,
    force: bool = False,
    max_pixels: int = 10**7,
) -> Outcome:
    """Read one source into a folder, as a run of its own."""
    wanted = FolderOptions(folder=path, writers=writers or (WRITERS["txt"],), force=force)
    destination = Folder(wanted, FAST, Limits(max_pixels=max_pixels))
    (outcome,) = run([source], destination, FAST, jobs=2, watch=Watched())
    return outcome


def download(query: str) -> Source:
    url = f"https://a.example/scan.pdf?id={query}"
    data = made_files.pdf_with_text(f"Answer {query}")
    return Source(name="https://a.example/scan.pdf?…", data=data, address=address_key(url))


@pytest.mark.parametrize("order", ["12", "21"])
def test_urls_that_differ_in_the_query_alone_have_outputs_of_their_own(
    tmp_path: Path, order: str
) -> None:
    names = ["scan.txt", "scan-2.txt"]
    for query, name in zip(order, names, strict=True):
        assert read_into(tmp_path, download(query)).written == (tmp_path / name,)
    for query in reversed(order):
        assert read_into(tmp_path, download(query)).status == "skipped"
    texts = [(tmp_path / name).read_text() for name in names]
    assert texts == [f"Answer {query}\n" for query in order]
    assert "id=" not in (tmp_path / ".shuowen" / "outputs.jsonl").read_text()


def test_a_file_that_others_wrote_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("My notes")
    for _ in range(2):
        outcome = read_into(tmp_path)
        assert (outcome.status, outcome.foreign) == ("ok", (tmp_path / "a.txt",))
        assert (outcome.written, outcome.edited) == ((), ())
        assert (tmp_path / "a.txt").read_text() == "My notes"
    forced = read_into(tmp_path, force=True)
    assert (forced.written, forced.foreign) == ((tmp_path / "a.txt",), ())
    assert (tmp_path / "a.txt").read_text().startswith("Alpha")


def test_another_output_of_the_same_source_is_written_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.overlay-0001.png").write_bytes(b"my picture")
    outcome = read_into(tmp_path, SOURCE, WRITERS["overlay"], WRITERS["txt"])
    assert outcome.foreign == (tmp_path / "a.overlay-0001.png",)
    assert outcome.written == (tmp_path / "a.overlay-0002.png", tmp_path / "a.txt")


def test_without_its_memory_a_folder_keeps_what_differs_and_takes_back_what_does_not(
    tmp_path: Path,
) -> None:
    read_into(tmp_path)
    shutil.rmtree(tmp_path / ".shuowen")
    same = read_into(tmp_path)
    assert (same.status, same.written, same.foreign) == ("ok", (), ())
    assert read_into(tmp_path).status == "skipped"
    (tmp_path / "a.txt").write_text("Alpha, corrected")
    shutil.rmtree(tmp_path / ".shuowen")
    assert read_into(tmp_path).foreign == (tmp_path / "a.txt",)
    assert (tmp_path / "a.txt").read_text() == "Alpha, corrected"


def overlay_that(fails_on: int, error: Exception) -> PageWriter:
    """The overlay, failing on one page."""
    overlay = WRITERS["overlay"]
    assert isinstance(overlay, PageWriter)

    def write_page(page: Page, pixels: Pixels) -> bytes:
        if page.page_number == fails_on:
            raise error
        return b"drawn"

    return replace(overlay, write_page=write_page)


def test_an_overlay_that_fails_costs_itself_alone(tmp_path: Path) -> None:
    broken = overlay_that(1, ValueError("a bug"))
    outcome = read_into(tmp_path, SOURCE, broken, WRITERS["txt"])
    assert outcome.status == "partial"
    assert outcome.written == (tmp_path / "a.overlay-0002.png", tmp_path / "a.txt")
    (error,) = outcome.unmade
    assert isinstance(error, InternalError)
    assert "making a.overlay-0001.png: ValueError: a bug" in error.message
    again = read_into(tmp_path, SOURCE, WRITERS["overlay"], WRITERS["txt"])
    assert (again.status, again.written) == ("ok", (tmp_path / "a.overlay-0001.png",))


def test_a_document_writer_that_fails_costs_its_file_alone(tmp_path: Path) -> None:
    def broken(document: Document) -> bytes:
        raise ValueError("a bug")

    html = DocumentWriter(name="html", title="HTML", suffix=".html", write=broken)
    outcome = read_into(tmp_path, SOURCE, html, WRITERS["txt"])
    assert (outcome.status, outcome.written) == ("partial", (tmp_path / "a.txt",))
    assert len(outcome.unmade) == 1


def test_a_full_disk_is_told_and_the_page_that_was_read_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OutputError(f"{path} cannot be written: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr("shuowen.reading.outputs.save", full)
        outcome = read_into(tmp_path, SOURCE, WRITERS["overlay"])
    assert (outcome.status, type(outcome.error)) == ("failed", OutputError)
    wanted = FolderOptions(folder=tmp_path, writers=(WRITERS["overlay"],))
    watch = Watched()
    list(run([SOURCE], Folder(wanted, FAST, Limits(max_pixels=10**7)), FAST, jobs=1, watch=watch))
    assert watch.opened_sources == [("a.pdf", 1, 1)]


def test_another_limit_on_pixels_reads_anew(tmp_path: Path) -> None:
    assert read_into(tmp_path).status == "ok"
    assert read_into(tmp_path).status == "skipped"
    assert read_into(tmp_path, max_pixels=10**6).status == "ok"
