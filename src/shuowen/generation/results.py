"""What generation gives: deltas while it goes on, a completion at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from shuowen.generation.best_of_n import Selection

FinishReason = Literal["stop", "length", "repetition", "cancelled", "content_filter"]
"""stop: end token, stop text, or a constraint that is fulfilled; length: max_tokens or the window
is full; repetition: a loop came again after the retry and was cut off; content_filter: a server's
filter ended the answer."""


class LikelyToken(NamedTuple):
    """A token that could have stood at a place.

    Attributes:
        token_id: The token.
        logprob: ≤ 0.
        data: Its text in UTF-8, which need not be whole characters.
    """

    token_id: int
    logprob: float
    data: bytes = b""


@dataclass(frozen=True)
class TokenLogprob:
    """Log-probability (natural, before temperature and filters) of one chosen token.

    Attributes:
        token_id: The token.
        logprob: ≤ 0.
        top: The likeliest tokens at this place, likeliest first.
        data: The token's text in UTF-8, which need not be whole characters.
    """

    token_id: int
    logprob: float
    top: tuple[LikelyToken, ...] = ()
    data: bytes = b""


@dataclass(frozen=True)
class LoopReport:
    """A loop that was cut out of an answer.

    Attributes:
        token_index: Where in the answer's tokens the loop was cut, from 0.
        period: Length in tokens of the run that repeated.
        repeats: How often it stood in a row when it was noticed.
        text: The run, once.
    """

    token_index: int
    period: int
    repeats: int
    text: str


@dataclass(frozen=True, kw_only=True)
class PromptProgress:
    """How far an engine is with a prompt, told now and then before the first `Delta`.

    Attributes:
        tiles_seen: Of the tiles that it has to look at, how many are done.
        num_tiles: Tiles of pictures that it did not know from an earlier request.
        tokens_done: Of the prompt's tokens, visual ones included, how many are taken in.
        num_tokens: Tokens of the prompt.
    """

    tiles_seen: int
    num_tiles: int
    tokens_done: int
    num_tokens: int


@dataclass(frozen=True, kw_only=True)
class CandidateProgress:
    """How far an engine is with several answers of which the best will be told.

    Attributes:
        num_finished: How many are written.
        num_candidates: Of how many.
        num_tokens: Tokens of all so far, as far as the engine can tell.
        is_judging: Whether all are written and the critic compares them.
    """

    num_finished: int
    num_candidates: int
    num_tokens: int
    is_judging: bool = False


@dataclass(frozen=True, kw_only=True)
class Delta:
    """What one step adds to a candidate; text ends on a whole character.

    Attributes:
        candidate_index: Which candidate, from 0.
        text: New text; may be empty while a character or a stop text may still be incomplete.
        retracted: Number of characters at the end of what was sent before that no longer stand,
            because they were part of a loop; they go before `text` is added.
        logprobs: One for each token that `text` comes from, when asked for.
        refusal: What a server says in the place of an answer; added like `text`.
    """

    candidate_index: int
    text: str
    retracted: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One finished answer.

    Attributes:
        text: Without end tokens and stop text.
        token_ids: All tokens that stand, an end token left out.
        finish_reason: Why it ended.
        logprobs: One for each token id, when asked for.
        loops: What the repetition guard cut out, in order.
        refusal: What a server says in the place of an answer.
    """

    index: int
    text: str
    token_ids: tuple[int, ...]
    finish_reason: FinishReason
    logprobs: tuple[TokenLogprob, ...] = ()
    loops: tuple[LoopReport, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class BestOf:
    """Several answers to one prompt, and which of them is best.

    Attributes:
        candidates: All of them; the first took the likeliest tokens, the others were drawn.
        selection: Which won, and why.
        critic: Who judged.
    """

    candidates: tuple[Candidate, ...]
    selection: Selection
    critic: str

    @property
    def winner(self) -> Candidate:
        """The best, with the index that it was written under."""
        return self.candidates[self.selection.winner]

    @property
    def runner_up(self) -> Candidate | None:
        """The second best; None where there is one candidate."""
        index = self.selection.runner_up
        return None if index is None else self.candidates[index]

    @property
    def reason(self) -> str:
        """Which critics were for the winner, for people to read."""
        return self.selection.reason

    def summary(self) -> dict[str, Any]:
        """What is told of it over a wire, as JSON values."""
        return {
            "critic": self.critic,
            "winner": self.selection.winner,
            "runner_up": self.selection.runner_up,
            "scores": {name: list(given) for name, given in self.selection.scores.items()},
            "totals": list(self.selection.totals),
            "reason": self.selection.reason,
        }


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a request took.

    Attributes:
        prompt_tokens: Tokens of the prompt, visual ones included.
        visual_tokens: Those of them that stand for pictures.
        cached_tokens: Prompt tokens whose keys and values were there from an earlier request.
        completion_tokens: New tokens of all candidates, cut-off loops included.
    """

    prompt_tokens: int
    visual_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Where the time went, in seconds.

    Attributes:
        queued: From submission to the first work on it.
        first_token: From submission to the first new token.
        total: From submission to the end.
    """

    queued: float
    first_token: float
    total: float


@dataclass(frozen=True, kw_only=True)
class Completion:
    """All that came of one request.

    Attributes:
        candidates: In the order of their index.
        position_step: The δ of V2PE that the pictures' positions advanced by.
        notices: What a person should know of how the request was changed, in sentences.
        extra: What another Shuowen says of its answer besides, as JSON values by name.
        best_of: The other answers that were written, where the best of several was asked for.
    """

    candidates: tuple[Candidate, ...]
    usage: Usage
    timings: Timings
    position_step: float = 1.0
    notices: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    best_of: BestOf | None = None

    @property
    def text(self) -> str:
        """The first candidate's text."""
        return self.candidates[0].text


StreamEvent = PromptProgress | CandidateProgress | Delta | Completion
"""What a stream gives: how far the work is, then what is added, then the whole."""
