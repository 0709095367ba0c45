"""Any server that speaks the OpenAI protocol as an engine: vLLM, LMDeploy, another Shuowen.

What the protocol has no field for is refused by name (`remote_request.check_request`). It tells
no token ids: `Candidate.token_ids` is empty, or, where log-probabilities were asked for, holds
`UNKNOWN_TOKEN` for each token whose id the server keeps to itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import msgspec

from shuowen.engines.remote_answer import Assembly, parse_event
from shuowen.engines.remote_line import Reply, Server
from shuowen.engines.remote_options import RemoteOptions
from shuowen.engines.remote_request import check_request, notices, request_body
from shuowen.errors import EngineError, FetchError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.results import Completion, Delta, Timings
from shuowen.source.url import parse

_CHAT = "/chat/completions"
_DONE = b"[DONE]"
_MAX_NAMES_SHOWN = 10


class _Model(msgspec.Struct):
    id: str


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

    def stream(self, request: Request) -> Iterator[Delta | Completion]:
        """Deltas as they come, then one `Completion`; raises what `generation.Engine` says."""
        check_request(request)
        started_at = time.monotonic()
        body = request_body(request, self.model_name, self._options)
        return self._answer(request, body, started_at)

    def generate(self, request: Request) -> Completion:
        """The whole answer at once; raises what `stream` raises."""
        *_, last = self.stream(request)
        assert isinstance(last, Completion)
        return last

    def close(self) -> None:
        """Break off what runs; later requests are refused, and a second call does nothing."""
        self._server.close()

    def _answer(
        self, request: Request, body: bytes, started_at: float
    ) -> Iterator[Delta | Completion]:
        assembly = Assembly(request.params.num_candidates, self._server.name, notices(request))
        first_at: float | None = None
        with self._server.exchange("POST", _CHAT, body) as reply:
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

    def _only_model(self) -> str:
        with self._server.exchange("GET", "/models") as reply:
            body = reply.body()
        try:
            names = [each.id for each in msgspec.json.decode(body, type=_Models).data]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            message = f"{self._server.name} does not say which models it has."
            raise EngineError(message, "Name the model (model=…, --model-name).") from error
        if len(names) == 1:
            return names[0]
        shown = ", ".join(names[:_MAX_NAMES_SHOWN]) or "none"
        raise UsageError(
            f"{self._server.name} has {len(names)} models: {shown}.",
            "Name the one to use (model=…, --model-name).",
        )


def _events(reply: Reply) -> Iterator[bytes]:
    """The data of each event up to the end mark; a whole answer counts as one event."""
    if not reply.is_stream:
        yield reply.body()
        return
    for data in reply.events():
        if data.strip() == _DONE:
            return
        yield data
