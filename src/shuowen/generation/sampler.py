"""Choosing the next token of one candidate from a row of logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import EngineError
from shuowen.generation import logits
from shuowen.generation.logits import Ids, Row
from shuowen.generation.params import SamplingParams
from shuowen.generation.seen import SeenRuns, SeenTokens

RETRY_TEMPERATURE = 0.5
RETRY_TOKENS = 32
"""After a loop was cut, so many tokens are drawn at no less than that temperature."""

_LOWEST_TEMPERATURE = 1e-5
"""Below, the likeliest token is taken, as in vLLM; dividing by less would overflow."""


@dataclass(frozen=True)
class Choice:
    """A chosen token.

    Attributes:
        logprob: Of the raw logits, natural; None unless asked for.
        top: The likeliest tokens, (token id, log-probability), likeliest first.
    """

    token_id: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()


class Sampler:
    """One candidate's way of choosing, with what it remembers of the tokens so far.

    The order is vLLM's: what is forbidden, logit bias, repetition, frequency and presence penalty;
    then temperature, min-p, top-k and top-p, and a draw.

    Args:
        params: How to sample.
        candidate_index: Candidate i draws with `params.seed` + i.
        prompt_ids: Tokens that count as seen for the repetition penalty.
    """

    def __init__(
        self, params: SamplingParams, candidate_index: int, prompt_ids: Sequence[int]
    ) -> None:
        self._params = params
        self._index = candidate_index
        seed = None if params.seed is None else (params.seed + candidate_index) % 2**64
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._token_ids: list[int] = []
        self._penalises_counts = bool(params.frequency_penalty or params.presence_penalty)
        self._penalises_repetition = params.repetition_penalty != 1.0
        has_penalty = self._penalises_counts or self._penalises_repetition
        prompt_seen = prompt_ids if self._penalises_repetition else ()
        self._seen = SeenTokens(prompt_seen) if has_penalty else None
        self._runs = SeenRuns(params.no_repeat_ngram) if params.no_repeat_ngram else None
        self._filters = _filters(params)
        self._retry_tokens = 0
        self._not_next: int | None = None

    @property
    def is_plain_greedy(self) -> bool:
        """Whether the next token is the likeliest and nothing else of the row is asked for."""
        return (
            self._temperature < _LOWEST_TEMPERATURE
            and self._params.logprobs is None
            and not self._changes_logits
        )

    def pick(self, logits_V: Row, allowed_V: NDArray[np.bool_] | None = None) -> Choice:
        """Choose; what is remembered changes only with `accept`.

        Args:
            logits_V: (V,) float32, as the model gave it; is not changed.
            allowed_V: (V,) False for tokens that a constraint forbids.

        Raises:
            EngineError: The logits are no numbers, or the options forbid every token.
        """
        _check(logits_V)
        row_V = self._adjusted(logits_V, allowed_V)
        if self._temperature < _LOWEST_TEMPERATURE:
            token_id = int(row_V.argmax())
        else:
            token_id = self._draw(row_V)
        return self._choice(token_id, logits_V)

    def accept(self, token_id: int) -> None:
        """The token was chosen and stands."""
        self._token_ids.append(token_id)
        self._not_next = None
        self._retry_tokens = max(0, self._retry_tokens - 1)
        if self._seen:
            self._seen.add(token_id)
        if self._runs:
            self._runs.add(token_id)

    def rollback(self, num_tokens: int) -> None:
        """The last `num_tokens` no longer stand; random numbers that were drawn stay drawn."""
        del self._token_ids[len(self._token_ids) - num_tokens :]
        if self._seen:
            self._seen.rebuild(self._token_ids)
        if self._runs:
            self._runs.rebuild(self._token_ids)

    def retry(self, not_next: int) -> None:
        """Go on differently than before: not with that token, and for a while at random.

        Greedy choice draws from a fixed seed here, so that a request still has one answer.
        """
        self._not_next = not_next
        self._retry_tokens = RETRY_TOKENS
        if self._params.temperature < _LOWEST_TEMPERATURE and self._params.seed is None:
            self._random = np.random.Generator(np.random.PCG64(self._index))

    @property
    def _temperature(self) -> float:
        least = RETRY_TEMPERATURE if self._retry_tokens else 0.0
        return max(least, self._params.temperature)

    @property
    def _changes_logits(self) -> bool:
        return bool(
            self._params.logit_bias or self._seen or self._runs or self._not_next is not None
        )

    def _adjusted(self, logits_V: Row, allowed_V: NDArray[np.bool_] | None) -> Row:
        """The row with all that does not depend on the draw; the given row if that is nothing."""
        if allowed_V is None and not self._changes_logits:
            return logits_V
        row_V = logits_V.copy()
        if allowed_V is not None:
            row_V[~allowed_V] = -np.inf
        if self._runs:
            row_V[list(self._runs.completing)] = -np.inf
        logits.add_bias(row_V, self._params.logit_bias)
        self._penalise(row_V)
        self._forbid_next(row_V)
        if row_V.max() == -np.inf:
            raise EngineError(
                "The options leave no token that may come next.",
                "Drop no_repeat_ngram or the constraint.",
            )
        return row_V

    def _penalise(self, row_V: Row) -> None:
        if self._seen is None:
            return
        params, seen = self._params, self._seen
        if self._penalises_repetition:
            logits.penalise_repetition(row_V, seen.ids, params.repetition_penalty)
        if self._penalises_counts:
            logits.penalise_counts(
                row_V, seen.ids, seen.counts, params.frequency_penalty, params.presence_penalty
            )

    def _forbid_next(self, row_V: Row) -> None:
        """Forbid what began the loop, unless a constraint leaves nothing else."""
        if self._not_next is None:
            return
        logit = row_V[self._not_next]
        row_V[self._not_next] = -np.inf
        if row_V.max() == -np.inf:
            row_V[self._not_next] = logit

    def _draw(self, row_V: Row) -> int:
        scaled = (row_V - row_V.max()) / np.float32(self._temperature)
        ids = None
        for keep in self._filters:
            kept = keep(scaled)
            scaled = scaled[kept]
            ids = kept if ids is None else ids[kept]
        index = logits.draw(scaled, self._random.random())
        return index if ids is None else int(ids[index])

    def _choice(self, token_id: int, logits_V: Row) -> Choice:
        wanted = self._params.logprobs
        if wanted is None:
            return Choice(token_id)
        total = logits.log_total(logits_V)
        top_ids = logits.likeliest(logits_V, wanted) if wanted else ()
        top = tuple((int(each), float(logits_V[each]) - total) for each in top_ids)
        return Choice(token_id, float(logits_V[token_id]) - total, top)


def _filters(params: SamplingParams) -> tuple[Callable[[Row], Ids], ...]:
    """What narrows the row before a draw, in vLLM's order."""
    filters: list[Callable[[Row], Ids]] = []
    if params.min_p > 0:
        filters.append(partial(logits.min_p_ids, min_p=params.min_p))
    if params.top_k > 0:
        filters.append(partial(logits.top_k_ids, count=params.top_k))
    if params.top_p < 1:
        filters.append(partial(logits.top_p_ids, top_p=params.top_p))
    return tuple(filters)


def _check(logits_V: Row) -> None:
    if not np.isfinite(logits_V.max()):  # the largest of numbers and NaN is NaN
        raise EngineError(
            "The model gave logits that are not numbers.",
            "Check the weights with `shuowen doctor`, or try another precision.",
        )
