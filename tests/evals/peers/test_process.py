import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shuowen.errors import EngineError
from shuowen.evals.peers.process import Answer, PeerProcess

REQUEST = {"file": "d.pdf", "pictures": ["a.png"]}
Start = Callable[..., PeerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a peer of the source given; all are stopped at the end."""
    begun = []

    def start(source: str, *, timeout: float = 60) -> PeerProcess:
        file = tmp_path / "peer.py"
        file.write_text(source)
        process = PeerProcess("mine", sys.executable, ["python", str(file)], timeout=timeout)
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.stop()


def test_questions_are_answered_one_after_another(start: Start) -> None:
    process = start("def read(path): return 'read ' + path")
    first, second = process.ask(REQUEST), process.ask({**REQUEST, "pictures": ["b.png"]})
    assert (first.text, second.text) == ("read a.png", "read b.png")
    assert first.seconds is not None


def test_what_it_prints_does_not_matter(start: Start) -> None:
    source = "import sys\nprint('loading')\ndef read(path):\n    print('{}'); return path"
    assert start(source).ask(REQUEST).text == "a.png"


def test_an_exception_is_an_answer(start: Start) -> None:
    process = start("def read(path): return 1 / (path != 'a.png')")
    failed = process.ask(REQUEST)
    assert failed == Answer(failure="ZeroDivisionError: division by zero")


def test_a_crash_is_told_with_its_last_words(start: Start) -> None:
    process = start(
        "import os, sys\ndef read(path):\n    print('out of luck', file=sys.stderr, flush=True)\n"
        "    os._exit(3)"
    )
    with pytest.raises(EngineError, match="mine ended: out of luck"):
        process.ask(REQUEST)
    with pytest.raises(EngineError):
        process.ask(REQUEST)


def test_an_answer_of_another_form_is_told(start: Start) -> None:
    process = start("def read(path): return {'text': 3}\n")
    failed = process.ask(REQUEST)
    assert failed.failure.startswith("TypeError")  # joined by the worker, which notices
    process = start("def read(path): return {'text': path, 'html': 5, 'x': 1}\n")
    assert process.ask(REQUEST).failure.startswith("TypeError")


def test_one_that_hangs_is_ended_with_what_it_started(start: Start, tmp_path: Path) -> None:
    source = f"""
import subprocess, sys, time
def read(path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
    time.sleep(600)
"""
    process = start(source, timeout=5)
    with pytest.raises(EngineError, match="took more than 5 s"):
        process.ask(REQUEST)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 30
    while not _is_gone(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_gone(pid: int) -> bool:
    """Whether a process has ended; nobody may have collected it yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return not Path("/proc").exists()
    return state in ("Z", "X")


def test_one_that_breaks_while_it_starts(start: Start) -> None:
    with pytest.raises(EngineError, match="no such thing"):
        start("raise SystemError('no such thing')")


def test_stopping_twice_does_nothing(start: Start) -> None:
    process = start("def read(path): return path")
    process.stop()
    process.stop()
    with pytest.raises(EngineError, match="was stopped"):
        process.ask(REQUEST)
