"""One answer while it grows: all that happens between a row of logits and the next token.

Knows no model and no clock, so that the plain loop and the fast engine share it and agree on
everything but the logits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shuowen.generation.constraints import Constrainer
from shuowen.generation.logits import Row
from shuowen.generation.params import SamplingParams
from shuowen.generation.repetition import Loop, LoopDetector
from shuowen.generation.results import (
    Candidate,
    Delta,
    FinishReason,
    LikelyToken,
    LoopReport,
    TokenLogprob,
)
from shuowen.generation.sampler import Choice, Sampler
from shuowen.generation.transcript import Transcript
from shuowen.prompt.tokenizer import Tokenizer


@dataclass(frozen=True)
class Step:
    """What came of one row of logits.

    Attributes:
        token_id: What the model is fed next; None when there is nothing to feed.
        cut_to: Set when a loop was cut: so many generated tokens stand, at least one. The engine
            forgets all keys and values after the prompt and these, feeds the last of them again and
            calls `advance` with the logits of that. `token_id` is None.
        delta: What to tell the one who asked; None for nothing new.
    """

    token_id: int | None
    cut_to: int | None = None
    delta: Delta | None = None


class CandidateState:
    """One candidate, from its first token to its end.

    A loop is cut back to its first run, which stands: a table may well have one empty row. From
    there generation goes on differently (`Sampler.retry`); only when the guard's retries are used
    up does the next loop end the answer, cut in the same way. What was cut does not count against
    `max_tokens`, so that a loop costs time but no text.

    Args:
        params: How to sample and when to stop.
        candidate_index: Which of the request's candidates, from 0.
        prompt_ids: The prompt, for the repetition penalty.
        tokenizer: Spells the tokens.
        stop_ids: Tokens that end the answer.
        constrainer: Follows the form that the answer must have; a fresh one.
    """

    def __init__(
        self,
        params: SamplingParams,
        candidate_index: int,
        prompt_ids: Sequence[int],
        tokenizer: Tokenizer,
        stop_ids: Collection[int],
        constrainer: Constrainer | None = None,
    ) -> None:
        self.index = candidate_index
        self.finished: FinishReason | None = None
        self.num_generated = 0
        """New tokens so far, an end token and loops that were cut included."""
        self._params = params
        self._tokenizer = tokenizer
        self._constrainer = constrainer
        self._stop_ids = frozenset() if params.ignore_end else frozenset(stop_ids)
        if constrainer:  # its form ends where it says, whatever is asked
            self._stop_ids = tokenizer.eos_ids.union(stop_ids)
        self._sampler = Sampler(params, candidate_index, prompt_ids)
        self._transcript = Transcript(tokenizer, params.stop)
        guard = params.repetition_guard
        self._detector = LoopDetector(guard) if guard else None
        self._retries_left = guard.max_retries if guard else 0
        self._token_ids: list[int] = []
        self._logprobs: list[TokenLogprob] = []
        self._num_logprobs_given = 0
        self._loops: list[LoopReport] = []

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The tokens that stand, an end token left out."""
        return tuple(self._token_ids)

    @property
    def num_standing(self) -> int:
        """How many tokens stand."""
        return len(self._token_ids)

    @property
    def greedy_token_ok(self) -> bool:
        """Whether `advance_token` with the likeliest token does what `advance` would do."""
        return self._constrainer is None and self._sampler.is_plain_greedy

    def advance(self, logits_V: Row) -> Step:
        """Choose the next token.

        Args:
            logits_V: (V,) float32, as the model gave it for the last token that stands.

        Raises:
            EngineError: The logits are no numbers, or the options forbid every token.
        """
        allowed_V = self._constrainer.mask(len(logits_V)) if self._constrainer else None
        return self._take(self._sampler.pick(logits_V, allowed_V))

    def advance_token(self, token_id: int) -> Step:
        """Go on with a token that the engine chose itself; only while `greedy_token_ok`."""
        return self._take(Choice(token_id))

    def finish(self, reason: FinishReason) -> Delta | None:
        """End the answer here; gives what was still held back."""
        if self.finished is not None:
            return None
        self.finished = reason
        if not self._transcript.is_stopped:
            self._transcript.flush()
        return self._delta()

    def candidate(self) -> Candidate:
        """The answer, once `finished` is set."""
        assert self.finished is not None, "the candidate is not finished"
        return Candidate(
            index=self.index,
            text=self._transcript.text,
            token_ids=self.token_ids,
            finish_reason=self.finished,
            logprobs=tuple(self._logprobs),
            loops=tuple(self._loops),
        )

    def _take(self, choice: Choice) -> Step:
        assert self.finished is None, "the candidate is finished"
        self.num_generated += 1
        if choice.token_id in self._stop_ids:
            return self._end("stop")
        self._accept(choice)
        if self._transcript.is_stopped or (self._constrainer and self._constrainer.is_finished):
            return self._end("stop")
        loop = self._detector.push(choice.token_id) if self._detector else None
        if loop:
            return self._cut(loop)
        if len(self._token_ids) >= self._params.max_tokens:
            return self._end("length")
        return Step(choice.token_id, delta=self._delta())

    def _accept(self, choice: Choice) -> None:
        self._token_ids.append(choice.token_id)
        self._sampler.accept(choice.token_id)
        self._transcript.push(choice.token_id)
        if self._constrainer:
            self._constrainer.accept(choice.token_id)
        if choice.logprob is not None:
            spell = self._tokenizer.known_bytes
            top = tuple(LikelyToken(*each, spell(each[0])) for each in choice.top)
            data = spell(choice.token_id)
            self._logprobs.append(TokenLogprob(choice.token_id, choice.logprob, top, data))

    def _end(self, reason: FinishReason) -> Step:
        return Step(None, delta=self.finish(reason))

    def _cut(self, loop: Loop) -> Step:
        """Let the first run stand, and the rest of the loop fall."""
        first_run = self._token_ids[loop.start_index : loop.start_index + loop.period]
        report = LoopReport(
            loop.start_index + loop.period,
            loop.period,
            loop.repeats,
            self._tokenizer.decode(first_run),
        )
        self._loops.append(report)
        self._rewind(report.token_index)
        if self._retries_left == 0:
            return self._end("repetition")
        self._retries_left -= 1
        self._sampler.retry(not_next=first_run[0])
        return Step(None, cut_to=report.token_index, delta=self._delta())

    def _rewind(self, num_tokens: int) -> None:
        num_cut = len(self._token_ids) - num_tokens
        del self._token_ids[num_tokens:]
        del self._logprobs[num_tokens:]
        self._num_logprobs_given = min(self._num_logprobs_given, len(self._logprobs))
        self._sampler.rollback(num_cut)
        self._transcript.rewind(self._token_ids)
        if self._detector:
            self._detector.truncate(num_tokens)
        if self._constrainer:
            self._constrainer.rollback(num_cut)

    def _delta(self) -> Delta | None:
        text, retracted = self._transcript.take()
        new = self._logprobs[self._num_logprobs_given :]
        if not text and not retracted and not (new and self.finished):
            return None
        self._num_logprobs_given = len(self._logprobs)
        return Delta(
            candidate_index=self.index, text=text, retracted=retracted, logprobs=tuple(new)
        )
