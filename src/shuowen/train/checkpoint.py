"""Checkpoints of a run: whole or not there, the newest few kept, a damaged one passed over.

::

    checkpoints/step-000000500/   .metadata, __0_0.distcp …   tensors (torch.distributed.checkpoint)
                                  run.json                    step, places of the data streams, …
                                  files.json                  size and CRC-32 of every file

A folder is written under another name and gets its own when all is on disk.
"""

from __future__ import annotations

import errno
import json
import logging
import shutil
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import torch.distributed.checkpoint as dcp
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException

from shuowen.errors import ConflictError, ModelError, OutputError
from shuowen.train.parallel import Processes

_log = logging.getLogger("shuowen")
_PREFIX, _RUN, _FILES = "step-", "run.json", "files.json"
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_ROOM = 1.05


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they are.
        keep: How many of the newest stay.
        here: This process; all of them call every method together.
    """

    def __init__(self, folder: Path, keep: int, here: Processes) -> None:
        self.folder, self._keep, self._here = folder, keep, here

    def set_aside(self) -> None:
        """Have no checkpoints; those that there are stay in a folder beside."""
        if self._here.gathered(self._found())[0]:
            self._first_does(self._move_away)

    def _move_away(self) -> None:
        old = (self.folder.with_name(f"{self.folder.name}-old-{n}") for n in count(1))
        self.folder.rename(next(path for path in old if not path.exists()))

    def save(
        self,
        step: int,
        tensors: Mapping[str, Tensor],
        run: Mapping[str, Any],
        *,
        prune: bool = True,
        is_kept: bool = False,
    ) -> Path:
        """Write a checkpoint; older ones go only when it is whole.

        Args:
            step: Optimiser steps done.
            tensors: Weights and moments by name.
            run: What else is needed to go on, as JSON.
            prune: Whether older ones are removed.
            is_kept: Whether this one is never removed.

        Raises:
            OutputError: The disk is full or may not be written; older checkpoints stay.
        """
        final = self.folder / f"{_PREFIX}{step:09d}"
        part = final.with_name(f".{final.name}.part")
        record = {"step": step, "is_kept": is_kept, **run}
        try:
            self._first_does(lambda: _begin(part, tensors))
            with _no_warnings():
                dcp.save(dict(tensors), checkpoint_id=part, no_dist=self._here.world == 1)
            self._first_does(lambda: _finish(part, final, record))
        except BaseException as error:
            if self._here.is_first:
                shutil.rmtree(part, ignore_errors=True)
            cause = _os_error(error)
            if cause is None:
                raise
            raise _cannot_write(final, cause) from error
        if prune:
            self._first_does(self._prune)
        return final

    def load(self, tensors: Mapping[str, Tensor]) -> dict[str, Any] | None:
        """Fill the tensors from the newest checkpoint that is whole.

        Args:
            tensors: Changed in place.

        Returns:
            What `run` was, with "step"; None where there is no checkpoint.

        Raises:
            ModelError: There are checkpoints, and none can be read.
            ConflictError: The checkpoint is that of another model or optimiser.
        """
        found = self._here.gathered(self._found())[0]
        for path in reversed(found):
            problem = _problem(path) if self._here.is_first else ""
            problem = self._here.gathered(problem)[0]
            if not problem:
                return self._read(path, tensors)
            _log.warning("%s is damaged: %s. The one before it is taken.", path, problem)
        if found:
            raise ModelError(
                f"No checkpoint in {self.folder} can be read.",
                "Remove the folder to start from the beginning.",
            )
        return None

    def _read(self, path: Path, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
        try:
            with _no_warnings():
                dcp.load(dict(tensors), checkpoint_id=path, no_dist=self._here.world == 1)
        except (RuntimeError, ValueError, CheckpointException) as error:
            raise ConflictError(
                f"{path} does not fit the model and the optimiser of the recipe.",
                "Start with the same recipe, or in a new folder.",
            ) from error
        run: dict[str, Any] = json.loads((path / _RUN).read_text())
        return run

    def _found(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob(f"{_PREFIX}*"))

    def _prune(self) -> None:
        passing = [path for path in self._found() if not _is_kept(path)]
        for path in passing[: -self._keep]:
            shutil.rmtree(path, ignore_errors=True)

    def _first_does(self, work: Callable[[], None]) -> None:
        """The first process does it while the others wait; all raise what it raises."""
        problem: tuple[int | None, str] | None = None
        if self._here.is_first:
            try:
                work()
            except OSError as error:
                problem = error.errno, error.strerror or str(error)
        problem = self._here.gathered(problem)[0]
        if problem is not None:
            raise OSError(*problem)


def _begin(part: Path, tensors: Mapping[str, Tensor]) -> None:
    """An empty folder; a full disk is noticed before half of a checkpoint is on it."""
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    needed = sum(each.numel() * each.element_size() for each in tensors.values())
    if shutil.disk_usage(part).free < needed * _ROOM:
        raise OSError(errno.ENOSPC, f"{needed * _ROOM / 1e9:.2f} GB are needed")


def _finish(part: Path, final: Path, record: Mapping[str, Any]) -> None:
    """What makes the folder a checkpoint, and its name."""
    (part / _RUN).write_text(json.dumps(record))
    (part / _FILES).write_text(json.dumps(_sums(part)))
    shutil.rmtree(final, ignore_errors=True)
    part.rename(final)


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Without what torch says of a run of one process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _cannot_write(path: Path, error: OSError) -> OutputError:
    hint = "Choose a folder where you may write."
    if error.errno in _FULL:
        hint = "Free some space and start again; training goes on from the last checkpoint."
    return OutputError(f"{path} cannot be written: {error.strerror or error}.", hint)


def _os_error(error: BaseException) -> OSError | None:
    """The file error inside what torch.distributed.checkpoint raises."""
    if isinstance(error, OSError):
        return error
    failures = getattr(error, "failures", {})
    for failure in failures.values():
        inner = failure[0] if isinstance(failure, tuple) else failure
        if isinstance(inner, OSError):
            return inner
    return None


def _sums(folder: Path) -> dict[str, list[int]]:
    return {path.name: _sum(path) for path in sorted(folder.iterdir())}


def _sum(path: Path) -> list[int]:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            crc = zlib.crc32(chunk, crc)
    return [path.stat().st_size, crc]


def _problem(path: Path) -> str:
    """What is wrong with a checkpoint; empty if nothing is."""
    try:
        expected = json.loads((path / _FILES).read_text())
        for name, sums in expected.items():
            if _sum(path / name) != sums:
                return f"{name} is not what was written"
    except (OSError, ValueError) as error:
        return str(error)
    return ""


def _is_kept(path: Path) -> bool:
    try:
        return bool(json.loads((path / _RUN).read_text()).get("is_kept"))
    except (OSError, ValueError):
        return False
