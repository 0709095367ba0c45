"""One engine in a process of its own: pages in on stdin, texts and measurements out on stdout.

Run by `reading.py`, which writes a line of JSON for each round and reads one line back:

    {"paths": ["a.png", …]}  ->  {"texts": […], "seconds": 1.9, "cpu_seconds": 3.7, "peak_mb": 410}

An engine that is missing says so once, with the command that gets it, and ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from engines import BUILDERS, NotInstalledError
from measure import cpu_seconds, peak_memory_mb


def main() -> None:
    name, threads = sys.argv[1], int(sys.argv[2])
    # Networks and their libraries print what they like; the answers get a stream of their own.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    use_processors(threads)
    try:
        read_pages = BUILDERS[name](threads)
    except NotInstalledError as error:
        print(json.dumps({"missing": str(error)}), file=answers, flush=True)
        return
    print(json.dumps({"ready": name}), file=answers, flush=True)
    for line in sys.stdin:
        paths = [Path(path) for path in json.loads(line)["paths"]]
        start, cpu_start = time.perf_counter(), cpu_seconds()
        texts = read_pages(paths)
        answer = {
            "texts": texts,
            "seconds": time.perf_counter() - start,
            "cpu_seconds": cpu_seconds() - cpu_start,
            "peak_mb": peak_memory_mb(),
        }
        print(json.dumps(answer), file=answers, flush=True)


def use_processors(count: int) -> None:
    """Keeps this process on `count` processors, where the system can: no engine gets more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


if __name__ == "__main__":
    main()
