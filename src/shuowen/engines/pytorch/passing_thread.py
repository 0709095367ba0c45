"""Work in a thread that ends with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


def in_a_passing_thread(work: Callable[[], _Result]) -> _Result:
    """What `work` gives or raises.

    OpenMP keeps a team of workers for every thread that ever computed in parallel. With more
    workers than processors, even idle ones, it lets them sleep between two operations instead of
    waiting awake, and waking them a hundred times a token took a third of the time of decoding.
    The team of a thread ends with the thread, so what is done once, such as loading, is better
    done in one that ends. Ctrl-C is heeded at once; the thread is left to end by itself.
    """
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the caller, whatever it is
            errors.append(error)

    thread = threading.Thread(target=run, name="shuowen-passing", daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
