"""The stream of `BestOfEngine`: progress while answers are written, then the best of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from shuowen.generation.engine import Engine, Request
from shuowen.generation.juries import Jury
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import (
    BestOf,
    Candidate,
    CandidateProgress,
    Completion,
    Delta,
    StreamEvent,
    Usage,
)

_DELTAS_A_REPORT = 16


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done for one request.

    Attributes:
        engine: Writes the answers.
        request: What was asked for.
        params: How to sample, for each time that the engine is asked.
        jury: Chooses.
        critic: What the jury is called.
    """

    engine: Engine
    request: Request
    params: tuple[SamplingParams, ...]
    jury: Jury
    critic: str


class BestOfStream(Iterator[StreamEvent]):
    """Progress, then one `Delta` with all of the winner's text, then the `Completion`.

    The engine is asked at once, so that what it refuses is raised here. May be closed from any
    thread, which cancels all that is being written.

    Args:
        plan: What is to be done.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._started = time.monotonic()
        self._streams: list[Iterator[StreamEvent]] = []
        self._lock = threading.Lock()
        self._is_closed = False
        self._num_tokens = 0
        self._ask(plan.params[0])
        self._events = self._run()

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def close(self) -> None:
        """Cancel what is being written; a second call does nothing."""
        with self._lock:
            self._is_closed = True
            streams = list(self._streams)
        for stream in streams:
            _close(stream)
        with suppress(ValueError):  # another thread waits for the next event, and ends them
            self._events.close()

    def __enter__(self) -> BestOfStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_events"):
            self.close()

    def _ask(self, params: SamplingParams) -> Iterator[StreamEvent]:
        stream = self._plan.engine.stream(replace(self._plan.request, params=params))
        with self._lock:
            self._streams.append(stream)
            is_closed = self._is_closed
        if is_closed:
            _close(stream)
        return stream

    def _run(self) -> Generator[StreamEvent, None, None]:
        try:
            completions = yield from self._written()
            if self._is_closed or len(completions) < len(self._plan.params):
                return
            best_of = yield from self._judged(completions)
            # Looked at again, for judging may have taken minutes.
            if not self._is_closed:
                yield from self._told(best_of, completions)
        finally:
            for stream in self._streams:
                _close(stream)

    def _written(self) -> Generator[StreamEvent, None, list[Completion]]:
        """Have all answers written; the second stream is asked for when the first has begun."""
        completions: list[Completion] = []
        for number in range(len(self._plan.params)):
            has_prompt = number > 0
            if number == len(self._streams):
                self._ask(self._plan.params[number])
            for event in self._streams[number]:
                if isinstance(event, Completion):
                    completions.append(event)
                elif isinstance(event, Delta):
                    has_next = len(self._streams) < len(self._plan.params)
                    if has_next and (event.text or event.logprobs):
                        self._ask(self._plan.params[len(self._streams)])
                    has_prompt = True
                    yield from self._counted(completions)
                elif not has_prompt:
                    yield event
            yield self._progress(completions)
        return completions

    def _counted(self, completions: list[Completion]) -> Iterator[CandidateProgress]:
        """One more delta, which is a token or a few; a report now and then."""
        self._num_tokens += 1
        if self._num_tokens % _DELTAS_A_REPORT == 0:
            yield self._progress(completions)

    def _progress(
        self, completions: list[Completion], *, is_judging: bool = False
    ) -> CandidateProgress:
        return CandidateProgress(
            num_finished=sum(len(each.candidates) for each in completions),
            num_candidates=sum(each.num_candidates for each in self._plan.params),
            num_tokens=self._num_tokens,
            is_judging=is_judging,
        )

    def _judged(self, completions: list[Completion]) -> Generator[StreamEvent, None, BestOf]:
        yield self._progress(completions, is_judging=True)
        written = [candidate for each in completions for candidate in each.candidates]
        candidates = tuple(replace(each, index=n) for n, each in enumerate(written))
        selection = self._plan.jury.choose(candidates)
        return BestOf(candidates=candidates, selection=selection, critic=self._plan.critic)

    def _told(self, best_of: BestOf, completions: list[Completion]) -> Iterator[StreamEvent]:
        wants_logprobs = self._plan.request.params.logprobs is not None
        winner = replace(best_of.winner, index=0)
        if not wants_logprobs:
            winner = replace(winner, logprobs=())
        yield _as_delta(winner)
        first = completions[0]
        yield replace(
            first,
            candidates=(winner,),
            usage=_total([each.usage for each in completions]),
            timings=replace(first.timings, total=time.monotonic() - self._started),
            notices=tuple(dict.fromkeys(n for each in completions for n in each.notices)),
            best_of=best_of,
        )


def _as_delta(candidate: Candidate) -> Delta:
    return Delta(
        candidate_index=0,
        text=candidate.text,
        logprobs=candidate.logprobs,
        refusal=candidate.refusal,
    )


def _total(usages: list[Usage]) -> Usage:
    """The prompt counts once, as with several answers to one prompt, and all that was written."""
    return replace(usages[0], completion_tokens=sum(each.completion_tokens for each in usages))


def _close(stream: Iterator[StreamEvent]) -> None:
    close: Callable[[], None] = getattr(stream, "close", lambda: None)
    with suppress(ValueError):  # a generator that another thread runs ends with its next event
        close()
