"""How much of this machine a process may use, and where it keeps what it must not forget."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# https://docs.kernel.org/admin-guide/cgroup-v2.html: "$MAX $PERIOD" in microseconds, or "max …".
_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


def available_cores() -> int:
    """Cores this process may use, at least 1: those it is pinned to, or its container's share."""
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _read_quota(_CPU_QUOTA)
    return max(1, min(pinned or 1, quota or pinned or 1))


def memory_bytes() -> int | None:
    """Memory that this process may use, in bytes; None where the system does not say."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _read_words(_MEMORY_LIMIT)
    return min(physical, int(limit[0])) if limit and limit[0].isdigit() else physical


def data_home() -> Path:
    """The folder for what is kept between runs: $XDG_DATA_HOME/shuowen, ~/.local/share/shuowen."""
    base = os.environ.get("XDG_DATA_HOME")
    return Path(base) / "shuowen" if base else Path.home() / ".local" / "share" / "shuowen"


def give_back_memory() -> None:
    """Return freed memory to the system, where the C library keeps it otherwise.

    glibc's heaps shrink only at their end; one tensor that stays keeps hundreds of freed megabytes.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


def _read_quota(path: Path) -> int | None:
    words = _read_words(path)
    if len(words) != 2 or not words[0].isdigit():
        return None
    return max(1, round(int(words[0]) / int(words[1])))


def _read_words(path: Path) -> list[str]:
    return path.read_text().split() if path.is_file() else []
