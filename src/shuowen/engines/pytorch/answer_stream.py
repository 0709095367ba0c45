"""What a caller holds while a request is answered in another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from types import TracebackType

from shuowen.errors import ShuowenError
from shuowen.generation.results import Completion, StreamEvent

News = StreamEvent | ShuowenError
"""What may come of a request; the last two end it."""


class AnswerStream(Iterator[StreamEvent]):
    """Deltas as they come, then one `Completion`; an error is raised where it comes.

    It is no generator, because one that was never started would not notice being closed.

    Args:
        news: Filled by another thread.
        cancel: Called when the stream is closed, or forgotten, before the answer has ended.
    """

    def __init__(self, news: SimpleQueue[News], cancel: Callable[[], None]) -> None:
        self._news = news
        self._cancel = cancel
        self._has_ended = False

    def __next__(self) -> StreamEvent:
        if self._has_ended:
            raise StopIteration
        news = self._news.get()
        if isinstance(news, Completion | ShuowenError):
            self._has_ended = True  # never back to False: another thread may have closed it
        if isinstance(news, ShuowenError):
            raise news
        return news

    def close(self) -> None:
        """Cancel the request unless it has ended; a second call does nothing.

        A thread that waits for news meanwhile gets what comes next, and nothing after it.
        """
        if not self._has_ended:
            self._has_ended = True
            self._cancel()

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
