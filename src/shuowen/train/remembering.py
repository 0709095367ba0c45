"""A tokenizer that knows what it was asked before."""

from __future__ import annotations

from functools import lru_cache

from shuowen.prompt.tokenizer import Tokenizer

_NUM_REMEMBERED = 4096


class RememberingTokenizer(Tokenizer):
    """Knows the ids of texts that come again and again: the template's, and what is asked.

    Args:
        tokenizer: Whose ids it gives.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__(tokenizer.raw, has_begin=tokenizer.begin_id is not None)
        self._remembered = lru_cache(_NUM_REMEMBERED)(super().encode_text)

    def encode_text(self, text: str) -> list[int]:
        """Ids of plain text; the list is shared and not to be changed."""
        return self._remembered(text)
