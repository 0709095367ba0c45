"""Stop texts: where an answer ends because of what it says, however it is cut into tokens."""

from __future__ import annotations

from collections.abc import Sequence


class StopTexts:
    """Lets text through up to the first stop text that is complete.

    What may begin a stop text is held back until it is clear whether it does, so that text that was
    let through never has to be taken back. How the text is cut into pieces changes nothing: letters
    are looked at one by one, and where several stop texts end at one letter, the longest counts.

    Args:
        stops: The stop texts, none of them empty.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(_StopText(stop) for stop in stops)
        self._held = ""
        self.is_stopped = False

    def push(self, text: str) -> tuple[str, bool]:
        """Add text.

        Returns:
            The text that is safe to show by now, and whether a stop text is complete, after which
            nothing more comes.
        """
        if not self._stops or self.is_stopped:
            return ("" if self.is_stopped else text), self.is_stopped
        waiting = self._held + text
        for end, letter in enumerate(text, start=len(self._held) + 1):
            found = [len(stop) for stop in self._stops if stop.push(letter)]
            if found:
                self._held, self.is_stopped = "", True
                return waiting[: end - max(found)], True
        num_held = max(stop.num_matched for stop in self._stops)
        num_safe = len(waiting) - num_held
        self._held = waiting[num_safe:]
        return waiting[:num_safe], False

    def flush(self) -> str:
        """The text that was held back, now that no more comes."""
        held, self._held = self._held, ""
        return held


class _StopText:
    """Matches one stop text letter by letter (Knuth, Morris and Pratt 1977)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._shorter = _borders(text)
        self.num_matched = 0
        """How many of its first letters the text so far ends with."""

    def __len__(self) -> int:
        return len(self._text)

    def push(self, letter: str) -> bool:
        """Whether the stop text is complete with this letter."""
        while self.num_matched and self._text[self.num_matched] != letter:
            self.num_matched = self._shorter[self.num_matched - 1]
        if self._text[self.num_matched] == letter:
            self.num_matched += 1
        return self.num_matched == len(self._text)


def _borders(text: str) -> list[int]:
    """For each prefix, the length of its longest proper prefix that is also its suffix."""
    borders = [0]
    for letter in text[1:]:
        length = borders[-1]
        while length and text[length] != letter:
            length = borders[length - 1]
        borders.append(length + (text[length] == letter))
    return borders
