"""Streams that wait: signs of life, clients that leave, limits on time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from shuowen.generation.results import Delta, PromptProgress
from shuowen.server.chat import routes, sse
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.chat.model import ChatEvent, ChatQuestion, Progress
from shuowen.server.chat.sse import comment, data_event, paced
from tests.server.chat.benches import TEXT, Json, StandInReader, user
from tests.server.chat.scripted import ScriptedEngine, Step, said
from tests.server.conftest import RunningServer, Serve

WAIT = 10
STREAM: Json = {"model": "scripted", "messages": user("Hi"), "stream": True}


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def server(serve: Serve, engine: ScriptedEngine) -> RunningServer:
    return started(serve, engine)


def started(serve: Serve, engine: ScriptedEngine, **options: Any) -> RunningServer:
    def models(options: Any, desk: Any) -> list[EngineModel]:
        return [EngineModel(engine, limits=options.limits)]

    return serve(models=models, **options)


@pytest.fixture
def short_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paced, "__defaults__", (0.05,))


def lines_of(server: RunningServer, body: Json) -> Iterator[str]:
    url = f"{server.url}/v1/chat/completions"
    with httpx.stream("POST", url, json=body, timeout=WAIT) as response:
        assert response.status_code == 200
        yield from (line for line in response.iter_lines() if line)


@pytest.mark.usefixtures("short_pings")
def test_a_silent_engine_keeps_the_line_alive(
    server: RunningServer, engine: ScriptedEngine
) -> None:
    may_go_on = threading.Event()
    progress = PromptProgress(tiles_seen=1, num_tiles=3, tokens_done=0, num_tokens=900)
    later = PromptProgress(tiles_seen=3, num_tiles=3, tokens_done=512, num_tokens=900)
    engine.script = [progress, later, lambda: may_go_on.wait(WAIT), *said("Done.")]
    lines = lines_of(server, STREAM)
    assert '"role":"assistant"' in next(lines)
    assert next(lines) == ": 1 of 3 tiles"
    assert next(lines) == ": 512 of 900 tokens"
    assert [next(lines), next(lines)] == [": ping", ": ping"]
    may_go_on.set()
    rest = [line for line in lines if line != ": ping"]
    assert '"content":"Done."' in rest[0] and rest[-1] == "data: [DONE]"


@pytest.mark.usefixtures("short_pings")
def test_a_stream_begins_even_before_the_question_is_taken_on(
    server: RunningServer, engine: ScriptedEngine
) -> None:
    may_go_on = threading.Event()

    def wait(request: Any) -> None:
        may_go_on.wait(WAIT)

    engine.refusal = wait
    engine.script = said("Done.")
    lines = lines_of(server, STREAM)
    assert '"role":"assistant"' in next(lines)
    assert next(lines) == ": ping"
    may_go_on.set()
    assert any('"content":"Done."' in line for line in lines)


class Slow(StandInReader):
    """A reader that looks at many pages before it takes a question on."""

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        for number in range(1, 11):
            time.sleep(0.02)
            yield Progress(what="pages", done=number, total=10)
        yield from super().answer(question)


def test_progress_alone_does_not_keep_a_stream_from_beginning(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PING_SECONDS", 0.05)
    server = serve(models=lambda options, desk: [Slow()])
    lines = list(lines_of(server, {**STREAM, "model": "reader"}))
    assert '"role":"assistant"' in lines[0]
    assert lines[1].startswith(": ") and lines[-4].startswith(": 10 of 10 pages")
    assert TEXT in lines[-3]


@pytest.mark.parametrize("stream", [True, False])
def test_the_engine_is_told_when_the_client_leaves(
    server: RunningServer, engine: ScriptedEngine, stream: bool
) -> None:
    has_begun = threading.Event()
    slowly: list[Step] = [Delta(candidate_index=0, text="word "), lambda: time.sleep(0.01)]
    engine.script = [has_begun.set, *slowly * 1000]
    body = {**STREAM, "stream": stream}
    if stream:
        lines = lines_of(server, body)
        for _ in range(3):
            next(lines)
        assert isinstance(lines, Iterator)
        lines.close()  # type: ignore[attr-defined]
    else:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=0.3)
        assert has_begun.is_set()
    assert engine.closed.wait(WAIT)


def test_an_answer_has_a_time_limit(serve: Serve, engine: ScriptedEngine) -> None:
    stop = threading.Event()
    engine.script = [Delta(candidate_index=0, text="word "), lambda: stop.wait(WAIT)]
    server = started(serve, engine, request_seconds=1)
    try:
        lines = list(lines_of(server, STREAM))
        assert '"code":"timed_out"' in lines[-2] and lines[-1] == "data: [DONE]"
        body = {**STREAM, "stream": False}
        response = httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=WAIT)
        assert response.status_code == 504
        assert response.json()["error"]["code"] == "timed_out"
    finally:
        stop.set()


def test_many_streams_at_once_do_not_wait_for_each_other(
    server: RunningServer, engine: ScriptedEngine
) -> None:
    together = threading.Barrier(12)
    engine.script = [lambda: together.wait(WAIT), *said("Done.")]

    async def one(client: httpx.AsyncClient) -> bool:
        response = await client.post("/v1/chat/completions", json=STREAM, timeout=WAIT)
        return "Done." in response.text

    async def run() -> list[bool]:
        async with httpx.AsyncClient(base_url=server.url) as client:
            return await asyncio.gather(*(one(client) for _ in range(12)))

    assert asyncio.run(run()) == [True] * 12


class Items:
    """An asynchronous generator that notes its end."""

    def __init__(self, *waits: float) -> None:
        self.waits = waits
        self.has_ended = False

    async def all(self) -> AsyncGenerator[int, None]:
        try:
            for number, wait in enumerate(self.waits):
                await asyncio.sleep(wait)
                yield number
        finally:
            self.has_ended = True


def test_pauses_are_filled_and_nothing_is_lost() -> None:
    async def run() -> list[int | None]:
        return [each async for each in paced(Items(0, 0.15, 0).all(), 0.06)]

    assert asyncio.run(run()) == [0, None, None, 1, 2]


@pytest.mark.parametrize("num_taken", [1, 2])
def test_items_are_closed_whether_they_are_waited_for_or_not(num_taken: int) -> None:
    items = Items(0, 5)

    async def run() -> None:
        async with aclosing(paced(items.all(), 0.02)) as found:
            for _ in range(num_taken):
                await anext(found)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert items.has_ended


def test_errors_of_the_items_are_raised() -> None:
    async def broken() -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("odd")

    async def run() -> None:
        async for _ in paced(broken()):
            pass

    with pytest.raises(ValueError, match="odd"):
        asyncio.run(run())


def test_events_are_single_lines() -> None:
    assert data_event({"a": "x\ny\r\u2028"}) == 'data: {"a":"x\\ny\\r\u2028"}\n\n'.encode()
    assert data_event([1], "page") == b"event: page\ndata: [1]\n\n"
    assert comment("ping") == b": ping\n\n"
    assert sse.PING_SECONDS <= 30
