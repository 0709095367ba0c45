"""A child as an engine: its answers, and what is said while it is down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shuowen.engines.remote_options import RemoteOptions
from shuowen.errors import CapacityError, EngineError
from shuowen.generation.engine import Request
from shuowen.launch.child_engine import ChildEngine
from shuowen.prompt.messages import Message
from tests.engines.model_server import ModelServer, running

REQUEST = Request(messages=(Message.of("user", "Hello"),))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with running() as started:
        yield started


def child(url: str, ready: list[bool]) -> ChildEngine:
    """`ready` is used up one by one; its last value stays."""
    options = RemoteOptions(model="tiny", api_key="k", dialect="lmdeploy")
    return ChildEngine(
        url,
        options,
        title="LMDeploy",
        is_ready=lambda: ready.pop(0) if len(ready) > 1 else ready[0],
    )


def test_it_answers_like_any_server(server: ModelServer) -> None:
    engine = child(server.url, [True])
    assert engine.generate(REQUEST).candidates[0].text == "Hello"
    assert engine.dialect == "lmdeploy"
    assert server.headers[0]["Authorization"] == "Bearer k"


def test_while_it_is_down_nothing_is_sent(server: ModelServer) -> None:
    with pytest.raises(CapacityError, match="LMDeploy is being started again") as caught:
        child(server.url, [False]).stream(REQUEST)
    assert caught.value.http_status == 503
    assert not server.bodies


def test_one_that_has_just_died_is_down_too() -> None:
    with pytest.raises(CapacityError, match="started again"):
        child("http://127.0.0.1:1", [True, False]).stream(REQUEST)


def test_one_that_lives_and_does_not_listen_is_broken() -> None:
    with pytest.raises(EngineError):
        child("http://127.0.0.1:1", [True]).stream(REQUEST)
