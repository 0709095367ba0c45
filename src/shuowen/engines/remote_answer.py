"""What a model server sends back, checked, and put together into deltas and a completion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast, get_args

import msgspec

from shuowen.engines.remote_extension import Beside, retracted_in
from shuowen.engines.remote_refusal import TOO_LONG_CODES
from shuowen.errors import CapacityError, EngineError, PromptTooLongError, ShuowenError
from shuowen.generation.results import (
    Candidate,
    Completion,
    Delta,
    FinishReason,
    LikelyToken,
    Timings,
    TokenLogprob,
    Usage,
)

UNKNOWN_TOKEN = -1
"""Stands for the id of a token of which a server tells only the text."""

_ID_MARK = "token_id:"  # how vLLM and LMDeploy spell a token when they are asked for ids
_OUR_REASONS: frozenset[str] = frozenset(get_args(FinishReason))
_OTHER_REASONS = {"tool_calls": "stop", "function_call": "stop", "abort": "cancelled"}


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _Details | None = None


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int | None = None
    function: _Function | None = None


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Likely(msgspec.Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Chosen(_Likely):
    top_logprobs: list[_Likely] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Chosen] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class Event(msgspec.Struct):
    """One event of a stream, or a whole answer, which has `message` where events have `delta`."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None
    shuowen: Any = None


def parse_event(data: bytes, name: str) -> Event:
    """Read an event of the server `name`; raises `EngineError` when it is none, or tells one."""
    try:
        event = msgspec.json.decode(data, type=Event)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"{name} answers with what is no chat completion: {error}."
        raise EngineError(message, "Check that the address is that of a model server.") from error
    if event.error:
        raise _told(name, event.error)
    return event


def _told(name: str, error: Any) -> ShuowenError:
    said = error.get("message") if isinstance(error, dict) else error
    code = error.get("code") if isinstance(error, dict) else None
    message = f"{name} broke off: {str(said)[:400]}"
    if code in TOO_LONG_CODES:
        return PromptTooLongError(message, "Send less, or ask for fewer tokens.")
    if code in (429, 503):
        return CapacityError(message, "Try again later, or with a shorter request.")
    return EngineError(message, "Look into the server's log.")


@dataclass
class _Answer:
    """One candidate while it comes."""

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    calls: dict[int, tuple[list[str], list[str]]] = field(default_factory=dict)
    reason: str | None = None


class Assembly:
    """Takes events, gives deltas, and in the end the completion."""

    def __init__(
        self,
        num_candidates: int,
        name: str,
        notices: Iterable[str] = (),
        *,
        is_shuowen: bool = False,
    ) -> None:
        """Expects answers of the server `name` to a request for so many candidates.

        Only another Shuowen's field "shuowen" is read.
        """
        self._beside = Beside() if is_shuowen else None
        self._answers = [_Answer() for _ in range(num_candidates)]
        self._name = name
        self._usage: _Usage | None = None
        self._notices = list(notices)

    def take(self, event: Event) -> Iterator[Delta]:
        """What an event adds; raises `EngineError` for a candidate that was not asked for."""
        self._usage = event.usage or self._usage
        for choice in event.choices:
            if not 0 <= choice.index < len(self._answers):
                raise EngineError(
                    f"{self._name} sends candidate {choice.index}, which was not asked for.",
                    "Check that it is a model server.",
                )
            retracted = self._retracted(event, self._answers[choice.index])
            yield from self._choice(choice, self._answers[choice.index], retracted)
        if self._beside is not None:
            self._beside.take(event.shuowen)

    def completion(self, timings: Timings) -> Completion:
        """All that came; raises `EngineError` when an answer has no end."""
        beside = self._beside or Beside()
        candidates = tuple(
            self._candidate(index, answer, beside.details.get(index))
            for index, answer in enumerate(self._answers)
        )
        if self._usage is None:
            self._notices.append("The server did not say how many tokens there were.")
        return Completion(
            candidates=candidates,
            usage=_usage(self._usage or _Usage()),
            timings=timings,
            notices=tuple(dict.fromkeys((*self._notices, *beside.notices))),
            extra=beside.extra,
        )

    def _retracted(self, event: Event, answer: _Answer) -> int:
        """Take back what another Shuowen takes back; how many characters."""
        if self._beside is None:
            return 0
        text = "".join(answer.texts)
        num = min(retracted_in(event.shuowen), len(text))
        if num:
            answer.texts = [text[: len(text) - num]]
        return num

    def _choice(self, choice: _Choice, answer: _Answer, retracted: int) -> Iterator[Delta]:
        said = choice.delta or choice.message or _Said()
        for position, call in enumerate(said.tool_calls or ()):
            _add_call(answer, position if call.index is None else call.index, call)
        text = said.content or ""
        if choice.finish_reason and answer.reason is None:
            answer.reason = choice.finish_reason
            text += _written_calls(answer)
        logprobs = _logprobs(choice.logprobs)
        refusal = said.refusal or ""
        if text or logprobs or refusal or retracted:
            answer.texts.append(text)
            answer.refusals.append(refusal)
            answer.logprobs += logprobs
            yield Delta(
                candidate_index=choice.index,
                text=text,
                retracted=retracted,
                logprobs=logprobs,
                refusal=refusal,
            )

    def _candidate(self, index: int, answer: _Answer, detail: FinishReason | None) -> Candidate:
        if answer.reason is None:
            message = f"{self._name} broke off before the end of the answer."
            raise EngineError(message, "Try again; if it stays so, look into the server's log.")
        if answer.reason == "error":  # LMDeploy, with what went wrong in the place of the answer
            raise EngineError(f"{self._name} failed at the answer.", "Look into the server's log.")
        if answer.reason == "content_filter":
            self._notices.append("The server's content filter ended the answer.")
        return Candidate(
            index=index,
            text="".join(answer.texts),
            token_ids=tuple(each.token_id for each in answer.logprobs),
            finish_reason=detail or self._reason(answer.reason),
            logprobs=tuple(answer.logprobs),
            refusal="".join(answer.refusals),
        )

    def _reason(self, reason: str) -> FinishReason:
        if reason not in _OUR_REASONS and reason not in _OTHER_REASONS:
            self._notices.append(f"The server says that the answer ended by {reason[:40]!r}.")
        known = reason if reason in _OUR_REASONS else _OTHER_REASONS.get(reason, "stop")
        return cast(FinishReason, known)


def _add_call(answer: _Answer, index: int, call: _Call) -> None:
    names, arguments = answer.calls.setdefault(index, ([], []))
    if call.function:
        names.append(call.function.name or "")
        arguments.append(call.function.arguments or "")


def _written_calls(answer: _Answer) -> str:
    """The calls in text, as the model wrote them before the server took them out (Qwen's form)."""
    written = [
        _written_call("".join(names), "".join(arguments))
        for _, (names, arguments) in sorted(answer.calls.items())
    ]
    before = "\n" if written and any(answer.texts) else ""
    return before + "\n".join(written)


def _written_call(name: str, arguments: str) -> str:
    quoted = msgspec.json.encode(name).decode()
    call = f'{{"name": {quoted}, "arguments": {arguments.strip() or "{}"}}}'
    return f"<tool_call>\n{call}\n</tool_call>"


def _logprobs(sent: _Logprobs | None) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            token_id=_token_id(each.token),
            logprob=each.logprob,
            top=tuple(
                LikelyToken(_token_id(top.token), top.logprob, _data(top))
                for top in each.top_logprobs or ()
            ),
            data=_data(each),
        )
        for each in (sent and sent.content) or ()
    )


def _data(token: _Likely) -> bytes:
    """A token's text; nothing where the server tells its id instead."""
    if token.bytes is not None and all(0 <= each < 256 for each in token.bytes):
        return bytes(token.bytes)
    return b"" if token.token.startswith(_ID_MARK) else token.token.encode()


def _token_id(token: str) -> int:
    number = token.removeprefix(_ID_MARK)
    return int(number) if number != token and number.isdecimal() else UNKNOWN_TOKEN


def _usage(sent: _Usage) -> Usage:
    details = sent.prompt_tokens_details or _Details()
    return Usage(
        prompt_tokens=sent.prompt_tokens,
        cached_tokens=details.cached_tokens or 0,
        completion_tokens=sent.completion_tokens or 0,
    )
