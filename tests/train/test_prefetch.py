"""Packed sequences from other processes: the same ones, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from shuowen.errors import EngineError, InputError, UsageError
from shuowen.train.packing import Pack
from shuowen.train.prefetch import PooledStreams
from shuowen.train.stream import LocalStreams, PackStream
from tests.train.small_data import stream


def draws(pack: Pack) -> list[tuple[object, bytes]]:
    return [(each.draw, each.tiles_MHWC.tobytes()) for each in pack.examples]


def failing(index: int) -> PackStream:
    raise InputError(f"stream {index} has no data.", "Look for them.")


def ending(index: int) -> PackStream:
    os._exit(index + 3)


def test_workers_give_what_would_come_anyway_and_the_state_of_what_came() -> None:
    indices = (0, 1, 3)
    here, there = LocalStreams(stream, indices), PooledStreams(stream, indices, 2)
    try:
        assert there.state() == here.state()
        for _ in range(4):
            for index in indices:
                assert draws(there.next(index)) == draws(here.next(index))
        state = there.state()
        assert state == here.state()  # though more was made ahead
        expected = [draws(here.next(index)) for index in indices]
        there.next(1)
        there.restore(state)
        assert [draws(there.next(index)) for index in indices] == expected
    finally:
        there.close()
        there.close()


def test_what_goes_wrong_there_is_raised_here() -> None:
    pool = PooledStreams(failing, [0, 1], 2)
    with pytest.raises(InputError, match="stream 1 has no data") as caught:
        pool.next(1)
    assert caught.value.hint == "Look for them."
    pool.close()


def test_a_worker_that_ends_is_noticed() -> None:
    pool = PooledStreams(ending, [0], 1)
    with pytest.raises(EngineError, match=r"ended by itself \(exit code 3\)"):
        pool.next(0)
    pool.close()


def test_what_cannot_be_sent_is_refused() -> None:
    pool = PooledStreams(partial(lambda index: stream(index)), [0], 1)
    with pytest.raises(UsageError, match="another process"):
        pool.next(0)
    pool.close()
    with pytest.raises(UsageError):
        PooledStreams(stream, [0], 0)


PARENT = """
import sys, time
from shuowen.train.prefetch import PooledStreams
from tests.train.small_data import stream

if __name__ == "__main__":
    pool = PooledStreams(stream, [0, 1], 2)
    pool.next(0), pool.next(1)
    print(*(worker._process.pid for worker in pool._workers), flush=True)
    time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(is_running, pids))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 20
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, pids))
