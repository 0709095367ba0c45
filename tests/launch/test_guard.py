"""No engine outlives the process that asked for it, whatever happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shuowen.launch import guard
from tests.launch.fake_engine import is_alive, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

GUARD = [sys.executable, "-I", "-S", str(Path(guard.__file__))]
PATIENT, IMPATIENT = "20", "0.3"


@contextmanager
def guarded(seconds: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*GUARD, seconds, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def shell(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


def first_numbers(process: subprocess.Popen[bytes]) -> list[int]:
    assert process.stdout is not None
    return [int(word) for word in process.stdout.readline().split()]


@pytest.mark.parametrize(("text", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_it_ends_with_the_programs_code(text: str, code: int) -> None:
    with guarded(PATIENT, *shell(text)) as process:
        assert process.wait(10) == code


def test_a_program_that_there_is_not() -> None:
    with guarded(PATIENT, "/no/such/program") as process:
        assert process.wait(10) == 127
        assert process.stdout is not None
        assert b"/no/such/program" in process.stdout.read()


def test_when_its_input_ends_it_asks_the_program_to_stop() -> None:
    with guarded(PATIENT, *shell("trap 'echo bye; exit 5' TERM; echo $$; sleep 60 & wait")) as one:
        first_numbers(one)
        assert one.stdin is not None
        one.stdin.close()
        assert one.wait(10) == 5
        assert one.stdout is not None
        assert one.stdout.read() == b"bye\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_does_the_same(number: signal.Signals) -> None:
    with guarded(PATIENT, *shell("echo $$; exec sleep 60")) as process:
        (pid,) = first_numbers(process)
        process.send_signal(number)
        assert process.wait(10) == 128 + signal.SIGTERM
        assert not is_alive(pid)


def test_what_does_not_stop_is_killed_with_all_that_it_started() -> None:
    text = "trap '' TERM; sleep 60 & echo $$ $!; while true; do sleep 60; done"
    with guarded(IMPATIENT, *shell(text)) as process:
        pids = first_numbers(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 128 + signal.SIGKILL
        wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_what_a_dead_program_started_goes_with_it() -> None:
    with guarded(PATIENT, *shell("sleep 60 & echo $!; exit 4")) as process:
        (helper,) = first_numbers(process)
        assert process.wait(10) == 4
        wait_until(lambda: not is_alive(helper))


def test_the_program_dies_with_a_guard_that_is_killed() -> None:
    with guarded(PATIENT, *shell("echo $$; exec sleep 60")) as process:
        (pid,) = first_numbers(process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        wait_until(lambda: not is_alive(pid))


def test_the_program_has_no_input_and_a_group_of_its_own() -> None:
    script = "import os, sys; print(os.getpgid(0) == os.getpid(), sys.stdin.read() == '')"
    with guarded(PATIENT, sys.executable, "-S", "-c", script) as process:
        began_at = time.monotonic()
        assert process.stdout is not None
        assert process.stdout.readline() == b"True True\n"
        assert time.monotonic() - began_at < 10
