"""Answers of a given form: which tokens may come next, from llguidance's parser."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import EngineError, MissingExtraError, UsageError
from shuowen.generation.params import Constraint, JsonSchema
from shuowen.prompt.tokenizer import Tokenizer

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

_WHITESPACE = r"( |\n {0,32})?"
"""Between the parts of JSON: enough to indent, too little to go on for ever."""


class Constrainer(Protocol):
    """Follows one answer and knows what may come next."""

    @property
    def is_finished(self) -> bool:
        """Whether the answer is complete and nothing but its end may follow."""

    def mask(self, vocab_size: int) -> NDArray[np.bool_]:
        """(V,) True for the tokens that may come next; an end token only where it may end."""

    def accept(self, token_id: int) -> None:
        """The token was chosen; an end token is not handed in."""

    def rollback(self, num_tokens: int) -> None:
        """The last `num_tokens` no longer stand."""


def make_constrainer(constraint: Constraint, tokenizer: Tokenizer) -> Constrainer:
    """A constrainer for one candidate.

    The tokenizer's tokens are prepared once, which takes about a second for 150,000 of them.

    Raises:
        UsageError: The schema or the expression is wrong, or has what llguidance does not do.
        MissingExtraError: llguidance is not installed.
    """
    try:
        from llguidance import LLMatcher  # behind an extra
    except ImportError as error:
        raise MissingExtraError(
            "Answers of a given form need the package llguidance.",
            "Install it: pip install 'shuowen[constrain]'",
        ) from error
    matcher = LLMatcher(_vocabulary(tokenizer), _grammar(constraint), log_level=0)
    if matcher.is_error():
        reason = " ".join(matcher.get_error().split()).rstrip(".")
        raise UsageError(
            f"The {_name(constraint)} cannot be used: {reason}.",
            "Correct it, or leave out what the message names.",
        )
    return _GrammarConstrainer(matcher)


class _GrammarConstrainer:
    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher

    @property
    def is_finished(self) -> bool:
        return bool(self._matcher.is_stopped())

    def mask(self, vocab_size: int) -> NDArray[np.bool_]:
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        self._check()
        known = np.unpackbits(bits, count=min(vocab_size, 8 * len(bits)), bitorder="little")
        mask_V = np.zeros(vocab_size, np.bool_)
        mask_V[: len(known)] = known
        return mask_V

    def accept(self, token_id: int) -> None:
        self._matcher.consume_token(token_id)
        self._check()

    def rollback(self, num_tokens: int) -> None:
        self._matcher.rollback(num_tokens)
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(
                f"The answer could not be kept to its form: {self._matcher.get_error().strip()}",
                "Try a simpler schema or expression.",
            )


@lru_cache(maxsize=4)
def _vocabulary(tokenizer: Tokenizer) -> LLTokenizer:
    from llguidance import LLTokenizer  # behind an extra

    return LLTokenizer(tokenizer.raw.to_str(), eos_token=sorted(tokenizer.eos_ids))


def _grammar(constraint: Constraint) -> str:
    from llguidance import LLMatcher  # behind an extra

    if not isinstance(constraint, JsonSchema):
        return LLMatcher.grammar_from_regex(constraint.pattern)
    try:
        schema = json.dumps(dict(constraint.schema) or {"type": "object"})
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The JSON schema is not JSON: {error}.",
            "Make it of dicts, lists, strings and numbers.",
        ) from error
    return LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_pattern": _WHITESPACE})


def _name(constraint: Constraint) -> str:
    return "JSON schema" if isinstance(constraint, JsonSchema) else "regular expression"
