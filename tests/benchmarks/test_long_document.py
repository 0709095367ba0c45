"""A long PDF is read in constant memory; see `benchmarks/memory.py` for the whole 500 pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "memory.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_hundred_pages_need_no_more_memory_than_fifty() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(SCRIPT), "--pages", "100", "--jobs", "2"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    peak = re.search(r"peak (\d+) MB", done.stdout)
    grown = re.search(r"against the second: ([+-]\d+) MB", done.stdout)
    assert peak, done.stdout
    assert grown, done.stdout
    assert int(peak[1]) < 1500
    assert int(grown[1]) < 150
