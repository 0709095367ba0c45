"""The text of an answer as its tokens come: whole characters, nothing of a stop text."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from shuowen.generation.stopping import StopTexts
from shuowen.prompt.tokenizer import Tokenizer


class Transcript:
    """What an answer says so far, and how much of it was already given out.

    Args:
        tokenizer: Spells the tokens.
        stops: Texts before which the answer ends.
    """

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._stop_texts = tuple(stops)
        self._given: list[str] = []
        self._new: list[str] = []
        self._num_retracted = 0
        self._begin()

    @property
    def text(self) -> str:
        """All that stands and may be shown."""
        return "".join((*self._given, *self._new))

    @property
    def is_stopped(self) -> bool:
        """Whether a stop text was said."""
        return self._stops.is_stopped

    def push(self, token_id: int) -> None:
        """Go on by one token."""
        self._add(self._detokenizer.push(token_id))

    def flush(self) -> None:
        """No more tokens come: what was held back stands."""
        self._add(self._detokenizer.flush())
        self._new.append(self._stops.flush())

    def rewind(self, token_ids: Sequence[int]) -> None:
        """Only these tokens stand, the first of those that came."""
        given = "".join(self._given)
        self._given, self._new = [], []
        self._begin()
        for token_id in token_ids:
            self.push(token_id)
        text = self.text
        num_kept = len(commonprefix([given, text]))
        self._num_retracted += len(given) - num_kept
        self._given, self._new = [text[:num_kept]], [text[num_kept:]]

    def take(self) -> tuple[str, int]:
        """What is new since the last call.

        Returns:
            The new text, and how many characters at the end of what was given out before no longer
            stand, which go before the new text is added.
        """
        new = "".join(self._new)
        self._new = []
        self._given.append(new)
        retracted, self._num_retracted = self._num_retracted, 0
        return new, retracted

    def _begin(self) -> None:
        self._detokenizer = self._tokenizer.detokenizer()
        self._stops = StopTexts(self._stop_texts)

    def _add(self, text: str) -> None:
        safe, _ = self._stops.push(text)
        self._new.append(safe)
