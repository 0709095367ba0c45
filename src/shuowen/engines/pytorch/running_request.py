"""One request from submission to completion."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from shuowen.engines.pytorch.sequences import Prompt, TokenSequence
from shuowen.generation.candidate import CandidateState
from shuowen.generation.constraints import make_constrainer
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Completion, PromptProgress, Timings, Usage
from shuowen.prompt.inputs import ModelInputs
from shuowen.prompt.tokenizer import Tokenizer


def make_states(
    inputs: ModelInputs,
    params: SamplingParams,
    tokenizer: Tokenizer,
    stop_ids: Collection[int],
) -> list[CandidateState]:
    """The state of every candidate before its first token.

    Raises:
        UsageError, MissingExtraError: The constraint is wrong, or its package is missing.
    """
    prompt_ids = inputs.token_ids_T.tolist()
    states = []
    for index in range(params.num_candidates):
        constrainer = make_constrainer(params.constraint, tokenizer) if params.constraint else None
        states.append(CandidateState(params, index, prompt_ids, tokenizer, stop_ids, constrainer))
    return states


@dataclass(eq=False)
class RunningRequest:
    """A request, its candidates, and when what happened.

    Attributes:
        number: Its id; requests are numbered in the order in which they came.
        prompt: What its candidates share.
        states: One for every candidate.
        sequences: Of the candidates that are not finished, by index; until the first token is
            chosen the first candidate's stands for all.
        submitted, started, first_token: Seconds on the engine's clock.
        cached_tokens: Prompt tokens whose keys and values were there already.
        num_tiles: Tiles of pictures that had to be seen.
    """

    number: int
    prompt: Prompt
    states: list[CandidateState]
    submitted: float
    sequences: dict[int, TokenSequence] = field(default_factory=dict)
    started: float | None = None
    first_token: float | None = None
    cached_tokens: int = 0
    num_tiles: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether every candidate is."""
        return all(state.finished for state in self.states)

    def progress(self, num_tiles_left: int) -> PromptProgress:
        """How far the prompt is, while the first candidate's sequence stands for all."""
        return PromptProgress(
            tiles_seen=self.num_tiles - num_tiles_left,
            num_tiles=self.num_tiles,
            tokens_done=self.sequences[0].num_stored,
            num_tokens=self.prompt.num_tokens,
        )

    @property
    def needs_pictures(self) -> bool:
        """Whether a running sequence has visual tokens still to run."""
        return any(
            self.prompt.needs_pictures(sequence.num_stored)
            for sequence in self.sequences.values()
            if sequence.is_active
        )

    def completion(self, now: float) -> Completion:
        """The answer, once every candidate is finished."""
        inputs = self.prompt.inputs
        return Completion(
            candidates=tuple(state.candidate() for state in self.states),
            usage=Usage(
                prompt_tokens=inputs.num_tokens,
                visual_tokens=inputs.num_visual_tokens,
                cached_tokens=self.cached_tokens,
                completion_tokens=sum(state.num_generated for state in self.states),
            ),
            timings=Timings(
                queued=(now if self.started is None else self.started) - self.submitted,
                first_token=(now if self.first_token is None else self.first_token)
                - self.submitted,
                total=now - self.submitted,
            ),
            position_step=inputs.position_step,
            notices=inputs.notices,
        )
