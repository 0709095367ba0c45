"""A long PDF read by the command line: memory over time and pages a second.

    python benchmarks/memory.py --pages 500 --jobs 2

Builds the PDF in a temporary folder, from drawn pages or from `--picture` files in turn, and looks
at the memory of the reading process twice a second. Memory is constant when the last quarter of
the run holds no more than the second. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drawn_pages import write_pdf
from measure import memory_mb

INTERVAL_SECONDS = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--effort", default="normal")
    parser.add_argument("--picture", type=Path, action="append", default=[], help="repeatable")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder, "long.pdf")
        write_pdf(pdf, arguments.pages, arguments.picture)
        print(f"{arguments.pages} pages, {pdf.stat().st_size / 1e6:.0f} MB, {arguments.jobs} jobs")
        command = [sys.executable, "-m", "shuowen", "read", str(pdf), "--to", "txt", "-o", folder]
        command += ["--jobs", str(arguments.jobs), "--effort", arguments.effort]
        report(*watch(command), arguments.pages)


def watch(command: list[str]) -> tuple[list[float], float, float]:
    """Runs `command`; its memory in MB at every interval, the peak in MB, and its seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    samples: list[float] = []
    peak = 0.0
    while process.poll() is None:
        now = memory_mb(process.pid)
        if now is not None:
            samples.append(now)
            peak = max(peak, memory_mb(process.pid, "VmHWM") or 0.0)
        time.sleep(INTERVAL_SECONDS)
    if process.returncode:
        sys.exit(f"Reading ended with status {process.returncode}.")
    return samples, peak, time.perf_counter() - start


def report(samples: list[float], peak: float, seconds: float, num_pages: int) -> None:
    """Prints the peak, the course of memory in tenths of the run, and the speed."""
    if not samples:
        sys.exit("No memory was seen: this needs Linux's /proc and a run of a second or more.")
    tenths = [samples[len(samples) * n // 10 : len(samples) * (n + 1) // 10] for n in range(10)]
    course = " ".join(f"{statistics.median(tenth):.0f}" for tenth in tenths if tenth)
    print(f"{seconds:.1f} s, {num_pages / seconds:.3f} pages/s")
    print(f"peak {peak:.0f} MB; median in each tenth of the run: {course} MB")
    quarter = max(len(samples) // 4, 1)
    early, late = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    print(f"last quarter against the second: {max(late) - max(early):+.0f} MB at most")


if __name__ == "__main__":
    main()
