"""Stands between us and an engine, so that no engine outlives us, however we end.

    python guard.py SECONDS PROGRAM ARGUMENT…

It starts PROGRAM in a process group of its own and ends with its exit code. When its standard
input ends, which is what happens when the process that holds the other end is gone, or when it gets
a signal, it asks the engine to stop by SIGTERM, and after SECONDS ends it by SIGKILL. Either way
nothing of the engine's group stays behind. Should the guard itself be killed, Linux kills the
engine.

A script for any Python on POSIX, on the standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from types import FrameType

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> int:
    """Run the program that the command line names; gives its exit code as a shell does."""
    seconds, command = float(sys.argv[1]), sys.argv[2:]
    wishes_to_stop = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        wishes_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    guard = os.getpid()
    try:
        # This thread starts the engine, and lives as long as the guard: the engine dies with it.
        engine = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _die_with(guard),
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=_watch, args=(wishes_to_stop,), daemon=True).start()
    threading.Thread(target=_stopper, args=(engine, wishes_to_stop, seconds), daemon=True).start()
    _wait(engine)
    _signal_group(engine.pid, signal.SIGKILL)
    code = engine.wait()
    return code if code >= 0 else 128 - code


def _die_with(parent: int) -> None:
    """Runs in the engine's process before its program: the end of the guard shall be its own."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before that
            os._exit(1)


def _watch(wishes_to_stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    wishes_to_stop.set()


def _stopper(
    engine: subprocess.Popen[bytes], wishes_to_stop: threading.Event, seconds: float
) -> None:
    wishes_to_stop.wait()
    engine.terminate()
    if not _ended.wait(seconds):
        _signal_group(engine.pid, signal.SIGKILL)


_ended = threading.Event()


def _wait(engine: subprocess.Popen[bytes]) -> None:
    """Wait for the end, and leave the process unreaped: its group's number must stay its own."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, engine.pid, os.WEXITED | os.WNOWAIT)
    else:
        engine.wait()
    _ended.set()


def _signal_group(group: int, number: signal.Signals) -> None:
    # macOS says that it is not permitted where all of the group are dead.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main())
