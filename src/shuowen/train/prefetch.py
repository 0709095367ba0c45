"""Packed sequences made ahead, in other processes. Needs no torch.

::

    worker 0   streams 0, 2   ─┐
    worker 1   streams 1, 3   ─┴─ next(0) next(1) next(2) next(3) …

Every stream belongs to one worker, so the order inside a stream, which is all that counts, cannot
change. With each packed sequence comes the state after it: the state of a run is that of what was
handed out, whatever was made ahead. Workers are started afresh, never forked, for the threads of
torch do not survive a fork; each waits for orders, and ends when the pipe of its parent closes,
even if the parent was killed.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from shuowen.errors import EngineError, InternalError, ShuowenError, UsageError, as_shuowen_error
from shuowen.train.packing import Pack
from shuowen.train.stream import MakeStream, PackStream, StreamState

_Item = tuple[int, Pack | ShuowenError, StreamState | None]
_CLOSE_SECONDS = 5.0


class PooledStreams:
    """A `PackSource` that works ahead in processes of its own.

    Args:
        make_stream: Opens a stream; it is sent to the workers and must be picklable (a module's
            function, or `functools.partial` of one).
        stream_indices: Those of this process.
        num_workers: Processes; more than there are streams are not started.
        num_ahead: Packed sequences that are made ahead for each stream, at least 1.

    Raises:
        UsageError: A number is below 1.
    """

    def __init__(
        self,
        make_stream: MakeStream,
        stream_indices: Iterable[int],
        num_workers: int,
        num_ahead: int = 2,
    ) -> None:
        if num_workers < 1 or num_ahead < 1:
            raise UsageError(
                f"There are {num_workers} workers, {num_ahead} packed sequences ahead.",
                "Choose at least 1 of each, or LocalStreams.",
            )
        self._make_stream, self._num_ahead = make_stream, num_ahead
        self._indices = tuple(stream_indices)
        self._num_workers = min(num_workers, max(1, len(self._indices)))
        self._states: dict[int, StreamState | None] = dict.fromkeys(self._indices)
        self._workers: list[_Worker] = []
        self._waiting: dict[int, deque[_Item]] = {}

    def next(self, stream_index: int) -> Pack:
        """See `PackSource`.

        Raises:
            ShuowenError: What the stream raised.
            EngineError: The worker ended.
        """
        worker = self._worker_of(stream_index)
        waiting = self._waiting[stream_index]
        while not waiting:
            item = worker.take()
            self._waiting[item[0]].append(item)
        _, pack, state = waiting.popleft()
        if isinstance(pack, ShuowenError):
            self.close()
            raise pack
        self._states[stream_index] = state
        worker.order(stream_index)
        return pack

    def state(self) -> dict[int, StreamState]:
        """See `PackSource`; a stream of which nothing was handed out is opened for its state."""
        return {
            index: self._make_stream(index).state() if state is None else state
            for index, state in self._states.items()
        }

    def restore(self, states: Mapping[int, StreamState]) -> None:
        """See `PackSource`; what was made ahead is forgotten."""
        self.close()
        self._states = {index: states[index] for index in self._indices}

    def close(self) -> None:
        """End the workers; `next` would start them again where they were."""
        for worker in self._workers:
            worker.close()
        self._workers, self._waiting = [], {}

    def _worker_of(self, stream_index: int) -> _Worker:
        if not self._workers:
            self._start()
        return self._workers[self._indices.index(stream_index) % self._num_workers]

    def _start(self) -> None:
        self._waiting = {index: deque() for index in self._indices}
        shares = [self._indices[first :: self._num_workers] for first in range(self._num_workers)]
        self._workers = [
            _Worker(self._make_stream, {index: self._states[index] for index in share})
            for share in shares
        ]
        for worker, share in zip(self._workers, shares, strict=True):
            for _ in range(self._num_ahead):
                for index in share:
                    worker.order(index)


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, make_stream: MakeStream, states: Mapping[int, StreamState | None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(theirs, make_stream, dict(states)), daemon=True
        )
        try:
            self._process.start()
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            self._pipe.close()
            raise UsageError(
                f"The data cannot be opened in another process: {error}.",
                "Use a module's function to open streams, or no workers.",
            ) from error
        finally:
            theirs.close()  # so that the pipe closes when the worker ends

    def order(self, stream_index: int) -> None:
        """Ask for one more packed sequence."""
        try:
            self._pipe.send(stream_index)
        except OSError as error:
            raise self._ended() from error

    def take(self) -> _Item:
        """Wait for the next one of any of its streams."""
        try:
            item: _Item = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        return item

    def close(self) -> None:
        """End the process, at once if it does not by itself."""
        self._pipe.close()
        self._process.join(_CLOSE_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._process.close()

    def _ended(self) -> EngineError:
        self._process.join(_CLOSE_SECONDS)
        return EngineError(
            f"A process that prepares data ended by itself (exit code {self._process.exitcode}).",
            "See what it printed; it may have had too little memory. A script of your own must"
            ' start training under `if __name__ == "__main__":`.',
        )


def _serve(
    pipe: Connection, make_stream: MakeStream, states: Mapping[int, StreamState | None]
) -> None:
    """The life of a worker: a packed sequence for every order, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to deal with
    _use_one_thread()
    streams: dict[int, PackStream] = {}
    try:
        while True:
            index = pipe.recv()
            pipe.send(_made(index, streams, make_stream, states[index]))
    except (EOFError, OSError):
        return  # the parent is done, or is no more


def _made(
    index: int,
    streams: dict[int, PackStream],
    make_stream: MakeStream,
    state: StreamState | None,
) -> _Item:
    try:
        if index not in streams:
            stream = make_stream(index)
            if state is not None:
                stream.restore(state)
            streams[index] = stream
        return index, streams[index].next(), streams[index].state()
    except Exception as error:  # told to the parent, which raises it
        return index, _portable(as_shuowen_error(error, "preparing data")), None


def _portable(error: ShuowenError) -> ShuowenError:
    """An error that can be pickled: some classes take more than a message and a hint."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return InternalError(error.message, error.hint)
    return error


def _use_one_thread() -> None:
    """Each worker is a thread of the whole; OpenCV would start as many again."""
    import cv2

    cv2.setNumThreads(1)
