"""Log-probs of the reference in a file, by the content of what was asked.

A key is a hash of an example's content (`example_keys`), so that it does not matter in which order,
pack, process or run an example comes: a run that goes on finds what it needs, a second run with
another learning rate too, and data that changed are not found and refused.

::

    reference/about.json       which weights, and up to which step
    reference/part-0.bin       what process 0 has written so far
    reference/log_probs.npy    all of it, sorted by key, mapped into memory

Shapes: B examples of a batch, K entries.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.errors import ConflictError, OutputError
from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch
from shuowen.train.example_keys import example_keys
from shuowen.writers.save import save

ABOUT_NAME, TABLE_NAME = "about.json", "log_probs.npy"
ENTRY = np.dtype([("key", "<u8"), ("log_prob", "<f4")])


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a reference file is of.

    Attributes:
        weights: See `weights_fingerprint`.
        dtype: Type in which layers were computed.
        num_steps: Steps of the recipe whose examples are all in the table.
    """

    weights: str
    dtype: str
    num_steps: int = 0


@dataclass(frozen=True)
class ReferenceFile:
    """The folder of a reference, read and written.

    Attributes:
        folder: Where it is, or will be.
        weights: Fingerprint of the reference's weights.
        dtype: Type in which layers are computed.
    """

    folder: Path
    weights: str
    dtype: str

    def num_steps(self) -> int:
        """Steps that are in the table already; 0 where there is none.

        Raises:
            ConflictError: The folder is of other weights, or of another type.
        """
        path = self.folder / ABOUT_NAME
        if not path.is_file():
            return 0
        about = msgspec.json.decode(path.read_bytes(), type=About)
        if (about.weights, about.dtype) != (self.weights, self.dtype):
            raise ConflictError(
                f"{self.folder} holds log-probs of other weights, or computed in another type.",
                "Delete the folder, or train into another one.",
            )
        return about.num_steps

    def begin(self) -> None:
        """Say whose log-probs will be here, before there are any."""
        if not (self.folder / ABOUT_NAME).is_file():
            self._write_about(0)

    def add(self, rank: int, keys_B: Sequence[int], log_probs_B: Sequence[float]) -> None:
        """Append entries; they are with the operating system when this returns.

        Raises:
            OutputError: They cannot be written.
        """
        entries_B = np.empty(len(keys_B), ENTRY)
        entries_B["key"], entries_B["log_prob"] = keys_B, log_probs_B
        path = self._part(rank)
        try:
            whole = path.stat().st_size // ENTRY.itemsize if path.is_file() else 0
            with path.open("r+b" if whole else "wb") as file:
                file.seek(whole * ENTRY.itemsize)  # over a last entry that was cut off
                file.write(entries_B.tobytes())
        except OSError as error:
            raise _cannot_write(path, error) from error

    def known(self) -> set[int]:
        """Keys of all parts and of the table."""
        return {int(key) for entries_K in self._all() for key in entries_K["key"]}

    def finish(self, num_steps: int) -> None:
        """Join all parts into the table; to be called by one process when all have added theirs.

        Raises:
            OutputError: It cannot be written.
        """
        entries_K = np.concatenate(self._all())
        _, first_K = np.unique(entries_K["key"], return_index=True)
        path = self.folder / TABLE_NAME
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                np.save(file, entries_K[first_K])
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise _cannot_write(path, error) from error
        self._write_about(num_steps)
        for each in self._parts():
            each.unlink()

    def table(self) -> LogProbTable:
        """All log-probs, mapped into memory."""
        return LogProbTable(np.load(self.folder / TABLE_NAME, mmap_mode="r"), self.folder)

    def _part(self, rank: int) -> Path:
        return self.folder / f"part-{rank}.bin"

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.bin"))

    def _all(self) -> list[NDArray[np.void]]:
        table = self.folder / TABLE_NAME
        stored = [np.load(table, mmap_mode="r")] if table.is_file() else [np.empty(0, ENTRY)]
        for path in self._parts():
            whole = path.stat().st_size // ENTRY.itemsize
            stored.append(np.fromfile(path, ENTRY, count=whole))
        return stored

    def _write_about(self, num_steps: int) -> None:
        about = About(weights=self.weights, dtype=self.dtype, num_steps=num_steps)
        save(self.folder / ABOUT_NAME, msgspec.json.encode(about))


class LogProbTable:
    """A `Reference` that only looks up.

    Args:
        entries_K: Sorted by key.
        folder: For messages.
    """

    def __init__(self, entries_K: NDArray[np.void], folder: Path) -> None:
        self._keys_K = np.ascontiguousarray(entries_K["key"])  # in one piece, to be searched
        self._entries_K, self._folder = entries_K, folder

    def log_probs(self, policy: InternVL, batch: Batch) -> Tensor:
        """See `Reference`.

        Raises:
            ConflictError: An example is not in the table.
        """
        keys_B = np.array(example_keys(batch), np.uint64)
        places_B = np.minimum(np.searchsorted(self._keys_K, keys_B), len(self._keys_K) - 1)
        if not np.array_equal(self._keys_K[places_B], keys_B):
            raise ConflictError(
                f"An answer is not in {self._folder}: the data or the recipe have changed.",
                "Delete the folder, so that the log-probs are computed anew.",
            )
        found_B = np.array(self._entries_K["log_prob"][places_B])
        return torch.from_numpy(found_B).to(batch.token_ids_T.device)


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error.strerror or error}.",
        "Free some space, or compute the reference on the fly.",
    )
