"""Token ids back to text as they come, in whole characters."""

from __future__ import annotations

import codecs
from collections.abc import Callable


class Detokenizer:
    """Gives the text of one answer, token by token; the work for a token does not grow.

    All that it gave, joined, is what `Tokenizer.decode` makes of all ids: bytes that are no UTF-8
    become U+FFFD in both.
    """

    def __init__(self, shown_bytes: Callable[[int], bytes]) -> None:
        """`shown_bytes` gives what a token adds to the text; the bytes of a character may come in
        several tokens."""
        self._shown_bytes = shown_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token_id: int) -> str:
        """The text that this token completes; empty while a character is incomplete."""
        return self._decoder.decode(self._shown_bytes(token_id))

    def flush(self) -> str:
        """What an incomplete character at the end amounts to; then the next answer may begin."""
        rest = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return rest
