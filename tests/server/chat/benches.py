"""A server with a model of every kind, and what each of them was asked last."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import httpx
from PIL import Image

from shuowen.engines.remote import RemoteEngine
from shuowen.engines.remote_options import Dialect, RemoteOptions
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.chat.model import (
    Began,
    ChatEvent,
    ChatModel,
    ChatQuestion,
    Counted,
    Ended,
    ModelKind,
    Said,
)
from shuowen.server.desk import Desk
from shuowen.server.options import ServerOptions
from tests.engines.model_server import Handler, ModelServer, choice, streamed
from tests.engines.model_server import running as running_upstream
from tests.generation.fake_engine import FakeEngine
from tests.server.conftest import RunningServer, running

Json = dict[str, Any]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
KINDS: tuple[ModelKind, ...] = ("reader", "engine", *DIALECTS)
TEXT = "The words of the page."


@dataclass
class StandInReader:
    """A model of the kind "reader" that says a text; keeps what it was asked."""

    name: str = "reader"
    text: str = TEXT
    created: int = 0
    kind: ModelKind = "reader"
    questions: list[ChatQuestion] = field(default_factory=list)

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        self.questions.append(question)
        yield Began()
        yield Said(text=self.text)
        yield Ended(finish_reason="stop")
        yield Counted(prompt_tokens=7, completion_tokens=5)

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True)
class Benches:
    """One server, a model for each kind, named like it."""

    server: RunningServer
    reader: StandInReader
    engine: FakeEngine
    upstream: ModelServer
    client: httpx.Client

    def ask(self, body: Json) -> httpx.Response:
        return self.client.post("/v1/chat/completions", json=body)

    def last(self, kind: ModelKind) -> str:
        """All that a model of that kind was told, as text that can be compared."""
        if kind == "reader":
            return repr(self.reader.questions[-1])
        if kind == "engine":
            return repr(self.engine.requests[-1])
        return json.dumps(self.upstream.bodies[-1], sort_keys=True)


@contextmanager
def benches(folder: Path, **options: Any) -> Iterator[Benches]:
    """A server with all kinds of models, for as long as the block runs."""
    reader, engine = StandInReader(), FakeEngine([TEXT], model_name="engine")
    with running_upstream() as upstream:
        upstream.chat = say_text

        def models(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
            remote = [
                EngineModel(
                    RemoteEngine(upstream.url, RemoteOptions(model="tiny", dialect=dialect)),
                    limits=options.limits,
                    name=dialect,
                )
                for dialect in DIALECTS
            ]
            return [reader, EngineModel(engine, limits=options.limits), *remote]

        chosen = ServerOptions(port=0, data_dir=folder, **options)
        with running(chosen, models) as server, httpx.Client(base_url=server.url) as client:
            yield Benches(server, reader, engine, upstream, client)


def say_text(handler: Handler) -> None:
    """The text, as many times as the other server is asked for it."""
    num_answers = handler.server.bodies[-1].get("n", 1)
    said = (choice(TEXT, index=index, end="stop") for index in range(num_answers))
    streamed(*said, {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}})(handler)


def user(*parts: Any) -> list[Json]:
    """One message of the user's: a text, or parts."""
    return [{"role": "user", "content": parts[0] if isinstance(parts[0], str) else list(parts)}]


def image_part(url: str, **more: Any) -> Json:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data_url(data: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{encoded(data)}"


def picture(width: int = 32, height: int = 24, kind: str = "PNG", **options: Any) -> bytes:
    """A picture file with a gradient."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    return file_of(image, kind, **options)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


PICTURE = data_url(picture())
