"""The server under load, beside the same pages read offline: speed, honesty, memory.

    python benchmarks/serving.py                       pages that it draws itself
    python benchmarks/serving.py --picture page.png    your own, repeatable
    python benchmarks/serving.py --requests 2000 --plot memory.png

Three parts in one run:

1. **Throughput.** Offline reading (`shuowen.reading`, one process, warmed up) before and after
   `--clients` clients that ask the server for streamed transcriptions for `--seconds`.
   The clients run on the same processor and are paid from the same account.
2. **First token.** One client alone: when the first piece of text comes, as a share of the time
   to the last.
3. **Memory.** `--requests` requests of all kinds (pages, chats without pictures, refused ones,
   document jobs) and the server's memory over them, as a table and, with `--plot`, a picture.

Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from drawn_pages import draw_page
from line_plot import draw_lines
from measure import memory_mb
from serving_clients import Answer, Running, crowd, drip, transcribe

NUM_DRAWN = 16
OFFLINE = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from shuowen.config import Limits, ReadOptions
from shuowen.image.open import open_pages
from shuowen.reading.read import read_pages
from shuowen.source.model import Source

options, limits = ReadOptions(), Limits()
jobs, seconds = int(sys.argv[1]), float(sys.argv[2])
num_pages = 0
with ExitStack() as stack:
    sources = [Source(name=each, path=Path(each)) for each in sys.argv[3:]]
    opened = [stack.enter_context(open_pages(each, options, limits)) for each in sources]
    wanted = [(pages, 0) for pages in opened]
    list(read_pages(wanted[:jobs], options, jobs=jobs))
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        statuses = [each.page.status for each in read_pages(wanted, options, jobs=jobs)]
        assert set(statuses) == {"ok"}, statuses
        num_pages += len(statuses)
print(num_pages / (time.perf_counter() - start))
"""


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        paths = arguments.picture or drawn_pages(Path(folder))
        bodies = [path.read_bytes() for path in paths]
        before = offline(arguments, paths)
        with Running.start(Path(folder, "data"), arguments.jobs) as server:
            transcribe(server, bodies[0])
            answers = crowd(server, bodies, arguments.clients, arguments.seconds)
            alone = [transcribe(server, body) for body in bodies]
        after = offline(arguments, paths)
        tell_throughput(arguments, answers, before, after)
        tell_first_token(alone)
        if arguments.requests:
            with Running.start(Path(folder, "more"), arguments.jobs) as server:
                watch_memory(server, arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--picture", type=Path, action="append", default=[], help="repeatable")
    parser.add_argument("--requests", type=int, default=0, help="of the memory part; 0: none")
    parser.add_argument("--plot", type=Path, help="PNG file for memory over requests")
    return parser.parse_args()


def drawn_pages(folder: Path) -> list[Path]:
    paths = [folder / f"page-{seed:02d}.png" for seed in range(NUM_DRAWN)]
    for seed, path in enumerate(paths):
        draw_page(seed).save(path)
    return paths


def offline(arguments: argparse.Namespace, paths: list[Path]) -> float:
    """Pages per second of the pipeline in a process of its own, for half as long as the crowd."""
    seconds = str(arguments.seconds / 2)
    command = [sys.executable, "-c", OFFLINE, str(arguments.jobs), seconds, *map(str, paths)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def tell_throughput(
    arguments: argparse.Namespace, answers: list[Answer], before: float, after: float
) -> None:
    done = [answer for answer in answers if answer.status == 200 and answer.is_whole]
    statuses = Counter(answer.status for answer in answers)
    failed = [
        a for a in answers if a.status not in (200, 429) or (a.status == 200 and not a.is_whole)
    ]
    pages_per_second = len(done) / max(answer.ended for answer in answers)
    reference = (before + after) / 2
    print(f"offline            {before:.3f} and {after:.3f} pages/s ({arguments.jobs} jobs)")
    print(f"served             {pages_per_second:.3f} pages/s to {arguments.clients} clients")
    print(f"ratio              {pages_per_second / reference:.2f}")
    print(f"answers            {len(done)} whole, {len(failed)} failed, by status {dict(statuses)}")
    if done:
        print(
            f"first text, median {statistics.median(a.first for a in done):.2f} s of a crowd's "
            f"{statistics.median(a.seconds for a in done):.2f} s"
        )
        earlier = sum(answer.first < answer.seconds for answer in done)
        print(f"text before end    {earlier} of {len(done)}")


def tell_first_token(answers: list[Answer]) -> None:
    shares = [answer.first / answer.seconds for answer in answers]
    whole = statistics.median(answer.seconds for answer in answers)
    print(
        f"one client alone   first text after {statistics.median(shares):.0%} (worst "
        f"{max(shares):.0%}) of {whole:.2f} s"
    )


def watch_memory(server: Running, arguments: argparse.Namespace) -> None:
    samples: list[tuple[int, float]] = []
    statuses: Counter[str] = Counter()
    started = time.perf_counter()
    for number, (kind, status) in enumerate(drip(server, arguments.requests), 1):
        statuses[f"{kind} {status}"] += 1
        if number % 10 == 0:
            samples.append((number, memory_mb(server.process_id) or 0.0))
    seconds = time.perf_counter() - started
    peak = memory_mb(server.process_id, "VmHWM")
    quarters = [samples[len(samples) * n // 4 : len(samples) * (n + 1) // 4] for n in range(4)]
    means = [statistics.mean(mb for _, mb in quarter) for quarter in quarters]
    print(
        f"memory             {arguments.requests} requests in {seconds:.0f} s, peak {peak:.0f} MB"
    )
    print(f"by quarters        {', '.join(f'{mean:.0f}' for mean in means)} MB")
    print(f"answers            {json.dumps(dict(sorted(statuses.items())))}")
    if arguments.plot:
        draw_lines(arguments.plot, samples, "requests", "server's memory, MB")


if __name__ == "__main__":
    main()
