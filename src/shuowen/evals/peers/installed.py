"""A peer that is installed on this machine, as an engine to be scored."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shuowen.errors import EngineError
from shuowen.evals.datasets import Item
from shuowen.evals.peers.pictures import count_pages, page_pictures
from shuowen.evals.peers.process import Answer, PeerProcess
from shuowen.evals.reading import Reading, ReadLine


class InstalledPeer:
    """Asks processes of a peer: as many as there are threads that ask at the same time.

    A process that dies or hangs costs the item that it was reading; the next item gets a new one.
    """

    answers_questions = False

    def __init__(self, name: str, words: Sequence[str], *, python: str, timeout: float) -> None:
        """Starts one process, to see that the peer is there.

        Args:
            name: What the report calls the peer.
            words, python, timeout: As for `PeerProcess`.

        Raises:
            ShuowenError: What `PeerProcess` raises.
        """
        self.name = name
        self._words, self._python, self._timeout = tuple(words), python, timeout
        self._lock = threading.Lock()
        self._is_closed = False
        self._busy: set[PeerProcess] = set()
        self._idle = [self._start()]
        self._ready = self._idle[0].ready

    @property
    def identity(self) -> str:
        """The peer's version."""
        return f"{self._words[0]} {self._ready.version}"

    def read(self, item: Item) -> Reading:
        """Read the item's file.

        Raises:
            ShuowenError: Its pages cannot be drawn, or the process died or took too long.
        """
        with ExitStack() as stack:
            pictures: list[Path] = []
            if not self._ready.opens_documents:
                pictures = stack.enter_context(page_pictures(item.path))
            process = stack.enter_context(self._process())
            names = [str(picture.resolve()) for picture in pictures]
            answer = process.ask({"file": str(item.path.resolve()), "pictures": names})
        return _reading(answer, len(pictures) or count_pages(item.path))

    def close(self) -> None:
        """Ends all processes; whoever waits for an answer gets an `EngineError`."""
        with self._lock:
            self._is_closed = True
            processes = [*self._idle, *self._busy]
            self._idle = []
        for process in processes:
            process.stop()

    @contextmanager
    def _process(self) -> Iterator[PeerProcess]:
        process = self._taken()
        try:
            yield process
        except BaseException:  # even Ctrl-C: a late answer would be taken for the next item's
            process.stop()
            raise
        else:
            with self._lock:
                self._idle.append(process)
        finally:
            with self._lock:
                self._busy.discard(process)

    def _taken(self) -> PeerProcess:
        """A process that is free, or a new one."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
        process = process or self._start()
        with self._lock:
            self._busy.add(process)
            if not self._is_closed:
                return process
        process.stop()
        raise EngineError(f"{self.name} was stopped.")

    def _start(self) -> PeerProcess:
        return PeerProcess(self.name, self._python, self._words, timeout=self._timeout)


def _reading(answer: Answer, num_pages: int) -> Reading:
    return Reading(
        text=answer.text,
        html=answer.html,
        num_pages=num_pages,
        lines=tuple(ReadLine(text=text, confidence=sure) for text, sure in answer.lines),
        seconds=answer.seconds,
        failure=answer.failure,
    )
