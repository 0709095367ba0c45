"""Progress as server-sent events, over HTTP and, where time matters, without it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from shuowen.server.desk import Desk
from shuowen.server.documents.events import LAST_ID, Wanted, events
from shuowen.server.documents.records import NewJob
from shuowen.server.documents.store import DocumentStore
from shuowen.server.documents.wishes import Wishes
from shuowen.server.options import ServerOptions
from tests import made_files
from tests.server.conftest import RunningServer, Serve

FAST = {"text_layer": "always", "effort": "fast", "dpi": "36"}
DOCUMENTS = "/v1/documents"
LONG = tuple(f"Page {number}" for number in range(300))
"""Nobody waits until all of it is read."""


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def hand_in(client: httpx.Client, *texts: str) -> str:
    data = made_files.pdf_with_text(*texts)
    answer = client.post(DOCUMENTS, files={"file": ("scan.pdf", data)}, data=FAST)
    path: str = answer.json()["links"]["self"]
    return path


def parsed(text: str) -> list[dict[str, Any]]:
    """Events of a stream, each with its id, event and data; a comment is {"comment": …}."""
    found = []
    for block in text.strip("\n").split("\n\n"):
        if block.startswith(":"):
            found.append({"comment": block[1:].strip()})
        elif block:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append({**fields, "data": json.loads(fields["data"])})
    return found


def listen(client: httpx.Client, path: str, **values: Any) -> list[dict[str, Any]]:
    answer = client.get(f"{path}/events", **values)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    return parsed(answer.text)


def test_events_tell_of_every_page_once_and_of_the_end(client: httpx.Client) -> None:
    path = hand_in(client, "One", "Two")
    told = listen(client, path)
    assert told[0]["event"] == "state" and told[-1]["event"] == "done"
    pages = [each for each in told if each["event"] == "page"]
    assert [each["data"]["page_number"] for each in pages] == [1, 2]
    assert [each["id"] for each in pages] == ["1", "2"]
    for each in pages:
        assert set(each["data"]) == {"page_number", "status", "seconds"}
        assert each["data"]["status"] == "ok" and each["data"]["seconds"] > 0
    states = [each["data"]["state"] for each in told if each["event"] == "state"]
    assert states == sorted(set(states), key=["queued", "running"].index) or len(states) <= 3
    assert told[-1]["data"] == client.get(path).json()
    assert told[-1]["data"]["state"] == "completed" and told[-1]["id"] == LAST_ID


def test_who_comes_late_is_told_all_that_was_done(client: httpx.Client) -> None:
    path = hand_in(client, "One", "Two")
    first = listen(client, path)
    late = listen(client, path)
    assert [each["event"] for each in late] == ["state", "page", "page", "done"]
    pages = [[each for each in told if each["event"] == "page"] for told in (first, late)]
    assert pages[0] == pages[1]


def test_the_last_id_goes_on_behind_it_and_after_the_end_there_is_nothing(
    client: httpx.Client,
) -> None:
    path = hand_in(client, "One", "Two")
    listen(client, path)
    told = listen(client, path, headers={"last-event-id": "1"})
    assert [each["data"].get("page_number") for each in told] == [None, 2, None]
    for strange in ("x", "-1", "9" * 400, "²"):
        headers = {"last-event-id": strange.encode()}
        assert len(listen(client, path, headers=headers)) == 4
    answer = client.get(f"{path}/events", headers={"last-event-id": LAST_ID})
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_content_of_pages_comes_along(client: httpx.Client) -> None:
    path = hand_in(client, "One", "Two")
    for told in (listen(client, path, params={"content": "md"}) for _ in range(2)):
        pages = [each["data"] for each in told if each["event"] == "page"]
        assert [each["content"] for each in pages] == ["One\n", "Two\n"]
    for content in ("overlay", "x", ""):
        answer = client.get(f"{path}/events", params={"content": content})
        assert answer.status_code == 400 and answer.json()["error"]["param"] == "content"


def test_an_erased_document_ends_its_events(client: httpx.Client) -> None:
    path = hand_in(client, *LONG)
    with client.stream("GET", f"{path}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: state"
        assert client.delete(path).status_code == 204
        told = parsed("\n".join(lines))
    assert (told[-1]["event"], told[-1]["data"]["state"]) == ("done", "cancelled")


def test_a_client_that_leaves_frees_its_place(client: httpx.Client, server: RunningServer) -> None:
    signals = server.parts.documents.jobs.signals
    path = hand_in(client, *LONG)
    with client.stream("GET", f"{path}/events") as answer:
        lines = answer.iter_lines()  # kept: httpx hangs up when it is collected
        assert next(lines) == "event: state"
        assert signals.num_listening == 1
    deadline = time.monotonic() + 10
    while signals.num_listening:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client.delete(path)


def test_a_server_that_stops_ends_the_events_and_goes_on_later(serve: Serve) -> None:
    started = serve()
    with httpx.Client(base_url=started.url, timeout=30) as client:
        path = hand_in(client, *LONG)
        with client.stream("GET", f"{path}/events") as answer:
            lines = answer.iter_lines()
            assert next(lines) == "event: state"
            started.parts.drain.begin()
            told = parsed("\n".join(lines))
        assert all(each.get("event") != "done" for each in told)


@pytest.fixture
def store(tmp_path: Any) -> Iterator[DocumentStore]:
    """A store that reads nothing: what happens is what the test does."""
    desk = Desk(num_threads=1)
    store = DocumentStore(ServerOptions(data_dir=tmp_path), desk)
    yield store
    store.close(0)
    desk.close(5)


def queue_one(store: DocumentStore) -> Wanted:
    job_id = store.jobs.files.create()
    store.submit(NewJob(id=job_id, owner="ann", name="x", options=Wishes().options))
    return Wanted(job_id=job_id, owner="ann", after=0, writer=None)


async def some(stream: AsyncIterator[bytes], number: int) -> list[dict[str, Any]]:
    return [parsed((await anext(stream)).decode())[0] for _ in range(number)]


def test_a_comment_comes_when_nothing_else_does(store: DocumentStore) -> None:
    wanted = queue_one(store)

    async def hear() -> list[dict[str, Any]]:
        stream = events(store, wanted, ping_seconds=0.01)
        told = await some(stream, 3)
        store.jobs.table.start(wanted.job_id)
        store.jobs.signals.tell(wanted.job_id)
        while "comment" in (each := (await some(stream, 1))[0]):
            pass
        await stream.aclose()
        return [*told, each]

    told = asyncio.run(hear())
    assert [each.get("comment") for each in told] == [None, "ping", "ping", None]
    assert [told[n]["data"]["state"] for n in (0, 3)] == ["queued", "running"]
    assert store.jobs.signals.num_listening == 0


def test_many_pages_come_a_part_at_a_time_and_none_is_missed(store: DocumentStore) -> None:
    wanted = queue_one(store)
    table = store.jobs.table
    table.start(wanted.job_id)

    async def hear() -> list[int]:
        for number in range(1, 121):
            table.add_page(wanted.job_id, number, "ok", 0.1)
        numbers = []
        async for event in events(store, wanted, ping_seconds=5):
            told = parsed(event.decode())[0]
            if told["event"] == "page":
                numbers.append(told["data"]["page_number"])
            if len(numbers) == 120:  # the last ones come while it is listening
                table.add_page(wanted.job_id, 121, "ok", 0.1)
                store.jobs.end(wanted.job_id, "completed")
        return numbers

    assert asyncio.run(hear()) == list(range(1, 122))


def test_many_listeners_are_told_the_same(store: DocumentStore) -> None:
    wanted = queue_one(store)
    store.jobs.table.start(wanted.job_id)

    async def listener() -> list[str]:
        return [event.decode() async for event in events(store, wanted, ping_seconds=5)]

    async def hear() -> list[list[str]]:
        listeners = [asyncio.create_task(listener()) for _ in range(50)]
        while store.jobs.signals.num_listening < 50:
            await asyncio.sleep(0.01)
        for number in range(1, 4):
            store.jobs.table.add_page(wanted.job_id, number, "ok", 0.1)
            store.jobs.signals.tell(wanted.job_id)
            await asyncio.sleep(0.02)
        store.jobs.end(wanted.job_id, "completed")
        return await asyncio.gather(*listeners)

    told = asyncio.run(hear())
    for each in told:
        marks = [event["data"] for event in parsed("".join(each)) if event["event"] == "page"]
        assert [mark["page_number"] for mark in marks] == [1, 2, 3]
