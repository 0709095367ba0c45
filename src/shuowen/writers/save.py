"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import unicodedata
from contextlib import suppress
from pathlib import Path

from shuowen.errors import OutputError

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def save(path: Path, data: bytes) -> None:
    """Write `data` to `path`, replacing what was there, and create its folder when missing.

    The bytes go to a hidden file in the same folder, reach the disk, and only then take the name:
    a reader sees the old file or the new one, and a failure or Ctrl-C leaves no half of one.

    Raises:
        OutputError: The folder cannot be written to, the disk is full, `path` is a folder, …
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_then_rename(path, data)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {_reason(error)}.", _hint(error)) from error


def prepare_folder(folder: Path) -> None:
    """Create `folder` when missing and prove that files can be written there.

    Raises:
        OutputError: They cannot; better said now than after an hour of reading.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = _part_file(folder)
        probe.open("xb").close()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"The output folder {folder} cannot be used: {_reason(error)}.", _hint(error)
        ) from error


def name_key(name: str) -> str:
    """Equal for names that macOS and Windows take for one file: `Scan` and `scan`, é and e + ´."""
    return unicodedata.normalize("NFC", name).casefold()


def _part_file(folder: Path) -> Path:
    # A name of its own length, so that it fits wherever the final name fits.
    return folder / f".shuowen-{secrets.token_hex(8)}.part"


def _write_then_rename(path: Path, data: bytes) -> None:
    part = _part_file(path.parent)
    file = part.open("xb")
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        _discard(part)
        raise


def _discard(part: Path) -> None:
    # If even this fails (the folder is gone), the first error tells more than a second would.
    with suppress(OSError):
        part.unlink()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _hint(error: OSError) -> str:
    if error.errno in _FULL:
        return "Free some space, or choose a folder on another disk with -o."
    return "Choose a folder where you may write with -o."
