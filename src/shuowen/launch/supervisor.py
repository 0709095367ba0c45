"""Keeps an engine running: started, waited for, started again when it dies, stopped at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from shuowen.errors import EngineError, ShuowenError, as_shuowen_error
from shuowen.launch.guarded import GuardedProcess
from shuowen.launch.log_relay import LogRelay
from shuowen.launch.probe import is_well, serves

_NUM_LINES_IN_ERROR = 4
_TOLD_SECONDS = 30.0

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class EngineProcess:
    """What is to be kept running.

    Attributes:
        name: For people: "LMDeploy".
        log_name: Stands before its lines: "lmdeploy".
        words: Its command line.
        environment: Variables besides those that this process has.
        url: Where it listens; empty for one that only computes for another machine.
        model: What it must list to count as ready.
        key: Its key; not shown.
    """

    name: str
    log_name: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    url: str
    model: str
    key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long everything may take, in seconds."""

    startup_seconds: float = 3600.0
    """From the first start until it answers, over all tries."""
    max_failed_starts: int = 3
    """Ends without ever having answered, after which nothing more is tried."""
    first_wait_seconds: float = 1.0
    """Before it is started again; doubled each time …"""
    max_wait_seconds: float = 60.0
    """… up to this."""
    steady_seconds: float = 60.0
    """Once it ran so long, the next wait is the first again."""
    poll_seconds: float = 0.5
    """Between two looks at it, …"""
    health_seconds: float = 5.0
    """… and between two questions for its health once it answers."""
    hang_seconds: float = 300.0
    """It is killed and started again when its health does not answer for so long."""
    stop_seconds: float = 15.0
    """For stopping before it is killed."""


class Supervisor:
    """Keeps one engine running; a context manager that stops it. Methods may come from any thread.

    Args:
        engine: What runs.
        patience: How long things may take.
        tell: Told what happens and, line by line, what the engine says.
    """

    def __init__(self, engine: EngineProcess, patience: Patience, tell: Tell) -> None:
        self._engine = engine
        self._patience = patience
        self._tell = _unfailing(tell)
        self._closing = threading.Event()
        self._settled = threading.Event()
        self._process: GuardedProcess | None = None
        self._is_ready = False
        self._was_ready = False
        self._failure: ShuowenError | None = None
        self._num_starts = 0
        self._started_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="engine-supervisor", daemon=True)

    @property
    def name(self) -> str:
        """The engine's name, for people."""
        return self._engine.name

    @property
    def num_starts(self) -> int:
        """How often it was started."""
        return self._num_starts

    def is_ready(self) -> bool:
        """Whether it answers, as far as is known."""
        process = self._process
        return self._is_ready and process is not None and process.exit_code() is None

    def wait_until_ready(self) -> None:
        """Wait for the first time that it answers.

        Raises:
            EngineError: It never will: it dies again and again, or the time is up.
        """
        while not self._settled.wait(_TOLD_SECONDS):
            seconds = time.monotonic() - self._started_at
            self._tell(f"{self.name} is still loading, after {seconds:.0f} s.")
        if self._failure is not None:
            raise self._failure

    def wait_until_ended(self) -> None:
        """Wait until the engine ends for good; for one that only computes for another machine.

        Raises:
            EngineError: It cannot be kept running.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Stop it; a second call does nothing."""
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> Supervisor:
        self._tell(f"{self.name} is being started.")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._keep_running()
        except Exception as error:
            self._failure = as_shuowen_error(error, f"running {self.name}")
        finally:
            self._is_ready = False
            self._settled.set()

    def _keep_running(self) -> None:
        patience = self._patience
        wait = patience.first_wait_seconds
        num_failed = 0
        while not self._closing.is_set():
            began_at = time.monotonic()
            relay = LogRelay(self._engine.log_name, self._tell, self._engine.key)
            what = self._run_once(relay)
            self._is_ready = False
            if self._closing.is_set():
                return
            num_failed += 1
            if not self._was_ready and self._must_give_up(num_failed):
                self._failure = self._hopeless(what, relay)
                return
            if time.monotonic() - began_at > patience.steady_seconds:
                wait = patience.first_wait_seconds
            advice = relay.hint()
            self._tell(f"{what} It is started again in {wait:g} s. {advice}".rstrip())
            self._closing.wait(wait)
            wait = min(patience.max_wait_seconds, 2 * wait)

    def _must_give_up(self, num_failed: int) -> bool:
        spent = time.monotonic() - self._started_at
        is_late = bool(self._engine.url) and spent > self._patience.startup_seconds
        return is_late or num_failed >= self._patience.max_failed_starts

    def _run_once(self, relay: LogRelay) -> str:
        """Start it and watch it until it ends; says what happened, in a sentence."""
        self._num_starts += 1
        engine = self._engine
        process = GuardedProcess(
            engine.words, engine.environment, relay, self._patience.stop_seconds
        )
        self._process = process
        try:
            return self._watch(process)
        finally:
            process.stop()

    def _watch(self, process: GuardedProcess) -> str:
        began_at = well_at = asked_at = time.monotonic()
        limit = self._patience.startup_seconds
        while not self._closing.wait(self._patience.poll_seconds):
            code = process.exit_code()
            if code is not None:
                return f"{self.name} ended with code {code}."
            now = time.monotonic()
            is_early = self._is_ready and now - asked_at < self._patience.health_seconds
            if not self._engine.url or is_early:
                continue
            asked_at = now
            if self._looks_well():
                well_at = now
                self._note_ready()
            elif self._is_ready and now - well_at > self._patience.hang_seconds:
                return f"{self.name} has not answered for {now - well_at:.0f} s."
            elif not self._is_ready and now - began_at > limit:
                return f"{self.name} did not answer within {limit:g} s."
        return ""

    def _looks_well(self) -> bool:
        engine = self._engine
        return is_well(engine.url) and (
            self._is_ready or serves(engine.url, engine.model, engine.key)
        )

    def _note_ready(self) -> None:
        if not self._is_ready:
            again = " again" if self._was_ready else ""
            seconds = time.monotonic() - self._started_at
            after = "" if self._was_ready else f", after {seconds:.0f} s"
            self._tell(f"{self.name} answers{again}{after}.")
        self._is_ready = self._was_ready = True
        self._settled.set()

    def _hopeless(self, what: str, relay: LogRelay) -> EngineError:
        lines = [line.strip() for line in relay.last_lines() if line.strip(" ^~|")]
        said = " | ".join(lines[-_NUM_LINES_IN_ERROR:]).rstrip(".")
        tries = f" {self._num_starts} starts failed." if self._num_starts > 1 else ""
        hint = relay.hint() or "What it said is above; --dry-run shows its command line."
        return EngineError(f"{what}{tries} Its last words: {said or 'none'}.", hint)


def _unfailing(tell: Tell) -> Tell:
    """A closed terminal must not stop the reading of what the engine says, or it would stand."""

    def told(sentence: str) -> None:
        with suppress(OSError, ValueError):
            tell(sentence)

    return told
