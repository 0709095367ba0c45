"""An engine that loads, answers, dies, hangs and stops; the processes are real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import EngineError
from shuowen.launch.port import reserved_port
from shuowen.launch.supervisor import EngineProcess, Patience, Supervisor
from tests.launch.fake_engine import FakeEngine, is_alive, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

QUICK = Patience(
    startup_seconds=20,
    first_wait_seconds=0.05,
    max_wait_seconds=0.2,
    poll_seconds=0.02,
    stop_seconds=2,
)
KEY = "a-secret-key"


def process_of(engine: FakeEngine, port: int, *, serves: bool = True) -> EngineProcess:
    words = (str(engine.python), "-m", "vllm.entrypoints.cli.main", "serve", "m")
    place = ("--port", str(port)) if serves else ()
    return EngineProcess(
        name="vLLM",
        log_name="vllm",
        words=(*words, "--served-model-name", "eye", *place),
        environment={"VLLM_API_KEY": KEY},
        url=f"http://127.0.0.1:{port}" if serves else "",
        model="eye",
        key=KEY,
    )


def get(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return int(answer.status)


def fall(port: int, path: str) -> None:
    with pytest.raises(OSError):
        get(port, path)


def test_it_is_waited_for_until_it_lists_its_model(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, seconds=0.3, says=["Loading weights"])
    told: list[str] = []
    with reserved_port() as port:
        with Supervisor(process_of(engine, port), QUICK, told.append) as supervisor:
            assert not supervisor.is_ready()
            supervisor.wait_until_ready()
            assert supervisor.is_ready()
            assert get(port, "/health") == 200
        assert not supervisor.is_ready()
    assert not any(is_alive(pid) for pid in engine.pids())
    assert "[vllm] Loading weights" in told
    assert any("vLLM answers, after" in sentence for sentence in told)
    assert not any(KEY in sentence for sentence in told)
    assert KEY not in repr(process_of(engine, port))


def test_after_a_crash_it_is_started_again_on_its_port(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, has_helper=True)
    told: list[str] = []
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), QUICK, told.append) as supervisor,
    ):
        supervisor.wait_until_ready()
        helper = engine.pids()[-1]
        fall(port, "/die")
        wait_until(lambda: supervisor.num_starts == 2 and supervisor.is_ready())
        assert get(port, "/health") == 200
        assert not is_alive(helper)
    assert any("vLLM ended with code 9. It is started again" in sentence for sentence in told)
    assert "vLLM answers again." in told


def test_it_is_given_up_when_it_never_answers(tmp_path: Path) -> None:
    engine = FakeEngine(
        tmp_path, num_failures=99, last_words="torch.OutOfMemoryError: CUDA out of memory."
    )
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), QUICK, lambda _: None) as supervisor,
    ):
        with pytest.raises(EngineError) as caught:
            supervisor.wait_until_ready()
        assert "3 starts failed" in caught.value.message
        assert "CUDA out of memory" in caught.value.message
        assert "--tp" in caught.value.hint
    assert len(engine.starts()) == 3


def test_a_bad_beginning_is_forgiven(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, num_failures=2)
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), QUICK, lambda _: None) as supervisor,
    ):
        supervisor.wait_until_ready()
    assert len(engine.starts()) == 3


def test_loading_for_too_long_is_given_up(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, seconds=600)
    patience = Patience(startup_seconds=0.5, poll_seconds=0.05, stop_seconds=2)
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), patience, lambda _: None) as supervisor,
        pytest.raises(EngineError, match="did not answer within"),
    ):
        supervisor.wait_until_ready()
    assert not any(is_alive(pid) for pid in engine.pids())


def test_a_second_start_that_never_answers_is_ended_too(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    patience = Patience(
        startup_seconds=1, first_wait_seconds=0.05, poll_seconds=0.02, stop_seconds=2
    )
    told: list[str] = []
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), patience, told.append) as supervisor,
    ):
        supervisor.wait_until_ready()
        engine.behave(seconds=600)
        fall(port, "/die")
        wait_until(lambda: supervisor.num_starts == 3)
    assert any("did not answer within 1 s." in sentence for sentence in told)


def test_a_closed_terminal_does_not_stop_the_engine(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, says=["x" * 1000] * 300)

    def tell(sentence: str) -> None:
        raise BrokenPipeError

    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), QUICK, tell) as supervisor,
    ):
        supervisor.wait_until_ready()


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with reserved_port() as port:
        process = EngineProcess(
            name="LMDeploy",
            log_name="lmdeploy",
            words=(str(tmp_path / "nothing"),),
            environment={},
            url=f"http://127.0.0.1:{port}",
            model="m",
            key="",
        )
        with (
            Supervisor(process, QUICK, lambda _: None) as supervisor,
            pytest.raises(EngineError, match="code 127"),
        ):
            supervisor.wait_until_ready()


def test_one_that_hangs_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shuowen.launch.probe._SECONDS", 0.2)
    engine = FakeEngine(tmp_path)
    patience = Patience(
        first_wait_seconds=0.05,
        poll_seconds=0.05,
        health_seconds=0.1,
        hang_seconds=0.5,
        stop_seconds=2,
    )
    told: list[str] = []
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), patience, told.append) as supervisor,
    ):
        supervisor.wait_until_ready()
        get(port, "/hang")
        wait_until(lambda: supervisor.num_starts == 2 and supervisor.is_ready())
    assert any("has not answered for" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("steady_seconds", "expected"),
    [(60.0, ["0.02 s.", "0.04 s.", "0.05 s."]), (0.0, ["0.02 s.", "0.02 s.", "0.02 s."])],
)
def test_waits_grow_unless_it_ran_for_long(
    tmp_path: Path, steady_seconds: float, expected: list[str]
) -> None:
    engine = FakeEngine(tmp_path)
    told: list[str] = []
    patience = Patience(
        first_wait_seconds=0.02,
        max_wait_seconds=0.05,
        steady_seconds=steady_seconds,
        poll_seconds=0.02,
        stop_seconds=2,
    )

    def waits() -> list[str]:
        return [each.split(" in ")[1] for each in told if "started again in" in each]

    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), patience, told.append) as supervisor,
    ):
        supervisor.wait_until_ready()
        for number in (1, 2, 3):
            fall(port, "/die")
            wait_until(lambda number=number: len(waits()) == number)
            wait_until(supervisor.is_ready)
    assert waits() == expected


def test_one_that_ignores_sigterm_is_killed_with_its_helpers(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, ignores_sigterm=True, has_helper=True)
    patience = Patience(poll_seconds=0.02, stop_seconds=0.3)
    with (
        reserved_port() as port,
        Supervisor(process_of(engine, port), patience, lambda _: None) as supervisor,
    ):
        supervisor.wait_until_ready()
        pids = engine.pids()
        began_at = time.monotonic()
    assert time.monotonic() - began_at < 5
    assert len(pids) == 2
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_one_that_only_computes_is_not_asked(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    with Supervisor(process_of(engine, 0, serves=False), QUICK, lambda _: None) as supervisor:
        wait_until(lambda: len(engine.starts()) == 1)
        assert not supervisor.is_ready()
    assert not any(is_alive(pid) for pid in engine.pids())


def test_one_that_only_computes_and_cannot_is_told(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, num_failures=9)
    with (
        Supervisor(process_of(engine, 0, serves=False), QUICK, lambda _: None) as supervisor,
        pytest.raises(EngineError, match="3 starts failed"),
    ):
        supervisor.wait_until_ended()


SCRIPT = """
import sys
from shuowen.launch.supervisor import EngineProcess, Patience, Supervisor
words, port, key = sys.argv[1].split(), sys.argv[2], sys.argv[3]
process = EngineProcess(name="vLLM", log_name="vllm", words=tuple(words),
                        environment={"VLLM_API_KEY": key}, url="http://127.0.0.1:" + port,
                        model="eye", key=key)
with Supervisor(process, Patience(poll_seconds=0.02), lambda text: None) as supervisor:
    supervisor.wait_until_ready()
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_engine_outlives_us(
    tmp_path: Path, number: signal.Signals, package_path: dict[str, str]
) -> None:
    engine = FakeEngine(tmp_path, has_helper=True)
    with reserved_port() as port:
        words = " ".join(process_of(engine, port).words)
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT, words, str(port), KEY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **package_path},
        ) as ours:
            assert ours.stdout is not None
            assert ours.stdout.readline() == b"ready\n"
            assert len(engine.pids()) == 2
            ours.send_signal(number)
            ours.wait(10)
            wait_until(lambda: not any(is_alive(pid) for pid in engine.pids()))


@pytest.fixture
def package_path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_a_port_is_held_for_the_engine_alone(tmp_path: Path) -> None:
    ports = set()
    held: list[Callable[[], None]] = []
    for _ in range(3):
        manager = reserved_port()
        ports.add(manager.__enter__())
        held.append(lambda manager=manager: manager.__exit__(None, None, None))
    assert len(ports) == 3
    for release in held:
        release()
