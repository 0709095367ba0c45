from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from shuowen.config import ReadOptions
from shuowen.errors import BusyError, ConflictError
from shuowen.server.documents.database import Database
from shuowen.server.documents.records import ENDED, JobError, NewJob
from shuowen.server.documents.table import JobTable

OWNERS = ("ann", "bob")
ENDINGS = ("partial", "completed", "failed", "cancelled")


@pytest.fixture
def table(tmp_path: Path) -> Iterator[JobTable]:
    database = Database(tmp_path / "jobs.sqlite3")
    yield JobTable(database)
    database.close()


def new_job(number: int, owner: str = "ann", **values: str) -> NewJob:
    return NewJob(
        id=f"doc_{number:032x}",
        owner=owner,
        name="scan.pdf",
        options=ReadOptions(pages="1-3", password="hush"),
        **values,  # type: ignore[arg-type]
    )


def add(table: JobTable, number: int, owner: str = "ann", **values: str) -> str:
    return table.add(new_job(number, owner, **values), max_waiting=100, max_documents=100)[0].id


def test_a_job_comes_back_as_it_was_put_in_but_for_its_password(table: JobTable) -> None:
    job, is_new = table.add(new_job(1), max_waiting=1, max_documents=100)
    assert is_new
    assert table.get(job.id) == job
    assert (job.state, job.options, job.num_done) == ("queued", ReadOptions(pages="1-3"), 0)
    assert table.get(job.id, "bob") is None
    assert table.get("doc_x") is None


def test_too_many_that_are_not_ended_are_refused_for_one_owner(table: JobTable) -> None:
    first = add(table, 1)
    with pytest.raises(BusyError, match="1 of your documents"):
        table.add(new_job(2), max_waiting=1, max_documents=100)
    table.add(new_job(3, "bob"), max_waiting=1, max_documents=100)
    table.end(first, "completed", keep_seconds=1)
    with pytest.raises(BusyError, match="1 of your documents are kept"):
        table.add(new_job(2), max_waiting=1, max_documents=1)
    assert table.add(new_job(2), max_waiting=1, max_documents=100)[1]


def test_an_idempotency_key_gives_the_same_job_even_when_no_more_may_wait(table: JobTable) -> None:
    first = add(table, 1, idempotency_key="k", fingerprint="f")
    again, is_new = table.add(
        new_job(2, idempotency_key="k", fingerprint="f"), max_waiting=1, max_documents=100
    )
    assert (again.id, is_new) == (first, False)
    assert table.get(new_job(2).id) is None


def test_an_idempotency_key_is_not_taken_for_another_request(table: JobTable) -> None:
    add(table, 1, idempotency_key="k", fingerprint="f")
    with pytest.raises(ConflictError, match="another request"):
        add(table, 2, idempotency_key="k", fingerprint="g")
    assert add(table, 3, "bob", idempotency_key="k", fingerprint="g")
    assert add(table, 4) and add(table, 5)  # without a key nothing is the same


def test_an_idempotency_key_is_free_again_once_its_document_is_erased(table: JobTable) -> None:
    table.erase(add(table, 1, idempotency_key="k", fingerprint="f"), by_owner=True)
    assert add(table, 2, idempotency_key="k", fingerprint="g") == new_job(2).id


def test_the_queue_has_the_first_of_each_owner_and_what_died_comes_before(table: JobTable) -> None:
    for number, owner in enumerate(("ann", "ann", "bob"), start=1):
        add(table, number, owner)
    assert [(job.id[-1], job.owner) for job in table.queue()] == [("1", "ann"), ("3", "bob")]
    table.start(new_job(2).id)
    table.requeue_all()
    assert [(job.id[-1], job.num_starts) for job in table.queue()] == [("2", 1), ("3", 0)]


def test_a_clean_stop_is_not_counted_against_a_job_and_a_gained_page_forgives(
    table: JobTable,
) -> None:
    job_id = add(table, 1)
    table.start(job_id)
    table.requeue(job_id)
    assert table.queue()[0].num_starts == 0
    for _ in range(2):
        table.start(job_id)
        table.requeue_all()
    assert table.queue()[0].num_starts == 2
    table.start(job_id)
    table.add_page(job_id, 1, "ok", 0.5)
    table.requeue_all()
    assert table.queue()[0].num_starts == 0


def test_pages_come_in_the_order_in_which_they_were_finished(table: JobTable) -> None:
    job_id = add(table, 1)
    table.start(job_id)
    for number, status in ((3, "ok"), (1, "failed"), (2, "partial")):
        assert table.add_page(job_id, number, status, 0.5)
    assert [(mark.sequence, mark.page_number) for mark in table.pages(job_id)] == [
        (1, 3),
        (2, 1),
        (3, 2),
    ]
    assert [mark.page_number for mark in table.pages(job_id, 1, limit=1)] == [1]
    table.drop_pages(job_id, [1])
    job = table.get(job_id)
    assert job and (job.num_done, job.num_failed) == (2, 0)


def test_newest_first_a_part_at_a_time(table: JobTable) -> None:
    for number in range(1, 6):
        add(table, number)
    add(table, 6, "bob")
    first = table.newest("ann", limit=2)
    assert [job.id[-1] for job in first] == ["5", "4"]
    assert [job.id[-1] for job in table.newest("ann", limit=9, before=first[-1].sequence)] == [
        "3",
        "2",
        "1",
    ]


def test_what_was_fetched_is_remembered(table: JobTable) -> None:
    job_id = add(table, 1)
    table.note_fetched(job_id, "md")
    table.note_fetched(job_id, "json")
    job = table.note_fetched(job_id, "md")
    assert job and job.fetched == ("json", "md")
    assert table.note_fetched("doc_x", "md") is None


def test_an_ending_has_its_error_and_its_time(table: JobTable) -> None:
    job_id = add(table, 1)
    error = JobError(code="input", message="It is empty.")
    assert table.end(job_id, "failed", keep_seconds=60, error=error)
    assert not table.end(job_id, "completed", keep_seconds=60)
    job = table.get(job_id)
    assert job and (job.state, job.error) == ("failed", error)
    assert job.expires_at is not None and job.finished_at is not None
    assert job.expires_at == pytest.approx(job.finished_at + 60)
    assert table.expired(job.expires_at - 1) == []
    assert table.expired(job.expires_at) == [job_id]


def test_only_what_its_owner_erased_is_remembered_and_not_for_ever(table: JobTable) -> None:
    mine, expired = add(table, 1), add(table, 2)
    assert table.erase(mine, by_owner=True)
    assert table.erase(expired, by_owner=False)
    assert not table.erase(mine, by_owner=True)
    assert table.was_erased(mine, "ann")
    assert not table.was_erased(mine, "bob")
    assert not table.was_erased(expired, "ann")
    table.forget_erased(1e12)
    assert not table.was_erased(mine, "ann")


class Life(RuleBasedStateMachine):
    """Whatever happens in whatever order, the table tells the same as a few dictionaries."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "jobs.sqlite3")
        self.database.rows("PRAGMA synchronous = OFF")
        self.table = JobTable(self.database)
        self.states: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.pages: dict[str, dict[int, str]] = {}
        self.num = 0

    @rule(target=ids, owner=st.sampled_from(OWNERS))
    def add(self, owner: str) -> str:
        self.num += 1
        job_id = add(self.table, self.num, owner)
        self.states[job_id], self.owners[job_id], self.pages[job_id] = "queued", owner, {}
        return job_id

    @rule(job_id=ids)
    def start(self, job_id: str) -> None:
        started = self.table.start(job_id)
        is_queued = self.states.get(job_id) == "queued"
        assert (started is not None and started.state == "running") == is_queued
        if is_queued:
            self.states[job_id] = "running"

    @rule(job_id=ids, number=st.integers(1, 4), status=st.sampled_from(["ok", "failed"]))
    def add_page(self, job_id: str, number: int, status: str) -> None:
        runs = self.states.get(job_id) == "running"
        assert self.table.add_page(job_id, number, status, 0.1) == runs
        if runs:
            self.pages[job_id].pop(number, None)
            self.pages[job_id][number] = status

    @rule(job_id=ids)
    def requeue(self, job_id: str) -> None:
        runs = self.states.get(job_id) == "running"
        assert self.table.requeue(job_id) == runs
        if runs:
            self.states[job_id] = "queued"

    @rule(job_id=ids, state=st.sampled_from(ENDINGS))
    def end(self, job_id: str, state: str) -> None:
        can_end = self.states.get(job_id) in ("queued", "running")
        assert self.table.end(job_id, state, keep_seconds=60) == can_end  # type: ignore[arg-type]
        if can_end:
            self.states[job_id] = state

    @rule(job_id=consumes(ids))
    def erase(self, job_id: str) -> None:
        assert self.table.erase(job_id, by_owner=True)
        for each in (self.states, self.pages):
            del each[job_id]
        assert self.table.pages(job_id) == []

    @rule()
    def die_and_come_back(self) -> None:
        self.database.close()
        self.database = Database(Path(self.folder.name) / "jobs.sqlite3")
        self.database.rows("PRAGMA synchronous = OFF")
        self.table = JobTable(self.database)
        self.table.requeue_all()
        running = [job_id for job_id, state in self.states.items() if state == "running"]
        self.states.update(dict.fromkeys(running, "queued"))

    @invariant()
    def tells_the_same(self) -> None:
        jobs = {job.id: job for job in self.table.all_jobs()}
        assert {job_id: job.state for job_id, job in jobs.items()} == self.states
        for job_id, pages in self.pages.items():
            marks = self.table.pages(job_id)
            assert [(mark.page_number, mark.status) for mark in marks] == list(pages.items())
            assert jobs[job_id].num_done == len(pages)
            assert jobs[job_id].num_failed == list(pages.values()).count("failed")
            assert jobs[job_id].has_ended == (self.states[job_id] in ENDED)
        queued = {self.owners[job_id] for job_id, state in self.states.items() if state == "queued"}
        assert {job.owner for job in self.table.queue()} == queued

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
