"""Any server that speaks the OpenAI protocol as an engine: vLLM, LMDeploy, another Shuowen.

What the protocol has no field for is refused by name (`remote_request.check_request`), unless the
server is of a kind that is known to have one (`RemoteOptions.dialect`). It tells no token ids:
`Candidate.token_ids` is empty, or, where log-probabilities were asked for, holds `UNKNOWN_TOKEN`
for each token whose id the server keeps to itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import get_args

import msgspec

from shuowen.engines.remote_answer import Assembly, parse_event
from shuowen.engines.remote_line import Reply, Server
from shuowen.engines.remote_options import Dialect, RemoteOptions
from shuowen.engines.remote_request import check_request, notices, request_body
from shuowen.errors import EngineError, FetchError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.results import Completion, Delta, Timings
from shuowen.source.stop import Stop
from shuowen.source.url import parse

_CHAT = "/chat/completions"
_DONE = b"[DONE]"
_MAX_NAMES_SHOWN = 10
_LIST_SECONDS = 10.0
"""Longest silence of a server that is asked for its models, which it knows by heart."""
_SLOW_SECONDS, _REMEMBERED_SECONDS = 1.0, 10.0
"""A server that kept us waiting so long in vain is not asked again for so long."""


class _Model(msgspec.Struct):
    id: str
    owned_by: str | None = None


class _Models(msgspec.Struct):
    data: list[_Model]


class RemoteEngine:
    """A `generation.Engine` that hands requests to a server; may be asked from several threads."""

    def __init__(self, url: str, options: RemoteOptions | None = None) -> None:
        """Takes the server's address; nothing is sent yet.

        Args:
            url: http or https; the host alone means its `/v1`.
            options: Key, model, limits.

        Raises:
            UsageError: The address is none, or carries a password.
        """
        self._options = options or RemoteOptions()
        self._model = self._options.model
        self._models: list[_Model] | None = None
        self._silence: tuple[float, EngineError] | None = None
        self._lock = threading.Lock()
        try:
            base = parse(url)
        except FetchError as error:
            raise UsageError(error.message, error.hint) from error
        if base.auth:
            raise UsageError("The server's address carries a user name.", "Give a key instead.")
        path = (base.path or "").rstrip("/").removesuffix(_CHAT) or "/v1"
        self._server = Server(base._replace(path=path, fragment=None), self._options)

    @property
    def model_name(self) -> str:
        """The model's name; the server is asked for it once when none was given.

        Raises:
            UsageError: The server has several, and must be told which; or what `stream` raises.
        """
        with self._lock:
            if not self._model:
                self._model = self._only_model()
            return self._model

    def model_names(self) -> list[str]:
        """The models that the server has; it is asked once.

        Raises:
            UsageError: It refuses to say.
            ShuowenError: It cannot be asked now.
        """
        with self._lock:
            return [each.id for each in self._listed()]

    @property
    def address(self) -> str:
        """The server's address, as errors name it."""
        return self._server.name

    @property
    def dialect(self) -> Dialect:
        """What the server knows beyond OpenAI's protocol; it is asked once where nobody said.

        A server that does not say, or cannot be asked now, counts as OpenAI's.
        """
        if self._options.dialect != "auto":
            return self._options.dialect
        with self._lock:
            try:
                owners = {each.owned_by for each in self._listed()}
            except UsageError:  # it lists no models, and will not tomorrow
                self._models = []
                return "openai"
            except EngineError:
                return "openai"
        return next((each for each in get_args(Dialect) if owners == {each}), "openai")

    def stream(self, request: Request) -> RemoteStream:
        """Ask at once; gives deltas as they come, then one `Completion`.

        Raises:
            ShuowenError: What `generation.Engine` says; from the call where the server refuses
                the request, from the iterator where it breaks off later.
        """
        dialect = self.dialect
        check_request(request, dialect)
        started_at = time.monotonic()
        body = request_body(request, self.model_name, self._options, dialect)
        stop = Stop()
        assembly = Assembly(
            request.params.num_candidates,
            self._server.name,
            notices(request),
            is_shuowen=dialect == "shuowen",
        )
        return RemoteStream(self._answer(assembly, body, started_at, stop), stop)

    def generate(self, request: Request) -> Completion:
        """The whole answer at once; raises what `stream` raises."""
        *_, last = self.stream(request)
        assert isinstance(last, Completion)
        return last

    def close(self) -> None:
        """Break off what runs; later requests are refused, and a second call does nothing."""
        self._server.close()

    def _answer(
        self, assembly: Assembly, body: bytes, started_at: float, stop: Stop
    ) -> Generator[Delta | Completion, None, None]:
        first_at: float | None = None
        sending = self._server.exchange("POST", _CHAT, body, stop)
        del body  # pictures, that the answer needs no more
        with sending as reply:
            yield Delta(candidate_index=0, text="")  # to `RemoteStream`: it is accepted
            for data in _events(reply):
                for delta in assembly.take(parse_event(data, self._server.name)):
                    first_at = first_at or time.monotonic()
                    yield delta
            ended_at = time.monotonic()
            timings = Timings(
                queued=0.0,
                first_token=(first_at or ended_at) - started_at,
                total=ended_at - started_at,
            )
            completion = assembly.completion(timings)
        yield completion

    def _listed(self) -> list[_Model]:
        """The server's models, asked for once."""
        if self._models is None:
            body = self._asked_for_models()
            try:
                self._models = msgspec.json.decode(body, type=_Models).data
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                message = f"{self._server.name} does not say which models it has."
                raise EngineError(message, "Name the model (model=…, --model-name).") from error
        return self._models

    def _asked_for_models(self) -> bytes:
        """The list; who asks a server that is silent must not keep all the others waiting."""
        started_at = time.monotonic()
        if self._silence is not None and started_at < self._silence[0]:
            error = self._silence[1]
            raise EngineError(error.message, error.hint)
        try:
            with self._server.exchange("GET", "/models", most_seconds=_LIST_SECONDS) as reply:
                return reply.body()
        except EngineError as error:
            ended_at = time.monotonic()
            if ended_at - started_at > _SLOW_SECONDS:
                self._silence = ended_at + _REMEMBERED_SECONDS, error
            raise

    def _only_model(self) -> str:
        names = [each.id for each in self._listed()]
        if len(names) == 1:
            return names[0]
        shown = ", ".join(names[:_MAX_NAMES_SHOWN]) or "none"
        raise UsageError(
            f"{self._server.name} has {len(names)} models: {shown}.",
            "Name the one to use (model=…, --model-name).",
        )


class RemoteStream(Iterator[Delta | Completion]):
    """Deltas as they come, then one `Completion`; may be closed from any thread.

    Args:
        events: What comes; the first one tells only that the server has accepted the request.
        stop: Cuts the line.
    """

    def __init__(self, events: Generator[Delta | Completion, None, None], stop: Stop) -> None:
        self._events, self._stop = events, stop
        next(events)

    def __next__(self) -> Delta | Completion:
        return next(self._events)

    def close(self) -> None:
        """Cut the line; a thread that waits for the next event gets an `EngineError`."""
        self._stop.set()
        with suppress(ValueError):  # that thread has hold of the events, and ends them
            self._events.close()


def _events(reply: Reply) -> Iterator[bytes]:
    """The data of each event up to the end mark; a whole answer counts as one event."""
    if not reply.is_stream:
        yield reply.body()
        return
    for data in reply.events():
        if data.strip() == _DONE:
            return
        yield data
