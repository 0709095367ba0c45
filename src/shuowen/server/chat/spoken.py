"""An answer's text while it comes: what can be shown by now, and the tools it calls.

Two things are held back until it is clear what they are: a call of a tool, which is not shown as
text, and the repeats of a run, which an engine may yet take back as a loop. OpenAI's protocol
cannot take text back, so the less of a loop is shown, the better.
"""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.generation.params import RepetitionGuard
from shuowen.generation.repetition import LoopDetector

CALL_MARK = "<tool_call>"

_GUARD = RepetitionGuard(min_repeats=5, min_tokens=120, enough_tokens=400, max_period=400)
"""In characters here. An engine's own guard (256 tokens at least) takes back no less than this."""


@dataclass(frozen=True)
class Shown:
    """What a piece of an answer changes for who reads along.

    Attributes:
        text: What is added.
        retracted: Characters at the end of what was shown that no longer stand; they go first.
    """

    text: str
    retracted: int = 0


class SpokenText:
    """One answer's text, piece by piece.

    Args:
        hides_calls: Whether calls of tools are held back.
        hides_repeats: Whether repeats are held back.
    """

    def __init__(self, *, hides_calls: bool, hides_repeats: bool) -> None:
        self._hides_calls = hides_calls
        self._detector = LoopDetector(_GUARD) if hides_repeats else None
        self._text = ""
        self._num_shown = 0
        self._num_steady = 0

    def add(self, text: str, retracted: int = 0) -> Shown:
        """Take a piece in, after the last `retracted` characters have gone."""
        num_taken_back = 0
        if retracted:
            num_taken_back = self._take_back(retracted)
        self._text += text
        self._follow(text)
        num_safe = max(self._num_shown, min(self._num_steady, self._call_start()))
        shown = Shown(self._text[self._num_shown : num_safe], num_taken_back)
        self._num_shown = num_safe
        return shown

    def finish(self, text: str) -> Shown:
        """What is left to be shown of an answer that has ended as `text`, its calls left out."""
        shown = self._text[: self._num_shown]
        num_same = len(shown) if text.startswith(shown) else _num_same(shown, text)
        return Shown(text[num_same:], len(shown) - num_same)

    def _take_back(self, num: int) -> int:
        """Let the last characters fall; how many of them were shown."""
        self._text = self._text[: len(self._text) - num]
        num_left = len(self._text)
        if self._detector:
            self._detector.truncate(num_left)
        num_taken_back = max(0, self._num_shown - num_left)
        self._num_shown = min(self._num_shown, num_left)
        self._num_steady = min(self._num_steady, num_left)
        return num_taken_back

    def _follow(self, text: str) -> None:
        """Move on to the end of the text, or to where the repeats begin to be held back."""
        if self._detector is None:
            self._num_steady = len(self._text)
            return
        start = len(self._text) - len(text)
        for position, letter in enumerate(text, start=start + 1):
            if self._detector.push(ord(letter)) is None:
                self._num_steady = position

    def _call_start(self) -> int:
        """Where the first call begins, or what may become one; else the end."""
        if not self._hides_calls:
            return len(self._text)
        found = self._text.find(CALL_MARK, max(0, self._num_shown - len(CALL_MARK)))
        if found >= 0:
            return found
        return len(self._text) - _num_begun(self._text)


def _num_begun(text: str) -> int:
    """How many characters at the end of a text may be the beginning of a call."""
    for length in range(min(len(CALL_MARK) - 1, len(text)), 0, -1):
        if text.endswith(CALL_MARK[:length]):
            return length
    return 0


def _num_same(first: str, second: str) -> int:
    pairs = zip(first, second, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
