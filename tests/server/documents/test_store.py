"""The store with a real desk: jobs are read, stopped, taken up again, fail and are erased."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page
from shuowen.errors import CapacityError, ConflictError, NotFoundError, OutputError
from shuowen.server.desk import Desk
from shuowen.server.documents import read_job, runner
from shuowen.server.documents.files import Secrets
from shuowen.server.documents.records import Job, NewJob
from shuowen.server.documents.results import read_document
from shuowen.server.documents.store import NUM_PLACES, DocumentStore
from shuowen.server.options import ServerOptions
from shuowen.server.page_work import PageWork
from tests import made_files

BROKEN_PAGES = made_files.pdf_with_text(*[None] * 6)
"""A sound document whose pages fail at once: as good as any where their text does not matter."""
READ_NOTHING = ReadOptions(text_layer="always", effort="fast", dpi=36)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk(num_threads=2)
    yield desk
    desk.close(5.0)


@contextmanager
def opened(folder: Path, desk: Desk, **options: Any) -> Iterator[DocumentStore]:
    store = DocumentStore(ServerOptions(data_dir=folder, **options), desk)
    try:
        store.start()
        yield store
    finally:
        store.close(10.0)


def hand_in(store: DocumentStore, data: bytes, owner: str = "ann", **values: Any) -> Job:
    files = store.jobs.files
    job_id = files.create()
    files.keep_source(job_id, data)
    options = values.pop("options", READ_NOTHING)
    files.keep_secrets(job_id, Secrets(password=options.password))
    new = NewJob(id=job_id, owner=owner, name="scan.pdf", options=options, **values)
    return store.submit(new)[0]


def wait(store: DocumentStore, job: Job, is_so: Callable[[Job], bool], seconds: float = 20) -> Job:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = store.jobs.get(job.id, job.owner)
        if is_so(found):
            return found
        time.sleep(0.01)
    raise AssertionError(f"still {found}")


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def desk_is_idle(desk: Desk) -> bool:
    """Whether nobody reads: every place of the store is free again."""
    return not desk._readings


def ended(store: DocumentStore, job: Job) -> Job:
    return wait(store, job, lambda job: job.has_ended)


def texts(store: DocumentStore, job: Job) -> list[str]:
    document = read_document(job, store.jobs)
    return [" ".join(region.text for region in page.regions) for page in document.pages]


def test_a_document_is_read_and_its_result_is_whole(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk) as store:
        job = ended(store, hand_in(store, made_files.pdf_with_text("One", "Two", "Three")))
        assert (job.state, job.num_pages, job.num_wanted) == ("completed", 3, 3)
        assert (job.num_done, job.num_failed) == (3, 0)
        assert texts(store, job) == ["One", "Two", "Three"]
        assert store.num_by_state() == {"completed": 1}


def test_only_the_pages_asked_for_are_read(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk) as store:
        options = ReadOptions(pages="2-", text_layer="always")
        job = ended(
            store, hand_in(store, made_files.pdf_with_text("One", "Two", "Three"), options=options)
        )
        assert (job.num_pages, job.num_wanted) == (3, 2)
        assert texts(store, job) == ["Two", "Three"]


def test_pages_that_fail_make_a_document_partial_and_all_of_them_make_it_failed(
    tmp_path: Path, desk: Desk
) -> None:
    with opened(tmp_path, desk) as store:
        some = ended(store, hand_in(store, made_files.pdf_with_text("One", None)))
        assert (some.state, some.num_done, some.num_failed, some.error) == ("partial", 2, 1, None)
        assert texts(store, some) == ["One", ""]
        every = ended(store, hand_in(store, made_files.pdf_with_text(None)))
        assert every.state == "failed" and every.error is not None
        assert every.error.code == "input" and "Page 1" in every.error.message
        with pytest.raises(ConflictError, match="has failed. Page 1"):
            read_document(every, store.jobs)
        assert read_document(every, store.jobs, partial=True).status == "failed"


@pytest.mark.parametrize(
    "data, options, code, message",
    [
        (b"%PDF- not really", ReadOptions(), "input", "scan.pdf is a damaged PDF"),
        (made_files.encrypted_pdf("x", "hush"), ReadOptions(), "input", "(`password`)"),
        (made_files.pdf_without_pages(), ReadOptions(), "input", "no pages"),
        (made_files.pdf_with_text("One"), ReadOptions(pages="7"), "usage", "No page is in '7'"),
        (made_files.pdf_with_text("One", "Two"), ReadOptions(), "too_large", "at most 1"),
    ],
)
def test_what_cannot_be_read_fails_with_its_reason(
    tmp_path: Path, desk: Desk, data: bytes, options: ReadOptions, code: str, message: str
) -> None:
    with opened(tmp_path, desk, max_pages=1) as store:
        job = ended(store, hand_in(store, data, options=options))
        assert job.state == "failed" and job.error is not None
        assert job.error.code == code and message in job.error.message
        assert str(tmp_path) not in job.error.message
        with pytest.raises(ConflictError):
            read_document(job, store.jobs, partial=True)


def test_a_password_opens_a_document_and_is_erased_with_the_end(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk) as store:
        options = ReadOptions(password="hush", text_layer="always")
        job = hand_in(store, made_files.encrypted_pdf("Secret", "hush"), options=options)
        assert store.jobs.files.secrets(job.id).password == "hush"
        job = ended(store, job)
        assert texts(store, job) == ["Secret"]
        wait_until(lambda: store.jobs.files.secrets(job.id) == Secrets())
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"hush" not in path.read_bytes(), path


def test_the_log_tells_how_a_document_ended_and_nothing_of_what_it_is(
    tmp_path: Path, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with opened(tmp_path, desk) as store:
        good = ended(store, hand_in(store, made_files.pdf_with_text("Confidential")))
        bad = ended(store, hand_in(store, b"%PDF- not really"))
    told = [
        getattr(record, "fields", {})
        for record in caplog.records
        if record.message == "document ended"
    ]
    assert told == [
        {"document": good.id, "state": "completed"},
        {"document": bad.id, "state": "failed", "code": "input"},
    ]
    for record in caplog.records:
        assert not record.exc_info
        for word in ("scan", "Confidential", str(tmp_path)):
            assert word not in record.getMessage()


def test_a_url_that_leads_into_the_house_is_refused_by_the_job(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk) as store:
        job_id = store.jobs.files.create()
        store.jobs.files.keep_secrets(job_id, Secrets(url="http://127.0.0.1:9/a.pdf?token=t"))
        new = NewJob(id=job_id, owner="ann", name="http://127.0.0.1:9/a.pdf", options=READ_NOTHING)
        job = ended(store, store.submit(new)[0])
        assert job.state == "failed" and job.error is not None
        assert job.error.code == "fetch" and "not an address of the public" in job.error.message
        wait_until(lambda: store.jobs.files.secrets(job_id) == Secrets())


def test_closing_stops_after_a_page_and_the_next_start_goes_on(tmp_path: Path, desk: Desk) -> None:
    data = made_files.pdf_with_text(*(f"Page {number}" for number in range(1, 9)))
    with opened(tmp_path, desk) as store:
        job = wait(store, hand_in(store, data), lambda job: job.num_done >= 2)
    with opened(tmp_path, desk) as store:
        first = store.jobs.get(job.id, "ann")
        done_before = {mark.page_number: mark for mark in store.jobs.table.pages(job.id)}
        assert 2 <= len(done_before) < 8 or first.has_ended
        job = ended(store, job)
        assert job.state == "completed" and job.num_done == 8
        marks = {mark.page_number: mark for mark in store.jobs.table.pages(job.id)}
        assert all(marks[number] == mark for number, mark in done_before.items())
        assert texts(store, job) == [f"Page {number}" for number in range(1, 9)]


def test_a_second_server_is_refused_the_folder_and_may_have_it_later(
    tmp_path: Path, desk: Desk
) -> None:
    options = ServerOptions(data_dir=tmp_path)
    first = DocumentStore(options, desk)
    with pytest.raises(CapacityError, match="Another server uses this data folder"):
        DocumentStore(options, desk)
    first.close(0)
    DocumentStore(options, desk).close(0)


def test_a_crash_between_file_and_row_loses_no_page_and_one_before_is_read_again(
    tmp_path: Path, desk: Desk
) -> None:
    data = made_files.pdf_with_text("One", "Two", "Three")
    with opened(tmp_path, desk) as store:
        job = ended(store, hand_in(store, data))
        again = hand_in(store, data)
        ended(store, again)
    options = ServerOptions(data_dir=tmp_path)
    store = DocumentStore(options, desk)
    table = store.jobs.table
    # As if the server had died after page 2's content was written, and before its row was.
    with table._database.transaction() as connection:
        connection.execute("UPDATE jobs SET state = 'running', finished_at = NULL")
        connection.execute("DELETE FROM pages WHERE page_number = 2 AND job_id = ?", (job.id,))
    # As if the power had gone, and the disk had lost all pages but kept the rows.
    journal = tmp_path / "documents" / again.id / "pages.jsonl"
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    store.close(0)
    with opened(tmp_path, desk) as store:
        for each in (job, again):
            each = ended(store, each)
            assert (each.state, each.num_done) == ("completed", 3)
            assert texts(store, each) == ["One", "Two", "Three"]
        # Rows of lost pages went first, so that nobody was told of pages that were not there.
        assert [mark.sequence for mark in store.jobs.table.pages(again.id)] == [1, 2, 3]
        assert journal.read_bytes().count(b'"page"') == 3
        assert (tmp_path / "documents" / job.id / "pages.jsonl").read_bytes().count(b'"page"') == 3


def test_a_folder_without_a_job_goes_with_the_next_start(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk) as store:
        kept, orphan = hand_in(store, made_files.png("One")).id, store.jobs.files.create()
        ended(store, store.jobs.get(kept, "ann"))
        store.jobs.files.keep_secrets(kept, Secrets(password="left by a crash"))
    with opened(tmp_path, desk) as store:
        assert not (tmp_path / "documents" / orphan).exists()
        assert (tmp_path / "documents" / kept).is_dir()
        assert store.jobs.files.secrets(kept) == Secrets()


def test_a_job_that_keeps_killing_the_server_is_given_up(tmp_path: Path, desk: Desk) -> None:
    options = ServerOptions(data_dir=tmp_path)
    store = DocumentStore(options, desk)
    job, other = (hand_in(store, made_files.pdf_with_text("One")) for _ in range(2))
    for _ in range(runner.MAX_STARTS):
        store.jobs.table.start(job.id)
        store.jobs.table.requeue_all()
    store.close(0)
    with opened(tmp_path, desk) as store:
        job = ended(store, job)
        assert job.state == "failed" and job.error is not None
        assert "died 3 times" in job.error.message
        assert ended(store, other).state == "completed"


class Gate:
    """Lets pages be kept one at a time, when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._may_pass = threading.Semaphore(0)
        self.num_waiting = 0
        keep = read_job.Journal.add

        def add(journal: Any, page: Page) -> None:
            self.num_waiting += 1
            assert self._may_pass.acquire(timeout=20)
            keep(journal, page)

        monkeypatch.setattr(read_job.Journal, "add", add)

    def let_pass(self, number: int = 1) -> None:
        for _ in range(number):
            self._may_pass.release()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch)
    yield gate


def test_a_cancelled_document_keeps_its_pages_and_ends_at_once(
    tmp_path: Path, desk: Desk, gate: Gate
) -> None:
    with opened(tmp_path, desk) as store:
        job = hand_in(store, BROKEN_PAGES)
        gate.let_pass(2)
        job = wait(store, job, lambda job: job.num_done == 2)
        cancelled = store.cancel(job.id, "ann")
        assert cancelled.state == "cancelled" and cancelled.expires_at is not None
        assert store.cancel(job.id, "ann") == cancelled
        gate.let_pass(9)
        with pytest.raises(ConflictError, match="is cancelled, 2 of 6 pages done"):
            read_document(cancelled, store.jobs)
        document = read_document(cancelled, store.jobs, partial=True)
        assert len(document.pages) == 2
        assert ended(store, hand_in(store, BROKEN_PAGES)).num_done == 6
        assert store.jobs.get(job.id, "ann").num_done == 2


def endless(work: PageWork) -> None:
    """A page that would be read for ever, but looks whether anybody still wants it."""
    while not work.reading.is_stopped:
        time.sleep(0.005)


def test_cancelling_and_erasing_stop_a_page_that_is_being_read(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, desk) as store:
        with monkeypatch.context() as patched:
            patched.setattr(PageWork, "read", endless)
            jobs = [hand_in(store, made_files.pdf_with_text("One")) for _ in range(NUM_PLACES)]
            for job in jobs:
                wait(store, job, lambda job: job.num_wanted == 1)
            for job in jobs[1:]:
                store.cancel(job.id, "ann")
            store.erase(jobs[0].id, "ann")
            wait_until(lambda: desk_is_idle(desk))
        assert ended(store, hand_in(store, made_files.pdf_with_text("One"))).state == "completed"


def test_closing_does_not_wait_for_ever_for_a_page(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PageWork, "read", endless)
    options = ServerOptions(data_dir=tmp_path)
    store = DocumentStore(options, desk)
    store.start()
    job = wait(
        store, hand_in(store, made_files.pdf_with_text("One")), lambda job: job.num_wanted == 1
    )
    start = time.monotonic()
    store.close(0.1)
    assert time.monotonic() - start < 5
    again = DocumentStore(options, desk)
    found = again.jobs.table.queue()[0]
    assert (found.id, found.num_starts) == (job.id, 0)  # stopped cleanly
    again.close(0)


def test_a_page_that_does_not_stop_does_not_count_against_its_document(
    tmp_path: Path, desk: Desk, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LAST_SECONDS", 0.1)
    options = ServerOptions(data_dir=tmp_path)
    store = DocumentStore(options, desk)
    store.start()
    job = hand_in(store, made_files.pdf_with_text("One"))
    wait_until(lambda: gate.num_waiting == 1)
    store.close(0.1)
    again = DocumentStore(options, desk)
    found = again.jobs.table.queue()[0]
    assert (found.id, found.num_starts) == (job.id, 0)
    gate.let_pass(9)
    again.close(0)
    wait_until(lambda: desk_is_idle(desk))


def test_an_erased_document_is_gone_while_it_is_being_read(
    tmp_path: Path, desk: Desk, gate: Gate
) -> None:
    with opened(tmp_path, desk) as store:
        job = hand_in(store, BROKEN_PAGES)
        gate.let_pass(1)
        wait(store, job, lambda job: job.num_done == 1)
        store.erase(job.id, "ann")
        assert not (tmp_path / "documents" / job.id).exists()
        gate.let_pass(9)
        with pytest.raises(NotFoundError):
            store.jobs.get(job.id, "ann")
        store.erase(job.id, "ann")  # once more makes no difference
        with pytest.raises(NotFoundError):
            store.erase(job.id, "bob")
        ended(store, hand_in(store, BROKEN_PAGES))
    assert not (tmp_path / "documents" / job.id).exists()


def test_one_owners_long_documents_make_room_for_another_owner(
    tmp_path: Path, desk: Desk, gate: Gate
) -> None:
    with opened(tmp_path, desk) as store:
        long = [hand_in(store, BROKEN_PAGES) for _ in range(5)]
        for job in long[:4]:
            wait(store, job, lambda job: job.state == "running")
        short = hand_in(store, BROKEN_PAGES, owner="bob")
        gate.let_pass(1)  # a page of one long document; then it makes room
        wait(store, short, lambda job: job.state == "running")
        states = [store.jobs.get(job.id, "ann").state for job in long]
        assert sorted(states) == ["queued", "queued", "running", "running", "running"]
        gate.let_pass(100)
        for job in (short, *long):
            assert ended(store, job).num_done == 6


def test_time_left_is_known_after_a_page(tmp_path: Path, desk: Desk, gate: Gate) -> None:
    with opened(tmp_path, desk) as store:
        job = hand_in(store, BROKEN_PAGES)
        job = wait(store, job, lambda job: job.num_wanted == 6)
        assert store.record(job).seconds_left is None
        gate.let_pass(1)
        job = wait(store, job, lambda job: job.num_done == 1)
        time.sleep(0.05)
        left = store.record(job).seconds_left
        assert left is not None and 0.1 < left < 60
        gate.let_pass(9)
        assert store.record(ended(store, job)).seconds_left is None


def test_a_full_disk_fails_the_job_and_the_next_is_read(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = read_job.Journal.add

    def full(journal: Any, page: Page) -> None:
        if page.page_number == 2:
            raise OutputError(f"Finished pages cannot be kept in {tmp_path}: disk full.")
        keep(journal, page)

    with opened(tmp_path, desk) as store:
        with monkeypatch.context() as patched:
            patched.setattr(read_job.Journal, "add", full)
            job = ended(store, hand_in(store, made_files.pdf_with_text("One", "Two")))
        assert job.state == "failed" and job.error is not None
        assert job.error.code == "output" and str(tmp_path) not in job.error.message
        assert len(read_document(job, store.jobs, partial=True).pages) == 1
        assert store.jobs.files.source(job.id, "x") is None  # made room
        assert ended(store, hand_in(store, made_files.png("One"))).state == "completed"


def test_records_that_the_disk_does_not_take_are_written_when_it_does(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_RETRY_SECONDS", 0.02)
    with opened(tmp_path, desk) as store:
        end, num_tries = store.jobs.table.end, 0

        def try_to_end(*arguments: Any, **values: Any) -> bool:
            nonlocal num_tries
            num_tries += 1
            if num_tries < 4:
                raise OutputError("The server cannot keep its records: disk full.")
            return end(*arguments, **values)

        monkeypatch.setattr(store.jobs.table, "end", try_to_end)
        job = ended(store, hand_in(store, made_files.pdf_with_text("One")))
        assert (job.state, num_tries) == ("completed", 4)


def test_a_bug_fails_one_job_without_giving_its_words_away(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("a line of the document")

    with opened(tmp_path, desk) as store:
        with monkeypatch.context() as patched:
            patched.setattr(read_job, "source_info", broken)
            job = ended(store, hand_in(store, made_files.pdf_with_text("One")))
        assert job.error is not None and job.error.code == "internal"
        assert "a line of the document" not in job.error.message
        assert ended(store, hand_in(store, made_files.pdf_with_text("One"))).state == "completed"


def test_a_bug_at_the_end_of_jobs_costs_no_thread(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("a line of the document")

    with opened(tmp_path, desk) as store:
        with monkeypatch.context() as patched:
            patched.setattr(runner, "end_job", broken)
            for _ in range(NUM_PLACES + 1):
                job = ended(store, hand_in(store, made_files.pdf_with_text("One")))
                assert job.error is not None and job.error.code == "internal"
        assert ended(store, hand_in(store, made_files.pdf_with_text("One"))).state == "completed"


def test_documents_are_erased_when_their_time_is_over(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, retention_seconds=1) as store:
        job = ended(store, hand_in(store, made_files.pdf_with_text("One")))
        assert job.finished_at is not None and job.expires_at == pytest.approx(job.finished_at + 1)
        deadline = time.monotonic() + 5
        while store.jobs.table.get(job.id) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert time.time() >= job.expires_at
        wait_until(lambda: not (tmp_path / "documents" / job.id).exists())


def test_erase_after_read_erases_the_source_at_the_end(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, erase_after_read=True) as store:
        job = ended(store, hand_in(store, made_files.pdf_with_text("One")))
        assert texts(store, job) == ["One"]
        wait_until(lambda: store.jobs.files.source(job.id, "x") is None)


def test_limits_come_from_the_servers_options(tmp_path: Path, desk: Desk) -> None:
    limits = Limits(max_bytes=500, max_pixels=7)
    options = ServerOptions(data_dir=tmp_path, limits=limits, max_body_bytes=400, max_pages=3)
    store = DocumentStore(options, desk)
    assert (store.limits.source, store.limits.max_bytes, store.limits.max_pages) == (limits, 400, 3)
    store.close(0)
