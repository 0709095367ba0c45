"""Programs that run beside this one: started, waited for, watched and stopped, logs in files."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from shuowen.errors import EngineError, UsageError
from shuowen.hub.writing import writing
from shuowen.launch.guarded import GuardedProcess
from shuowen.launch.log_relay import LogRelay
from shuowen.launch.probe import is_well

_POLL_SECONDS = 0.25
_STOP_SECONDS = 15.0
_NUM_SHOWN_LINES = 8
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class Child:
    """A running program that ends with this one; a context manager that stops it at the end.

    Attributes:
        name: What people call it.
        log: The file that holds what it says.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        """Start it with these variables besides those that this program has.

        Raises:
            OutputError: Its log cannot be written.
            EngineError: No process can be started.
        """
        self.name = name
        self.log = log
        with writing(log):
            log.parent.mkdir(parents=True, exist_ok=True)
            self._stream = log.open("w", encoding="utf-8", errors="replace", buffering=1)
        self._relay = LogRelay(name, self._write)
        try:
            self._process = GuardedProcess(command, environment, self._relay, _STOP_SECONDS)
        except BaseException:
            self._stream.close()
            raise

    def exit_code(self) -> int | None:
        """None as long as it runs."""
        return self._process.exit_code()

    def failure(self) -> EngineError:
        """That it ended by itself, with the last that it said."""
        self.stop()
        said = " | ".join(self._relay.last_lines()[-_NUM_SHOWN_LINES:]) or "nothing"
        return EngineError(
            f"{self.name} ended with code {self.exit_code()}. It said last: {said}",
            f"All that it said is in {self.log}.",
        )

    def stop(self) -> None:
        """Ask it to end, and end it if it does not; safe to call again."""
        self._process.stop()
        self._stream.close()

    def _write(self, line: str) -> None:
        if not self._stream.closed:
            self._stream.write(f"{line}\n")

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def wait_until_well(child: Child, url: str, seconds: float) -> None:
    """Wait until the server at `url` says that it is well.

    Raises:
        EngineError: The child ended, or does not answer in time.
    """
    deadline = time.monotonic() + seconds
    while not is_well(url):
        if child.exit_code() is not None:
            raise child.failure()
        if time.monotonic() > deadline:
            raise EngineError(
                f"{child.name} does not answer after {seconds:.0f} seconds.",
                f"What it said is in {child.log}.",
            )
        time.sleep(_POLL_SECONDS)


def check_port_is_free(host: str, port: int, option: str) -> None:
    """Raise `UsageError` where something else listens; `option` is what chooses another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # where it means that both may listen
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it cannot be used"
            raise UsageError(
                f"Nothing can listen on port {port} of {host}: {reason}.",
                f"Choose another one with {option}.",
            ) from error


def without_proxy(environment: Mapping[str, str], host: str) -> dict[str, str]:
    """The variables by which programs ask local addresses and `host` without a proxy."""
    names = [name for name in ("NO_PROXY", "no_proxy") if environment.get(name)]
    known = environment[names[0]].split(",") if names else []
    hosts = dict.fromkeys([*(each.strip() for each in known if each.strip()), *_LOCAL_HOSTS, host])
    joined = ",".join(hosts)
    return {"NO_PROXY": joined, "no_proxy": joined}


def is_loopback(host: str) -> bool:
    """Whether an address is one that only this machine reaches."""
    return host in _LOCAL_HOSTS or host.startswith("127.")
