"""Any engine as a chat model: InternVL3 on this machine, or another server."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from shuowen.config import Limits
from shuowen.engines.best_of import innermost, with_best_of
from shuowen.engines.remote import RemoteEngine
from shuowen.engines.remote_request import TILING
from shuowen.errors import (
    AccessError,
    EngineError,
    NotFoundError,
    ShuowenError,
    UsageError,
)
from shuowen.generation.engine import Engine, Request
from shuowen.generation.results import StreamEvent
from shuowen.prompt.options import EncodeOptions
from shuowen.server.bridge import stop_of_thread
from shuowen.server.chat.engine_events import Telling
from shuowen.server.chat.forced_call import forced_call
from shuowen.server.chat.model import Began, ChatEvent, ChatQuestion, Counted, ModelKind
from shuowen.server.chat.pages import PictureOpener
from shuowen.source.stop import Stop

_log = logging.getLogger("shuowen.server")

_WITHOUT_TOOLS = (
    "The other server takes no tools as it was started; the model was asked without them."
)
_REMEMBERED_SECONDS = 600.0
"""How long a server that refused tools is asked without; it may be started anew with them."""
_NO_DETAIL = "The other server cannot be told `detail`; it looks at pictures in its own way."


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A request to the engine, and what a person should know of how it came about."""

    request: Request
    telling: Telling
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Begun:
    """An answer that has begun; holds none of the pictures that led to it."""

    stream: Iterator[StreamEvent]
    telling: Telling
    notices: tuple[str, ...]


class EngineModel:
    """An engine behind a name; see `ChatModel`.

    Args:
        engine: Answers; closed with the model.
        limits: Of a single picture or page.
        name: What requests call it; the engine's own name when empty.
    """

    def __init__(self, engine: Engine, *, limits: Limits, name: str = "") -> None:
        self.created = int(time.time())
        self._engine = with_best_of(engine)
        self._limits = limits
        self._name = name
        self._no_tools_until = 0.0

    @property
    def name(self) -> str:
        """What requests call it; raises `ShuowenError` where another server does not tell."""
        return self._name or self._engine.model_name

    @property
    def kind(self) -> ModelKind:
        """Which fields it honours; raises `ShuowenError` where another server does not tell."""
        engine = innermost(self._engine)
        return engine.dialect if isinstance(engine, RemoteEngine) else "engine"

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        """See `ChatModel.answer`; cancelled also by the wish of whoever waits for the thread."""
        stop = stop_of_thread()
        with self._unnamed():
            begun = self._begin(self._asked(question, stop), question)
            with _closed_at_end(begun.stream, stop):
                yield Began()
                for event in begun.telling.events(_until(stop, begun.stream)):
                    if isinstance(event, Counted):
                        event = replace(event, notices=(*begun.notices, *event.notices))
                    yield event

    def close(self) -> None:
        """Cancel what runs and let go of the engine."""
        self._engine.close()

    def _asked(self, question: ChatQuestion, stop: Stop) -> _Asked:
        kind = self.kind
        is_upstream = kind != "engine"
        params = question.params
        is_forced = bool(question.tools) and question.tool_choice != "auto"
        if is_forced and not is_upstream:
            form = forced_call(question.tools, question.tool_choice, params.constraint)
            params = replace(params, constraint=form)
        opener = PictureOpener(
            limits=self._limits,
            max_pages=question.max_pages,
            max_pixels=question.max_pixels,
            stop=stop,
            tells_tiles=not is_upstream or kind in TILING,
        )
        request = Request(
            messages=opener.messages(question),
            params=params,
            encode=EncodeOptions() if is_upstream else EncodeOptions(position_step="auto"),
            tools=question.tools,
            extra_fields=_extra_fields(question) if is_upstream else {},
        )
        telling = Telling(
            params=params,
            streams=question.stream,
            has_tools=bool(question.tools),
            is_call=is_forced and not is_upstream,
            one_call=not question.parallel_tool_calls,
            hides_repeats=not is_upstream,
        )
        is_untold = not opener.tells_tiles and any(x.detail != "auto" for x in question.files)
        return _Asked(request=request, telling=telling, notices=(_NO_DETAIL,) * is_untold)

    def _begin(self, asked: _Asked, question: ChatQuestion) -> _Begun:
        """Ask the engine; once more without tools where another server refuses them."""
        may_go_without = bool(asked.request.tools) and question.tool_choice == "auto"
        if may_go_without and time.monotonic() < self._no_tools_until:
            asked = _without_tools(asked)
            may_go_without = False
        try:
            return _Begun(self._stream(asked.request), asked.telling, asked.notices)
        except UsageError as error:
            is_about_tools = "tool" in error.message.lower()
            if not (may_go_without and is_about_tools and self.kind != "engine"):
                raise
            _log.info("The other server refuses tools; they are left out for a while.")
            asked = _without_tools(asked)
        stream = self._stream(asked.request)
        # Only now is it clear that tools were what it refused.
        self._no_tools_until = time.monotonic() + _REMEMBERED_SECONDS
        return _Begun(stream, asked.telling, asked.notices)

    @contextmanager
    def _unnamed(self) -> Iterator[None]:
        """Keep the other server's address out of errors; it is nobody's business."""
        try:
            yield
        except ShuowenError as error:
            engine = innermost(self._engine)
            if isinstance(engine, RemoteEngine):
                address = engine.address
                error.message = error.message.replace(address, "The other server")
            raise

    def _stream(self, request: Request) -> Iterator[StreamEvent]:
        try:
            return self._engine.stream(request)
        except (AccessError, NotFoundError) as error:  # not the fault of who asks us
            _log.error("%s", error)
            message = "The other server refuses this server's key, or has not its model."
            raise EngineError(message, "Tell who runs this server; its log says more.") from error


def _extra_fields(question: ChatQuestion) -> dict[str, Any]:
    """What another server is told besides; about calls only where there is something to call."""
    if not question.tools:
        return _without_calls(question.extensions)
    if question.tool_choice == "auto":
        return dict(question.extensions)
    choice: Any = question.tool_choice
    if choice != "required":
        choice = {"type": "function", "function": {"name": choice}}
    return {**question.extensions, "tool_choice": choice}


def _without_calls(extensions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extensions.items() if name != "parallel_tool_calls"}


def _without_tools(asked: _Asked) -> _Asked:
    extra_fields = _without_calls(asked.request.extra_fields)
    return _Asked(
        request=replace(asked.request, tools=(), extra_fields=extra_fields),
        telling=replace(asked.telling, has_tools=False),
        notices=(*asked.notices, _WITHOUT_TOOLS),
    )


def _until(stop: Stop, stream: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
    """Events as long as somebody waits for them; what is held back is not handed on."""
    for event in stream:
        if stop.is_set:
            return
        yield event


@contextmanager
def _closed_at_end(stream: Iterator[StreamEvent], stop: Stop) -> Iterator[None]:
    """Close a stream at the end of the block, and at once when the end is asked for."""
    close: Callable[[], None] = getattr(stream, "close", lambda: None)

    def close_from_elsewhere() -> None:
        with suppress(ValueError):  # a generator that is being run ends with its next event
            close()

    with stop.wakes(close_from_elsewhere):
        try:
            yield
        finally:
            close()
