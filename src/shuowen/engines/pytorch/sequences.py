"""The nouns of the engine: a prompt, a sequence of tokens, and the chunk of it that runs next.

::

    0            num_stored                 num_tokens
    │ in the cache │  left: 1 is a decode,      │
    │              │  more is a prefill         │
    └─ prompt ────────────┴─ generated ─────────┘
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.pages import PageTable
from shuowen.engines.pytorch.prefix_cache import PageHasher
from shuowen.prompt.inputs import ModelInputs


class Prompt:
    """What all candidates of one request share.

    Args:
        inputs: The prompt as tokens and tiles.
        max_tokens: Most new tokens of a candidate.
        window: Positions that the model was made for.
        page_tokens: Tokens of a page.

    Attributes:
        longest: Largest position that prompt and answer can come to, + 1. It decides the dynamic
            NTK scaling for the whole request, whose keys could otherwise not be kept.
        is_stretched: Whether that is beyond the window.
        visuals_VD: For every picture its visual tokens, once the vision encoder has seen it.
    """

    def __init__(self, inputs: ModelInputs, max_tokens: int, window: int, page_tokens: int) -> None:
        self.inputs = inputs
        self.max_tokens = max_tokens
        self.page_tokens = page_tokens
        self.longest = longest_position(inputs, max_tokens)
        self.is_stretched = self.longest > window
        self.hasher = PageHasher(inputs, page_tokens, self.longest if self.is_stretched else None)
        self.visuals_VD: list[Tensor | None] = [None] * len(inputs.images)
        self._next_position = np.float32(inputs.positions_T[-1] + 1)
        self._places_V = np.flatnonzero(inputs.visual_mask_T)

    @property
    def num_tokens(self) -> int:
        """T."""
        return self.inputs.num_tokens

    def positions(self, first: int, end: int) -> NDArray[np.float32]:
        """Where tokens of prompt and answer stand; the answer goes on in whole steps."""
        given = self.inputs.positions_T[first:end]
        if end <= self.num_tokens:
            return given
        steps = np.arange(max(first, self.num_tokens), end, dtype=np.float32) - self.num_tokens
        return np.concatenate((given, self._next_position + steps), dtype=np.float32)

    def missing_pictures(self, num_stored: int) -> list[int]:
        """Pictures that are needed after so many stored tokens and were not seen yet."""
        if not self.needs_pictures(num_stored):
            return []
        seen = int(self.hasher.visual_before_T[num_stored])
        ends = enumerate(self.hasher.picture_ends)
        return [index for index, end in ends if end > seen and self.visuals_VD[index] is None]

    def num_ready(self, num_stored: int) -> int:
        """Tokens up to the first picture that is still to be seen, at least `num_stored`."""
        missing = self.missing_pictures(num_stored)
        if not missing:
            return self.num_tokens
        begin = self.hasher.picture_ends[missing[0] - 1] if missing[0] else 0
        return max(num_stored, int(self._places_V[begin]))

    def visual_rows(self, first: int, end: int) -> list[Tensor]:
        """Visual tokens of the placeholders among the tokens `first` to `end` (exclusive)."""
        last = self.num_tokens
        start, stop = (int(self.hasher.visual_before_T[min(i, last)]) for i in (first, end))
        parts: list[Tensor] = []
        begin = 0
        for picture_end, visual_VD in zip(self.hasher.picture_ends, self.visuals_VD, strict=True):
            if begin < stop and picture_end > start:
                assert visual_VD is not None
                parts.append(visual_VD[max(start - begin, 0) : stop - begin])
            begin = picture_end
        return parts

    def needs_pictures(self, num_stored: int) -> bool:
        """Whether visual tokens are still to run after so many stored tokens."""
        before_T = self.hasher.visual_before_T
        return bool(before_T[min(num_stored, self.num_tokens)] < before_T[-1])

    def take_picture(self, content_hash: bytes, visual_VD: Tensor) -> None:
        """Take in a picture that was seen."""
        for index, picture in enumerate(self.inputs.images):
            if picture.content_hash == content_hash:
                self.visuals_VD[index] = visual_VD

    def forget_pictures(self) -> None:
        """Let go of visual tokens; who needs them again finds or makes them again."""
        self.visuals_VD = [None] * len(self.visuals_VD)


def longest_position(inputs: ModelInputs, max_tokens: int) -> float:
    """Largest position + 1 that prompt and answer can come to; V2PE: not the number of tokens."""
    return float(inputs.positions_T[-1]) + 1 + max_tokens


_USUAL_ANSWER_TOKENS = 1024
"""`max_tokens` is often set far too high to plan with."""


@dataclass(eq=False)
class TokenSequence:
    """One candidate's tokens, and how many of them have their keys and values in the cache.

    Attributes:
        key: Number of the request and index of the candidate; the smaller, the older.
        prompt: The beginning.
        generated: New tokens.
        table: Its pages.
        num_stored: Tokens whose keys and values are in the cache.
        num_adopted: Those of them that another request had put there, the first time.
        is_active: Whether it runs; else it waits and holds no pages.
    """

    key: tuple[int, int]
    prompt: Prompt
    generated: list[int] = field(default_factory=list)
    table: PageTable = field(default_factory=PageTable)
    num_stored: int = 0
    num_adopted: int = 0
    is_active: bool = False
    digests: list[bytes] = field(default_factory=list)

    @property
    def num_tokens(self) -> int:
        """Known tokens."""
        return self.prompt.num_tokens + len(self.generated)

    @property
    def num_left(self) -> int:
        """Tokens to run before the next one can be chosen; at least 1."""
        return self.num_tokens - self.num_stored

    @property
    def expected_tokens(self) -> int:
        """Tokens that it will likely come to."""
        most = self.prompt.num_tokens + self.prompt.max_tokens
        return min(most, self.num_tokens + _USUAL_ANSWER_TOKENS)

    def token_ids(self, first: int, end: int) -> NDArray[np.int64]:
        """Tokens `first` to `end` (exclusive)."""
        num_prompt = self.prompt.num_tokens
        given = self.prompt.inputs.token_ids_T[first:end]
        if end <= num_prompt:
            return given
        new = self.generated[max(first - num_prompt, 0) : end - num_prompt]
        return np.concatenate((given, np.asarray(new, np.int64)))

    def digest(self, page_index: int) -> bytes:
        """The digest of a page all of whose tokens are known."""
        size = self.prompt.page_tokens
        while len(self.digests) <= page_index:
            first = len(self.digests) * size
            self.digests.append(
                self.prompt.hasher.digest(
                    self.digests[-1] if self.digests else None,
                    first,
                    self.token_ids(first, first + size),
                    self.prompt.positions(first, first + size),
                )
            )
        return self.digests[page_index]

    def cut(self, num_generated: int) -> None:
        """Only the first new tokens stand; the last standing token runs again."""
        del self.generated[num_generated:]
        self.num_stored = min(self.num_stored, self.num_tokens - 1)
        del self.digests[self.num_tokens // self.prompt.page_tokens :]


@dataclass(frozen=True)
class Chunk:
    """Tokens `first` to `end` (exclusive) of a sequence, which run in one step."""

    sequence: TokenSequence
    first: int
    end: int

    @property
    def num_tokens(self) -> int:
        """At least 1."""
        return self.end - self.first

    @property
    def wants_logits(self) -> bool:
        """Whether the next token can be chosen after it."""
        return self.end == self.sequence.num_tokens
