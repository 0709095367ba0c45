"""An engine without a model: it answers with given texts, a few letters at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shuowen.generation.engine import Request
from shuowen.generation.results import (
    Candidate,
    Completion,
    Delta,
    FinishReason,
    LoopReport,
    Timings,
    Usage,
)

SECONDS = Timings(queued=0.001, first_token=0.1, total=0.5)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One scripted completion.

    Attributes:
        texts: One for each candidate; the last one stands in for those that are missing.
        detour: Text that is sent after the first candidate's text and then retracted, as a loop is.
        error: Raised after the first delta instead of a completion.
    """

    texts: tuple[str, ...]
    finish_reason: FinishReason = "stop"
    detour: str = ""
    notices: tuple[str, ...] = ()
    error: Exception | None = None


@dataclass
class FakeEngine:
    """A `generation.Engine`: request i gets answer i, the last answer stands in for later ones.

    One letter counts as one token, so that an answer longer than `max_tokens` ends with "length".

    Attributes:
        answers: Texts, or whole scripted answers.
        letters_per_delta: How many letters come at once.
        requests: What was asked, in order.
        num_cancelled: How many streams were closed before their end.
        is_closed: Whether `close` was called.
    """

    answers: Sequence[str | Answer] = ("",)
    model_name: str = "fake"
    letters_per_delta: int = 3
    requests: list[Request] = field(default_factory=list)
    num_cancelled: int = 0
    is_closed: bool = False

    def stream(self, request: Request) -> Iterator[Delta | Completion]:
        answer = self._answer_to(request)
        try:
            yield from self._events(request, answer)
        except GeneratorExit:
            self.num_cancelled += 1
            raise

    def generate(self, request: Request) -> Completion:
        *_, last = self.stream(request)
        assert isinstance(last, Completion)
        return last

    def close(self) -> None:
        self.is_closed = True

    def _answer_to(self, request: Request) -> Answer:
        given = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        return given if isinstance(given, Answer) else Answer(texts=(given,))

    def _events(self, request: Request, answer: Answer) -> Iterator[Delta | Completion]:
        candidates = tuple(
            _candidate(index, answer, request.params.max_tokens)
            for index in range(request.params.num_candidates)
        )
        for candidate in candidates:
            for delta in self._deltas(candidate, answer.detour * (candidate.index == 0)):
                yield delta
                if answer.error:
                    raise answer.error
        yield Completion(
            candidates=candidates,
            usage=Usage(
                prompt_tokens=10, completion_tokens=sum(len(each.text) for each in candidates)
            ),
            timings=SECONDS,
            notices=answer.notices,
        )

    def _deltas(self, candidate: Candidate, detour: str) -> Iterator[Delta]:
        """The text in pieces; a detour comes before the last piece, which takes it back."""
        size, text = self.letters_per_delta, candidate.text
        pieces = [text[start : start + size] for start in range(0, len(text), size)] or [""]
        for piece in pieces[:-1]:
            yield Delta(candidate_index=candidate.index, text=piece)
        if detour:
            yield Delta(candidate_index=candidate.index, text=detour)
        yield Delta(candidate_index=candidate.index, text=pieces[-1], retracted=len(detour))


def _candidate(index: int, answer: Answer, max_tokens: int) -> Candidate:
    text = answer.texts[min(index, len(answer.texts) - 1)]
    is_cut = len(text) > max_tokens
    text = text[:max_tokens]
    loops = (LoopReport(len(text), len(answer.detour), 20, answer.detour),) if answer.detour else ()
    return Candidate(
        index=index,
        text=text,
        token_ids=tuple(map(ord, text)),
        finish_reason="length" if is_cut else answer.finish_reason,
        loops=loops if index == 0 else (),
    )
