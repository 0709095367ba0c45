"""Stop texts and the limit on length, for a model that heeds neither itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shuowen.generation.params import ALL_ROOM
from shuowen.generation.stopping import StopTexts
from shuowen.server.chat.model import ChatEvent, ChatQuestion, Counted, Ended, Said

LETTERS_PER_TOKEN = 4
"""Of scripts that write sounds, about; a character of Chinese or Japanese counts as a token."""
_FIRST_WIDE = 0x2E80  # where the radicals begin, and after them all characters of CJK


def count_tokens(text: str) -> int:
    """About how many tokens a text has, for a model without tokens."""
    return -(-_quarters(text) // LETTERS_PER_TOKEN)


def cut(events: Iterator[ChatEvent], question: ChatQuestion) -> Iterator[ChatEvent]:
    """A model's events up to a stop text or to `max_tokens`.

    What would follow is not waited for: what the answer took, its last event, is estimated.

    Args:
        events: Of a model that gives one answer, retracts nothing and calls no tools. Closed in
            the end where it can be.
        question: What was asked for.
    """
    cutter = _Cutter(question)
    try:
        for event in events:
            if isinstance(event, Said):
                yield replace(event, text=cutter.take(event.text))
            elif isinstance(event, Ended):
                yield Said(text=cutter.rest())
            if cutter.end is not None:
                yield cutter.end
                yield cutter.counted()
                return
            if not isinstance(event, Said):
                yield event
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()


class _Cutter:
    """Follows the text of one answer.

    Attributes:
        end: Set when the answer ends here.
    """

    def __init__(self, question: ChatQuestion) -> None:
        self.end: Ended | None = None
        self._question = question
        self._stops = StopTexts(question.params.stop)
        most = question.params.max_tokens
        self._left = None if most == ALL_ROOM else most * LETTERS_PER_TOKEN
        self._num_quarters = 0

    def take(self, text: str) -> str:
        """What is shown of a piece."""
        text, is_stopped = self._stops.push(text)
        shown = self._fitting(text)
        if is_stopped and self.end is None:
            self.end = Ended(finish_reason="stop")
        return shown

    def rest(self) -> str:
        """What was held back of an answer that has ended."""
        return self._fitting(self._stops.flush())

    def counted(self) -> Counted:
        """What the answer took up to here, about."""
        texts = (message.text for message in self._question.messages)
        return Counted(
            prompt_tokens=sum(map(count_tokens, texts)),
            completion_tokens=-(-self._num_quarters // LETTERS_PER_TOKEN),
        )

    def _fitting(self, text: str) -> str:
        for index, letter in enumerate(text):
            size = _quarters(letter)
            if self._left is not None and self._left < size:
                self.end = Ended(finish_reason="length")
                return text[:index]
            self._left = None if self._left is None else self._left - size
            self._num_quarters += size
        return text


def _quarters(text: str) -> int:
    """Length in quarters of a token."""
    return sum(LETTERS_PER_TOKEN if ord(each) >= _FIRST_WIDE else 1 for each in text)
