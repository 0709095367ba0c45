"""The engine with its thread: many callers, streams that are closed, and a loop that dies."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from shuowen.engines.pytorch.core import EngineCore
from shuowen.engines.pytorch.engine import PytorchEngine
from shuowen.engines.pytorch.events import Event
from shuowen.errors import CapacityError, EngineError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import ALL_ROOM, Regex, SamplingParams
from shuowen.generation.results import Candidate, Completion, Delta, StreamEvent
from shuowen.prompt.messages import ImagePart, Message
from shuowen.prompt.processor import Processor
from tests.engines.pytorch.tiny import expected, make_core, tiny_model, tiny_processor

LONG = SamplingParams(max_tokens=3000, ignore_end=True, repetition_guard=None)


@pytest.fixture
def processor() -> Processor:
    return tiny_processor(tiny_model())


@pytest.fixture
def core() -> EngineCore:
    return make_core(num_pages=1024, prefill_chunk_tokens=16)


@pytest.fixture
def engine(core: EngineCore, processor: Processor) -> Iterator[PytorchEngine]:
    engine = PytorchEngine("tiny", processor, core, num_threads=1)
    yield engine
    engine.close()


def request(seed: int, params: SamplingParams, *, has_picture: bool = False) -> Request:
    pixels = np.random.default_rng(seed).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    parts = (ImagePart(pixels),) if has_picture else ()
    return Request(messages=(Message.of("user", *parts, f"Question {seed}?"),), params=params)


def plain(processor: Processor, asked: Request) -> tuple[Candidate, ...]:
    inputs = processor.encode(asked.messages, asked.encode, max_new_tokens=asked.params.max_tokens)
    return expected(inputs, asked.params)


def wait_until_cancelled(core: EngineCore, request_id: int, patience_seconds: float = 30) -> None:
    deadline = time.monotonic() + patience_seconds
    while request_id in core.request_ids:
        assert time.monotonic() < deadline, "the request goes on"
        time.sleep(0.005)


@pytest.fixture
def cancelled(core: EngineCore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Requests that the engine cancels from now on."""
    found: list[int] = []
    cancel = core.cancel

    def note(request_id: int) -> None:
        found.append(request_id)
        cancel(request_id)

    monkeypatch.setattr(core, "cancel", note)
    return found


def first_delta(stream: Iterator[StreamEvent]) -> Delta:
    return next(event for event in stream if isinstance(event, Delta))


def test_many_callers_get_each_their_own_answer(
    engine: PytorchEngine, processor: Processor
) -> None:
    params = SamplingParams(max_tokens=8, temperature=1.0, seed=4, num_candidates=2)
    asked = [request(seed, params, has_picture=seed % 2 == 0) for seed in range(8)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(engine.generate, asked))
    for each, completion in zip(asked, found, strict=True):
        assert completion.candidates == plain(processor, each)


def test_deltas_add_up_to_the_answer(engine: PytorchEngine) -> None:
    params = SamplingParams(max_tokens=20, repetition_guard=None)
    *deltas, last = engine.stream(request(1, params))
    assert isinstance(last, Completion)
    assert len(deltas) > 1
    assert "".join(each.text for each in deltas if isinstance(each, Delta)) == last.text


def test_closing_a_stream_cancels_its_request(
    engine: PytorchEngine, core: EngineCore, cancelled: list[int]
) -> None:
    with engine.stream(request(1, LONG)) as stream:
        assert first_delta(stream).text
    wait_until_cancelled(core, 1)
    assert cancelled == [1]
    assert core.cache.num_available == core.cache.pool.num_pages
    assert list(stream) == []


def test_a_stream_closed_by_another_thread_ends_for_the_one_that_waits(
    engine: PytorchEngine, core: EngineCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_held, go_on = threading.Event(), threading.Event()
    step = core.step

    def hold() -> list[Event]:
        is_held.set()
        go_on.wait(30)
        return step()

    stream = engine.stream(request(1, LONG))
    next(stream)
    monkeypatch.setattr(core, "step", hold)
    assert is_held.wait(30)  # the engine computes, so the reader below waits
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(list, stream)
        time.sleep(0.05)
        stream.close()
        go_on.set()
        assert len(rest.result(timeout=30)) < LONG.max_tokens
    wait_until_cancelled(core, 1)
    assert list(stream) == []


def test_a_stream_that_nobody_holds_is_cancelled_too(
    engine: PytorchEngine, core: EngineCore, cancelled: list[int]
) -> None:
    stream = engine.stream(request(1, LONG))
    while not core.request_ids:
        time.sleep(0.001)
    del stream
    gc.collect()
    wait_until_cancelled(core, 1)
    assert cancelled == [1]


def test_a_short_answer_comes_while_a_long_one_is_written(engine: PytorchEngine) -> None:
    with engine.stream(request(1, LONG)) as stream:
        next(stream)
        done = engine.generate(request(2, SamplingParams(max_tokens=3)))
        assert len(done.candidates[0].token_ids) == 3
        assert first_delta(stream).text


def test_errors_come_to_the_caller_that_made_them(engine: PytorchEngine) -> None:
    with pytest.raises(UsageError):
        engine.stream(request(1, SamplingParams(max_tokens=5, constraint=Regex("("))))
    with pytest.raises(CapacityError, match="window"):
        engine.stream(request(1, SamplingParams(max_tokens=10_000)))
    assert engine.generate(request(1, SamplingParams(max_tokens=2))).candidates


def test_what_does_not_fit_the_cache_is_refused_and_the_engine_goes_on(
    processor: Processor,
) -> None:
    engine = PytorchEngine("tiny", processor, make_core(num_pages=40), num_threads=1)
    with pytest.raises(CapacityError, match="key-value"):
        engine.generate(request(1, SamplingParams(max_tokens=500)))
    assert engine.generate(request(1, SamplingParams(max_tokens=2))).candidates
    engine.close()


def test_closing_ends_what_runs_and_refuses_what_comes(
    engine: PytorchEngine, core: EngineCore
) -> None:
    stream = engine.stream(request(1, LONG))
    next(stream)
    engine.close()
    engine.close()
    *_, last = stream
    assert isinstance(last, Completion)
    assert last.candidates[0].finish_reason == "cancelled"
    with pytest.raises(EngineError, match="closed"):
        engine.stream(request(1, LONG))
    assert not any(thread.name == "shuowen-engine" for thread in threading.enumerate())


def test_a_loop_that_dies_tells_everybody(
    engine: PytorchEngine, core: EngineCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [engine.stream(request(seed, LONG)) for seed in range(3)]
    for stream in streams:
        next(stream)

    def die() -> list[Event]:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr(core, "step", die)
    for stream in streams:
        with pytest.raises(EngineError, match="ZeroDivisionError: by accident"):
            list(stream)
    with pytest.raises(EngineError, match="by accident"):
        engine.generate(request(1, LONG))


class Panic(BaseException):
    """As PyO3 raises for a panic in Rust: no Exception."""


def test_even_a_panic_leaves_nobody_waiting(
    engine: PytorchEngine, core: EngineCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic() -> list[Event]:
        raise Panic("index out of bounds")

    stream = engine.stream(request(1, LONG))
    next(stream)
    monkeypatch.setattr(core, "step", panic)
    with pytest.raises(EngineError, match="Panic: index out of bounds"):
        list(stream)


def test_one_requests_trouble_at_the_door_is_nobody_elses(
    engine: PytorchEngine, core: EngineCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = core.submit

    def stumble(*_: object) -> int:
        monkeypatch.setattr(core, "submit", submit)
        raise KeyError("odd")

    with engine.stream(request(1, LONG)) as other:
        next(other)
        monkeypatch.setattr(core, "submit", stumble)
        with pytest.raises(Exception, match="KeyError"):
            engine.generate(request(2, LONG))
        assert first_delta(other).text


def test_all_the_room_there_is_can_be_asked_for(
    engine: PytorchEngine, core: EngineCore, processor: Processor
) -> None:
    endless = replace(LONG, max_tokens=ALL_ROOM)
    asked = request(1, endless, has_picture=True)
    inputs = processor.encode(asked.messages, asked.encode, max_new_tokens=0)
    num_slots = core.cache.pool.num_pages * core.cache.page_tokens
    room = min(processor.settings.window, num_slots) - inputs.num_tokens
    assert len(engine.generate(asked).candidates[0].token_ids) == room
    with pytest.raises(CapacityError):
        engine.generate(replace(asked, params=replace(LONG, max_tokens=room + 1)))


def test_a_field_for_a_server_is_refused(engine: PytorchEngine) -> None:
    with pytest.raises(UsageError, match="'top_z'"):
        engine.stream(replace(request(1, LONG), extra_fields={"top_z": 1}))
