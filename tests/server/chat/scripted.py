"""An engine that says what a test wrote down, event by event, and waits where the test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from shuowen.generation.engine import Request
from shuowen.generation.results import (
    Candidate,
    Completion,
    Delta,
    FinishReason,
    StreamEvent,
    Timings,
    TokenLogprob,
    Usage,
)

SECONDS = Timings(queued=0.0, first_token=0.1, total=0.2)
Step = StreamEvent | Exception | Callable[[], object]
"""An event; an error that is raised; or something to do, such as to wait."""


@dataclass
class ScriptedEngine:
    """A `generation.Engine` that goes through `script` for every request.

    Attributes:
        script: What comes of a request.
        refusal: Raised by `stream` itself, for requests that it says are refused.
        requests: What was asked.
        closed: Set when a stream was closed before its end.
    """

    script: Sequence[Step] = ()
    refusal: Callable[[Request], Exception | None] = lambda request: None
    model_name: str = "scripted"
    requests: list[Request] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        self.requests.append(request)
        error = self.refusal(request)
        if error is not None:
            raise error
        return self._events()

    def generate(self, request: Request) -> Completion:
        *_, last = self.stream(request)
        assert isinstance(last, Completion)
        return last

    def close(self) -> None:
        """Nothing to let go of."""

    def _events(self) -> Iterator[StreamEvent]:
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    raise step
                if callable(step):
                    step()
                else:
                    yield step
        except GeneratorExit:
            self.closed.set()
            raise


def said(
    *texts: str,
    reason: FinishReason = "stop",
    usage: Usage | None = None,
    notices: tuple[str, ...] = (),
    logprobs: tuple[TokenLogprob, ...] = (),
) -> list[Step]:
    """One candidate that says these texts piece by piece."""
    text = "".join(texts)
    candidate = Candidate(
        index=0,
        text=text,
        token_ids=tuple(range(len(texts))),
        finish_reason=reason,
        logprobs=logprobs,
    )
    counted = usage or Usage(prompt_tokens=10, completion_tokens=len(texts))
    whole = Completion(candidates=(candidate,), usage=counted, timings=SECONDS, notices=notices)
    return [*(Delta(candidate_index=0, text=each) for each in texts), whole]
