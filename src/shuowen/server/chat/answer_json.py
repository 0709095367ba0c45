"""Answers as OpenAI writes them: whole, and in chunks of a stream.

https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming. What OpenAI has no
field for stands in "shuowen", which its clients keep and otherwise pass over.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shuowen.prompt.messages import ToolCall
from shuowen.server.chat.model import ChatEvent, ChosenToken, Counted, Ended, Said, TokenChance
from shuowen.version import __version__

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What an answer and all chunks of it begin with.

    Attributes:
        model: What the request calls the model.
        id: New for every answer.
        created: In seconds since 1970.
    """

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(16)}")
    created: int = field(default_factory=lambda: int(time.time()))

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the release and the model."""
        named = f"{__version__} {self.model}".encode(errors="replace")
        return f"fp_{hashlib.sha256(named).hexdigest()[:12]}"

    def fields(self, kind: str) -> Json:
        """The heading of an object of that kind."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }


@dataclass
class _Answer:
    """One answer, put together."""

    text: str = ""
    refusal: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    logprobs: list[ChosenToken] = field(default_factory=list)
    ended: Ended | None = None


class WholeAnswer:
    """Takes events; in the end it is the body of a `chat.completion`."""

    def __init__(self, heading: Heading, num_answers: int) -> None:
        self._heading = heading
        self._answers = [_Answer() for _ in range(num_answers)]
        self._counted = Counted(prompt_tokens=0, completion_tokens=0)

    @property
    def counted(self) -> Counted:
        """What the question took."""
        return self._counted

    def take(self, event: ChatEvent) -> None:
        """Add what an event brings."""
        if isinstance(event, Said):
            answer = self._answers[event.index]
            answer.text = answer.text[: len(answer.text) - event.retracted] + event.text
            answer.refusal += event.refusal
            answer.calls += event.tool_calls
            answer.logprobs += event.logprobs
        elif isinstance(event, Ended):
            self._answers[event.index].ended = event
        elif isinstance(event, Counted):
            self._counted = event

    def body(self, notices: Sequence[str], *, has_logprobs: bool) -> Json:
        """The answer.

        Args:
            notices: What a person should know of the request, besides what the model says.
            has_logprobs: Whether log-probabilities were asked for.
        """
        ended = [each.ended for each in self._answers if each.ended is not None]
        body = self._heading.fields("chat.completion")
        body["choices"] = [
            self._choice(index, answer, has_logprobs) for index, answer in enumerate(self._answers)
        ]
        body["usage"] = usage_fields(self._counted)
        return {**body, **extension(notices, self._counted, ended)}

    def _choice(self, index: int, answer: _Answer, has_logprobs: bool) -> Json:
        is_elsewhere = bool(answer.refusal or answer.calls)
        message: Json = {
            "role": "assistant",
            "content": None if is_elsewhere and not answer.text else answer.text,
            "refusal": answer.refusal or None,
        }
        if answer.calls:
            message["tool_calls"] = [_call_fields(each) for each in answer.calls]
        return {
            "index": index,
            "message": message,
            "logprobs": logprob_fields(answer.logprobs) if has_logprobs else None,
            "finish_reason": answer.ended.finish_reason if answer.ended else "stop",
        }


class AnswerChunks:
    """Takes events and gives chunks.

    The last of all, which says why an answer ended, waits for what the question took, so that
    notices stand in a chunk that has a choice: not every client expects one without.
    """

    def __init__(
        self, heading: Heading, num_answers: int, notices: Sequence[str], *, includes_usage: bool
    ) -> None:
        self._heading = heading
        self._num_answers = num_answers
        self._notices = tuple(notices)
        self._includes_usage = includes_usage
        self._num_calls = [0] * num_answers
        self._ended: list[Ended] = []

    def first(self) -> Iterable[Json]:
        """Who speaks, for each answer."""
        for index in range(self._num_answers):
            yield self._chunk(index, {"role": "assistant", "content": "", "refusal": None})

    def take(self, event: ChatEvent) -> Iterable[Json]:
        """The chunks that an event makes."""
        if isinstance(event, Said):
            yield from self._said(event)
        elif isinstance(event, Ended):
            self._ended.append(event)
        elif isinstance(event, Counted):
            yield from self._last(event)

    def _said(self, said: Said) -> Iterable[Json]:
        delta: Json = {"content": said.text} if said.text or said.logprobs else {}
        if said.refusal:
            delta["refusal"] = said.refusal
        if said.tool_calls:
            delta["tool_calls"] = self._calls(said)
        if not (delta or said.retracted):
            return
        chunk = self._chunk(said.index, delta, logprobs=said.logprobs)
        if said.retracted:
            chunk["shuowen"] = {"retracted": said.retracted}
        yield chunk

    def _calls(self, said: Said) -> list[Json]:
        start = self._num_calls[said.index]
        self._num_calls[said.index] += len(said.tool_calls)
        return [
            {"index": index, **_call_fields(call)}
            for index, call in enumerate(said.tool_calls, start)
        ]

    def _last(self, counted: Counted) -> Iterable[Json]:
        for number, ended in enumerate(self._ended, start=1):
            chunk = self._chunk(ended.index, {}, end=ended.finish_reason)
            if number == len(self._ended):
                chunk |= extension(self._notices, counted, self._ended)
            yield chunk
        if self._includes_usage:
            chunk = self._heading.fields("chat.completion.chunk")
            yield {**chunk, "choices": [], "usage": usage_fields(counted)}

    def _chunk(
        self,
        index: int,
        delta: Json,
        *,
        logprobs: Sequence[ChosenToken] = (),
        end: str | None = None,
    ) -> Json:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": logprob_fields(logprobs) if logprobs else None,
            "finish_reason": end,
        }
        chunk = {**self._heading.fields("chat.completion.chunk"), "choices": [choice]}
        return {**chunk, "usage": None} if self._includes_usage else chunk


def usage_fields(counted: Counted) -> Json:
    """What a question took."""
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.prompt_tokens + counted.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": counted.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def logprob_fields(tokens: Iterable[ChosenToken]) -> Json:
    """Log-probabilities of an answer, or of a piece of it."""
    content = [
        {**_chance_fields(each), "top_logprobs": [_chance_fields(top) for top in each.top]}
        for each in tokens
    ]
    return {"content": content, "refusal": None}


def extension(
    notices: Sequence[str], counted: Counted, ended: Iterable[Ended]
) -> Mapping[str, Any]:
    """The field "shuowen", where there is anything to say in it."""
    said = list(dict.fromkeys((*notices, *counted.notices)))
    details = [{"index": each.index, "detail": each.detail} for each in ended if each.detail]
    found: Json = {
        **({"notices": said} if said else {}),
        **({"finish_details": details} if details else {}),
        **counted.extra,
    }
    return {"shuowen": found} if found else {}


def _call_fields(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _chance_fields(chance: TokenChance) -> Json:
    data = None if chance.data is None else list(chance.data)
    return {"token": chance.text, "logprob": chance.logprob, "bytes": data}
