"""What a process has used so far: processor time and memory."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def cpu_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_memory_mb() -> float | None:
    """Most memory that this process, or a child that has ended, has held (2**20 bytes).

    None where the system does not tell.
    """
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # getrusage: bytes there, else KiB
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    # Linux counts in ru_maxrss what the parent held when it forked; VmHWM starts afresh at exec.
    own = memory_mb(os.getpid(), "VmHWM")
    if own is None:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return max(own, child)


def memory_mb(process_id: int, field: str = "VmRSS") -> float | None:
    """Memory that a running process holds, in MB (2**20 bytes); None where Linux's /proc is not."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) / 1024 if found else None
