"""`PytorchEngine`: the core in a thread of its own, asked from any thread.

Prompts are made in the caller's thread, so that cutting and hashing pictures does not hold up what
is being generated. The engine's thread alone touches the core; callers leave orders in a queue and
get what comes of them through their `AnswerStream`.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

import torch

from shuowen.engines.pytorch.admission import room_for_answer
from shuowen.engines.pytorch.answer_stream import AnswerStream, News
from shuowen.engines.pytorch.core import EngineCore
from shuowen.engines.pytorch.events import Event, Finished, Progress
from shuowen.errors import EngineError, UsageError, as_shuowen_error
from shuowen.generation.candidate import CandidateState
from shuowen.generation.engine import Request
from shuowen.generation.params import ALL_ROOM, SamplingParams
from shuowen.generation.results import Completion
from shuowen.prompt.inputs import ModelInputs
from shuowen.prompt.processor import Processor

_log = logging.getLogger("shuowen")

_LEAST_ROOM = 64
"""Tokens that must be left for the answer where a request asks for all the room there is."""


@dataclass(eq=False)
class _Ticket:
    """Ties a caller's stream to a request; holds no stream, so that a forgotten one can cancel."""

    news: SimpleQueue[News] = field(default_factory=SimpleQueue)
    request_id: int = 0


class PytorchEngine:
    """InternVL3 on this machine; see `shuowen.generation.engine.Engine`.

    Args:
        model_name: What people call the model.
        processor: Makes prompts.
        core: Generates; from now on only this engine may touch it.
        num_threads: Threads that compute on the processor.
    """

    def __init__(
        self, model_name: str, processor: Processor, core: EngineCore, num_threads: int
    ) -> None:
        self._model_name = model_name
        self._processor = processor
        self._core: EngineCore | None = core
        self._num_threads = num_threads
        self._orders: SimpleQueue[Callable[[EngineCore], None]] = SimpleQueue()
        self._tickets: dict[int, _Ticket] = {}
        self._lock = threading.Lock()
        self._end: EngineError | None = None
        self._thread = threading.Thread(
            target=self._loop, args=(core,), name="shuowen-engine", daemon=True
        )
        self._thread.start()
        atexit.register(self.close)  # a thread that computes while Python ends would crash it

    @property
    def model_name(self) -> str:
        """What people call the model."""
        return self._model_name

    def stream(self, request: Request) -> AnswerStream:
        """Start answering at once; see `Engine.stream`. Errors come here or from the stream."""
        core = self._open_core()
        inputs, params = self._prompt(request, core)
        states = core.prepare(inputs, params)
        ticket = _Ticket()
        self._order(lambda core: self._submit(core, ticket, inputs, params, states))
        return AnswerStream(
            ticket.news, lambda: self._orders.put(lambda core: self._stop(core, ticket))
        )

    def generate(self, request: Request) -> Completion:
        """The whole answer at once."""
        with self.stream(request) as stream:
            *_, last = stream
        assert isinstance(last, Completion)
        return last

    def close(self) -> None:
        """Cancel what runs, let the thread end, and let go of the model."""
        with self._lock:
            self._end = self._end or EngineError("The engine is closed.", "Load the model again.")
            self._orders.put(lambda core: None)  # wakes the thread
        self._thread.join()
        self._core = None
        atexit.unregister(self.close)

    def _prompt(self, request: Request, core: EngineCore) -> tuple[ModelInputs, SamplingParams]:
        """The prompt, and how to sample once it is known how much room it leaves."""
        if request.extra_fields:
            raise UsageError(
                f"An engine that runs here knows no field {min(request.extra_fields)!r}.",
                "Leave it out.",
            )
        params = request.params
        if params.best_of > 1:
            message = "This engine writes answers and does not choose among them (best_of)."
            raise UsageError(message, "Load it with shuowen.load_model, or use BestOfEngine.")
        wants_all_room = params.max_tokens == ALL_ROOM
        inputs = self._processor.encode(
            request.messages,
            request.encode,
            request.tools,
            max_new_tokens=_LEAST_ROOM if wants_all_room else params.max_tokens,
        )
        if wants_all_room:
            room = room_for_answer(inputs, self._processor.settings.window, core.cache)
            params = replace(params, max_tokens=room)
        return inputs, params

    def _open_core(self) -> EngineCore:
        if self._core is None or self._end is not None:
            raise self._ended()
        return self._core

    def _order(self, order: Callable[[EngineCore], None]) -> None:
        with self._lock:
            if self._end is not None:
                raise self._ended()
            self._orders.put(order)

    def _ended(self) -> EngineError:
        """Why nothing is answered any more, a new one for everybody."""
        assert self._end is not None
        return EngineError(self._end.message, self._end.hint)

    # What follows runs in the engine's thread.

    def _loop(self, core: EngineCore) -> None:
        torch.set_num_threads(self._num_threads)
        try:
            while self._end is None:
                self._take_orders(core)
                for event in core.step():
                    self._tell(event)
            self._cancel_all(core)
        except BaseException as error:  # a panic in Rust too: nobody may wait for ever
            _log.error("The engine stopped.", exc_info=error)
            self._give_up(error)
        while not self._orders.empty():  # nothing can be added that expects an answer
            self._orders.get()(core)

    def _take_orders(self, core: EngineCore) -> None:
        """Do all orders that wait; where there is nothing else to do, wait for one."""
        while core.is_idle or not self._orders.empty():
            self._orders.get()(core)
            if self._end is not None:
                return

    def _submit(
        self,
        core: EngineCore,
        ticket: _Ticket,
        inputs: ModelInputs,
        params: SamplingParams,
        states: list[CandidateState],
    ) -> None:
        if self._end is not None:
            ticket.news.put(self._ended())
            return
        try:
            ticket.request_id = core.submit(inputs, params, states)
        except Exception as error:  # one request's trouble is nobody else's
            ticket.news.put(as_shuowen_error(error, "taking in a request"))
        else:
            self._tickets[ticket.request_id] = ticket

    def _stop(self, core: EngineCore, ticket: _Ticket) -> None:
        # The ticket stays until the end is told: another thread may wait for it.
        core.cancel(ticket.request_id)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Progress):
            ticket = self._tickets.get(event.request_id)
            news: News = event.news
        else:
            ticket = self._tickets.pop(event.request_id, None)
            news = event.completion if isinstance(event, Finished) else event.error
        if ticket is not None:  # else its caller has left
            ticket.news.put(news)

    def _cancel_all(self, core: EngineCore) -> None:
        for request_id in core.request_ids:
            core.cancel(request_id)
        for event in core.step():
            self._tell(event)

    def _give_up(self, error: BaseException) -> None:
        with self._lock:
            self._end = EngineError(
                f"The engine stopped: {type(error).__name__}: {error}",
                "Load the model again; if it stops again, please report it with this message.",
            )
        for ticket in self._tickets.values():
            ticket.news.put(self._ended())
        self._tickets.clear()
