"""What people see of a run: a line now and then, and metrics.jsonl with every step."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from shuowen.errors import OutputError


class Sink(Protocol):
    """Something else that wants every line."""

    def add(self, metrics: Mapping[str, Any]) -> None:
        """Take a line."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


class Metrics:
    """metrics.jsonl: a line for every step, `{"step": 7, "loss": 2.31, …}`.

    Args:
        path: Is created, or cut back to the step from which a run goes on.
        num_steps: Steps already done; what later ones wrote is dropped.
        also: Gets every line too.
        is_writer: Whether this process writes it; all remember the losses.

    Attributes:
        losses: Of all steps.

    Raises:
        OutputError: It cannot be written.
    """

    def __init__(
        self, path: Path, num_steps: int, also: Sink | None = None, *, is_writer: bool = True
    ) -> None:
        self._path, self._also, self._is_writer = path, also, is_writer
        kept = [each for each in read_metrics(path) if each["step"] <= num_steps]
        self.losses = [float(each["loss"]) for each in kept if "loss" in each]
        if is_writer:
            self._write_all(kept)

    def add(self, metrics: Mapping[str, Any]) -> None:
        """Append a line; raises `OutputError` when the disk is full."""
        if "loss" in metrics:
            self.losses.append(float(metrics["loss"]))
        if not self._is_writer:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(metrics) + "\n")
        except OSError as error:
            raise _cannot_write(self._path, error) from error
        if self._also is not None:
            self._also.add(metrics)

    def close(self) -> None:
        """Write what is left."""
        if self._also is not None:
            self._also.close()

    def _write_all(self, lines: list[dict[str, Any]]) -> None:
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            part.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            raise _cannot_write(self._path, error) from error


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """All whole lines of metrics.jsonl; a last one that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error.strerror}.",
        "Free some space, or choose another folder; then start again.",
    )


class Pace:
    """How fast steps go, over the last few.

    Args:
        num_steps: Of the whole run.
        done: Steps already done.
        peak_flops: Operations a second of a matrix product here.
    """

    def __init__(self, num_steps: int, done: int, peak_flops: float) -> None:
        self._num_steps, self._peak = num_steps, peak_flops
        self._step, self._last = done, time.perf_counter()
        self._mean_seconds: float | None = None

    def measure(self, step: int, counts: Mapping[str, float]) -> dict[str, float]:
        """Rates of the step that has just ended.

        Args:
            step: Steps done, this one with it.
            counts: "tokens", "samples" and "flops" of the step over all processes.
        """
        now = time.perf_counter()
        seconds, self._last = max(now - self._last, 1e-9), now
        mean = self._mean_seconds
        self._mean_seconds = seconds if mean is None else 0.95 * mean + 0.05 * seconds
        return {
            "seconds": seconds,
            "tokens_per_second": counts["tokens"] / seconds,
            "samples_per_second": counts["samples"] / seconds,
            "flop_use": counts["flops"] / seconds / self._peak,
            "seconds_left": self._mean_seconds * (self._num_steps - step),
        }

    def pause(self) -> None:
        """What was done since the last step (saving, evaluating) is not the step's time."""
        self._last = time.perf_counter()


def show(num_steps: int, metrics: Mapping[str, Any]) -> None:
    """One line to standard error."""
    hours, rest = divmod(int(metrics["seconds_left"]), 3600)
    line = (
        f"step {metrics['step']}/{num_steps}  loss {metrics['loss']:.4f}"
        f"  lr {metrics['lr']:.2e}  {metrics['samples_per_second']:.1f} samples/s"
        f"  {metrics['tokens_per_second']:.0f} tokens/s  {metrics['flop_use']:.0%} of peak"
        f"  {hours}:{rest // 60:02d} h left"
    )
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
