"""How to sample: one frozen record, checked when it is made.

Names and ranges are those of the OpenAI API where it has them, else those of vLLM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shuowen.errors import UsageError


@dataclass(frozen=True)
class JsonSchema:
    """The answer must be JSON that this schema accepts; an empty schema accepts any JSON object."""

    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Regex:
    """The whole answer must match this regular expression (Rust syntax)."""

    pattern: str


Constraint = JsonSchema | Regex

ALL_ROOM = 1_000_000
"""As `max_tokens`: as many as the model's window has room for."""

MAX_STOPS, MAX_STOP_LENGTH = 64, 1000
MAX_BIASES = 2000
"""Every token costs as much work as these ask for, so a request may not ask for any number."""

MAX_BEST_OF = 64
DEFAULT_CRITIC = "auto"

_FEWEST_REPEATS = 4


@dataclass(frozen=True, kw_only=True)
class RepetitionGuard:
    """When a run of tokens that repeats itself counts as a loop.

    A loop noticed late costs a second; a table's equal rows taken for one cost text. So the bounds
    lie above what pages hold. In Qwen's tokens an empty row of six columns is 7 (Markdown) to 28
    (HTML), and a printed form has about 30 rows: with these bounds 32 such rows of up to 7 HTML
    columns pass, and 23 of 10. In 106 real tables the longest repeat spans 84 tokens. "the the the"
    is noticed after 256 tokens, a sentence of 14 that repeats after 448.
    """

    min_repeats: int = 32
    """How often a short run must stand in a row, the first time counted."""
    min_tokens: int = 256
    """How many tokens the repeats must span at least; keeps rulers and dotted lines legal."""
    enough_tokens: int = 1024
    """Repeats that span so many tokens are a loop with fewer repeats, down to 4."""
    max_period: int = 256
    """Longest run that is looked for, in tokens."""
    max_retries: int = 1
    """How often an answer goes on from before a loop, sampled differently, before it ends there."""

    def __post_init__(self) -> None:
        _check("min_repeats", self.min_repeats, 2, 10_000)
        _check("min_tokens", self.min_tokens, 2, 1_000_000)
        _check("enough_tokens", self.enough_tokens, 2, 1_000_000)
        _check("max_period", self.max_period, 1, 10_000)
        _check("max_retries", self.max_retries, 0, 100)

    def num_tokens(self, period: int) -> int:
        """How many tokens the repeats of a run of that length must span to count as a loop."""
        fewest = min(self.min_repeats, _FEWEST_REPEATS) * period
        return max(self.min_tokens, min(self.min_repeats * period, self.enough_tokens), fewest)


@dataclass(frozen=True, kw_only=True)
class SamplingParams:
    """How the next token is chosen and when to stop. The default is greedy."""

    max_tokens: int = 1024
    """Largest number of new tokens for each candidate; `ALL_ROOM` for all that fit the window."""
    temperature: float = 0.0
    """0 takes the likeliest token; above, logits are divided by it and a token is drawn; 0 to 2."""
    top_k: int = 0
    """Draw among the k likeliest tokens only; 0 for all."""
    top_p: float = 1.0
    """Draw among the fewest likeliest tokens whose probabilities add up to this; 0 < top_p ≤ 1."""
    min_p: float = 0.0
    """Draw among tokens at least this share as likely as the likeliest; 0 to 1."""
    repetition_penalty: float = 1.0
    """Divides positive and multiplies negative logits of tokens seen in prompt or answer; > 0."""
    presence_penalty: float = 0.0
    """Subtracted from the logits of tokens seen in the answer; -2 to 2."""
    frequency_penalty: float = 0.0
    """Subtracted once for every time that a token was seen in the answer; -2 to 2."""
    no_repeat_ngram: int = 0
    """No run of so many tokens may come twice in the answer; 0 for no limit."""
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    """Added to the logits of these token ids; -100 to 100."""
    seed: int | None = None
    """Makes drawing repeatable; candidate i uses seed + i."""
    logprobs: int | None = None
    """None: no log-probabilities; else the chosen token's, and those of so many likeliest; 0–20."""
    stop: tuple[str, ...] = ()
    """Text before which the answer ends; it may begin inside one token and end in another."""
    num_candidates: int = 1
    """How many answers are wanted to the one prompt."""
    best_of: int = 1
    """Write so many answers and give the best; 1 writes one. `generation.sampling_plan` says how
    they are drawn; engines from `load_model` do it, and others refuse it."""
    critic: str = DEFAULT_CRITIC
    """Who says which is best: vote, likelihood, agreement, random, prm, orm; auto: prm where the
    engine was given a critic model, else vote. `generation.juries` says what each does."""
    constraint: Constraint | None = None
    """What the answer must look like."""
    repetition_guard: RepetitionGuard | None = field(default_factory=RepetitionGuard)
    """None lets an answer repeat itself for ever."""
    ignore_end: bool = False
    """Go on to max_tokens over the model's end token; for measuring speed."""

    def __post_init__(self) -> None:
        _check_whole("max_tokens", self.max_tokens, 1, ALL_ROOM)
        _check("temperature", self.temperature, 0, 2)
        _check_whole("top_k", self.top_k, 0, 1_000_000)
        _check("top_p", self.top_p, 1e-9, 1)
        _check("min_p", self.min_p, 0, 1)
        _check("repetition_penalty", self.repetition_penalty, 1e-3, 100)
        _check("presence_penalty", self.presence_penalty, -2, 2)
        _check("frequency_penalty", self.frequency_penalty, -2, 2)
        _check_whole("no_repeat_ngram", self.no_repeat_ngram, 0, 1000)
        _check_whole("logprobs", 0 if self.logprobs is None else self.logprobs, 0, 20)
        _check_whole("num_candidates", self.num_candidates, 1, 128)
        _check_whole("best_of", self.best_of, 1, MAX_BEST_OF)
        if not isinstance(self.critic, str) or not self.critic:
            raise UsageError(f"critic is {self.critic!r}.", "Name one, such as vote.")
        if self.best_of > 1 and self.num_candidates > 1:
            message = f"best_of is {self.best_of} and num_candidates {self.num_candidates}."
            raise UsageError(message, "Ask for the best of several answers, or for all of them.")
        if self.seed is not None:
            _check_whole("seed", self.seed, -(2**63), 2**64 - 1)
        _check_bias(self.logit_bias)
        _check_stop(self.stop)


def _check(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(
            f"{name} is {value!r}, which is no number.", f"Choose {low:g} to {high:g}."
        )
    if not low <= value <= high:  # also refuses NaN, which compares false
        raise UsageError(f"{name} is {value}.", f"Choose {low:g} to {high:g}.")


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    """What the engine counts with; 2.5 would stop it in the middle of its work."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name} is {value!r}.", "Choose a whole number.")
    if not low <= value <= high:
        raise UsageError(f"{name} is {value}.", f"Choose {low} to {high}.")


def _check_bias(logit_bias: Mapping[int, float]) -> None:
    if len(logit_bias) > MAX_BIASES:
        message = f"logit_bias names {len(logit_bias)} tokens."
        raise UsageError(message, f"Name at most {MAX_BIASES}.")
    for token_id, bias in logit_bias.items():
        _check_whole("A token id in logit_bias", token_id, 0, 2**31)
        _check(f"logit_bias[{token_id}]", bias, -100, 100)


def _check_stop(stop: tuple[str, ...]) -> None:
    if isinstance(stop, str) or not all(isinstance(each, str) for each in stop):
        raise UsageError(f"stop is {stop!r}.", "Give a tuple of texts.")
    if any(not each for each in stop):
        raise UsageError("A stop text is empty.", "Leave it out, or write at least a letter.")
    if len(stop) > MAX_STOPS or any(len(each) > MAX_STOP_LENGTH for each in stop):
        hint = f"Give at most {MAX_STOPS}, each of at most {MAX_STOP_LENGTH} characters."
        raise UsageError("The stop texts are too many or too long.", hint)
