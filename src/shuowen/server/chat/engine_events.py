"""What an engine's deltas and completion mean for who reads along."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shuowen.generation.answers import find_tool_calls
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import (
    Candidate,
    CandidateProgress,
    Completion,
    Delta,
    LikelyToken,
    PromptProgress,
    StreamEvent,
    TokenLogprob,
)
from shuowen.prompt.messages import ToolCall
from shuowen.server.chat.forced_call import read_forced_call
from shuowen.server.chat.model import (
    ChatEvent,
    ChosenToken,
    Counted,
    Ended,
    Progress,
    Said,
    TokenChance,
)
from shuowen.server.chat.spoken import SpokenText


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How an answer is told.

    Attributes:
        params: How it is sampled.
        streams: Whether it is told as it comes.
        has_tools: Whether it may call tools.
        is_call: Whether it is the JSON of a call.
        one_call: Whether only the first call counts.
        hides_repeats: Whether repeats are held back.
    """

    params: SamplingParams
    streams: bool
    has_tools: bool
    is_call: bool
    one_call: bool
    hides_repeats: bool

    def events(self, stream: Iterator[StreamEvent]) -> Iterator[ChatEvent]:
        """Everything after `Began`."""
        spoken = [self._spoken() for _ in range(self.params.num_candidates)]
        for event in stream:
            if isinstance(event, PromptProgress):
                yield _progress(event)
            elif isinstance(event, CandidateProgress):
                done, total = event.num_finished, event.num_candidates
                yield Progress(what="answers", done=done, total=total)
            elif isinstance(event, Completion):
                for candidate in event.candidates:
                    yield from self._end(candidate, spoken[candidate.index])
                yield _counted(event)
            elif self.streams and not self.is_call:
                yield from _said(event, spoken[event.candidate_index])

    def _spoken(self) -> SpokenText:
        return SpokenText(hides_calls=self.has_tools, hides_repeats=self.hides_repeats)

    def _end(self, candidate: Candidate, spoken: SpokenText) -> Iterator[ChatEvent]:
        text, calls = self._calls(candidate.text)
        rest = spoken.finish(text)
        is_told = self.streams and not self.is_call
        logprobs = () if is_told else tuple(map(_chosen, candidate.logprobs))
        refusal = "" if is_told else candidate.refusal
        if rest.text or rest.retracted or calls or logprobs or refusal:
            yield Said(
                index=candidate.index,
                text=rest.text,
                retracted=rest.retracted,
                logprobs=logprobs,
                tool_calls=calls,
                refusal=refusal,
            )
        yield _ended(candidate, has_calls=bool(calls))

    def _calls(self, text: str) -> tuple[str, tuple[ToolCall, ...]]:
        """The text without its calls, and the calls, each with an id."""
        if self.is_call:
            call = read_forced_call(text)
            rest, calls = ("", [call]) if call else (text, [])
        elif self.has_tools:
            rest, found = find_tool_calls(text)
            calls = list(found[:1] if self.one_call else found)
        else:
            rest, calls = text, []
        return rest, tuple(replace(each, id=f"call_{secrets.token_hex(12)}") for each in calls)


def _said(delta: Delta, spoken: SpokenText) -> Iterator[Said]:
    shown = spoken.add(delta.text, delta.retracted)
    logprobs = tuple(map(_chosen, delta.logprobs))
    if shown.text or shown.retracted or logprobs or delta.refusal:
        yield Said(
            index=delta.candidate_index,
            text=shown.text,
            retracted=shown.retracted,
            logprobs=logprobs,
            refusal=delta.refusal,
        )


def _ended(candidate: Candidate, *, has_calls: bool) -> Ended:
    """OpenAI has no word for an answer that ends in a loop; "length" says that it is not whole."""
    given = candidate.finish_reason
    if given == "repetition" or given == "cancelled":
        return Ended(index=candidate.index, finish_reason="length", detail=given)
    if given == "stop" and has_calls:
        return Ended(index=candidate.index, finish_reason="tool_calls")
    return Ended(index=candidate.index, finish_reason=given)


def _counted(completion: Completion) -> Counted:
    notices = list(completion.notices)
    if completion.position_step != 1:
        step = f"1/{round(1 / completion.position_step)}"
        notices.append(f"Every visual token advances the position by {step}, to fit the window.")
    for candidate in completion.candidates:
        for loop in candidate.loops:
            notices.append(
                f"A run of {len(loop.text)} characters stood {loop.repeats} times in a row;"
                " its repeats were cut out of the answer."
            )
    usage = completion.usage
    visual = {"visual_tokens": usage.visual_tokens} if usage.visual_tokens else {}
    best = {"best_of": completion.best_of.summary()} if completion.best_of else {}
    return Counted(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        notices=tuple(notices),
        extra={**completion.extra, **visual, **best},
    )


def _progress(event: PromptProgress) -> Progress:
    if event.tiles_seen < event.num_tiles:
        return Progress(what="tiles", done=event.tiles_seen, total=event.num_tiles)
    return Progress(what="tokens", done=event.tokens_done, total=event.num_tokens)


def _chosen(token: TokenLogprob) -> ChosenToken:
    likely = LikelyToken(token.token_id, token.logprob, token.data)
    chance = _chance(likely)
    return ChosenToken(
        text=chance.text,
        logprob=chance.logprob,
        data=chance.data,
        top=tuple(_chance(each) for each in token.top),
    )


def _chance(token: LikelyToken) -> TokenChance:
    """A token of which only the id is known is spelt as vLLM spells it."""
    if not token.data:
        text = f"token_id:{token.token_id}" if token.token_id >= 0 else ""
        return TokenChance(text=text, logprob=token.logprob)
    text = token.data.decode("utf-8", "replace")
    return TokenChance(text=text, logprob=token.logprob, data=token.data)
