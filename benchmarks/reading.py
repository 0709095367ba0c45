"""Shuowen beside its peers on the page pictures of a data folder: speed, errors, memory.

    python benchmarks/reading.py DATA --limit 20 --rounds 3 --peer-python ../peers/bin/python

Every engine has a process of its own (`worker.py`) that stays up, so peak memory is its own. After
one round of warm-up the engines take turns (A B C, A B C, …) over the same pages, one at a time
with the same number of threads: on a machine whose speed wanders, each meets the same weather. The
fastest round counts. An engine that is not installed is said to be so. See `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines import BUILDERS, is_ours

from shuowen.evals.bench import spread
from shuowen.evals.datasets import Item, load_sets
from shuowen.evals.report import align
from shuowen.evals.text_scores import TextScore, pool_text_scores, score_text

WORKER = Path(__file__).with_name("worker.py")
REFERENCE = "rapidocr-no-cls"
DEFAULT_ENGINES = [
    "shuowen-normal",
    "floor-normal",
    "rapidocr",
    REFERENCE,
    "faster-paddle",
    "faster-paddle-batch",
    "tesseract",
]
PICTURE_SUFFIXES = {".png", ".jpg", ".jpeg"}
HEADINGS = [
    "engine",
    "pages/s",
    "ratio",
    "CPU s/page",
    "CER",
    "F1",
    "lost",
    "peak MB",
    "seconds of each round",
]


@dataclass
class Engine:
    """An engine's process and what it has answered so far."""

    name: str
    process: subprocess.Popen[str]
    problem: str = ""
    rounds: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, paths: list[str]) -> None:
        """One round over `paths`; a process that ends or says it is missing is a problem."""
        if self.problem:
            return
        assert self.process.stdin is not None
        try:
            print(json.dumps({"paths": paths}), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            self.problem = "its process ended"
            return
        answer = self.listen()
        if not self.problem:
            self.rounds.append(answer)

    def listen(self) -> dict[str, Any]:
        """The next line that the process answers, as a record."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {}
        if not line:
            self.problem = f"its process ended with status {self.process.wait()}; see above"
        elif "missing" in answer:
            self.problem = f"not installed: {answer['missing']}"
        return answer

    def stop(self) -> None:
        """Lets the process end by closing its input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    arguments = parse_arguments()
    items = choose_pages(arguments)
    paths = [str(item.path) for item in items]
    engines = [start(name, arguments) for name in arguments.engine or DEFAULT_ENGINES]
    for number in range(arguments.rounds + 1):
        for engine in engines:
            engine.ask(paths)
            print(f"round {number}: {engine.name} {last_seconds(engine)}", file=sys.stderr)
    for engine in engines:
        engine.stop()
    print(
        f"{len(items)} pages, {arguments.threads} threads, {arguments.rounds} rounds after warm-up"
    )
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} processors")
    print(table(engines, items))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder of sets with truth.jsonl")
    parser.add_argument("--set", action="append", default=[], help="only this set; repeatable")
    parser.add_argument(
        "--degradation", action="append", default=[], help="only pages whose damage starts so"
    )
    parser.add_argument("--limit", type=int, help="at most so many pages, spread evenly")
    parser.add_argument(
        "--engine", action="append", choices=list(BUILDERS), help="only this engine; repeatable"
    )
    parser.add_argument("--rounds", type=int, default=3, help="timed ones, at least 1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--peer-python", default=sys.executable, help="Python that has the peers installed"
    )
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    return arguments


def choose_pages(arguments: argparse.Namespace) -> list[Item]:
    """The pictures of whole pages that were asked for."""
    items = [item for each in load_sets(arguments.data, arguments.set) for item in each.items]
    wanted = tuple(arguments.degradation) or ("",)
    pages = [
        item
        for item in items
        if item.kind == "page"
        and item.path.suffix.lower() in PICTURE_SUFFIXES
        and item.degradation.startswith(wanted)
    ]
    if not pages:
        sys.exit("No page picture is left to read; see --set and --degradation.")
    return spread(pages, arguments.limit)


def start(name: str, arguments: argparse.Namespace) -> Engine:
    """Starts an engine's process and waits until it is ready."""
    python = sys.executable if is_ours(name) else arguments.peer_python
    process = subprocess.Popen(
        [python, str(WORKER), name, str(arguments.threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": str(arguments.threads)},
    )
    engine = Engine(name, process)
    engine.listen()
    return engine


def last_seconds(engine: Engine) -> str:
    return engine.problem or f"{engine.rounds[-1]['seconds']:.2f} s"


def table(engines: list[Engine], items: list[Item]) -> str:
    """One row an engine; below, why engines are missing from it."""
    reference = next((each for each in engines if each.name == REFERENCE), None)
    unit = pages_per_second(reference, len(items)) if reference else None
    ran = [engine for engine in engines if not engine.problem]
    lines = [align([HEADINGS, *(row(engine, items, unit) for engine in ran)])] if ran else []
    lines += [f"{engine.name}: {engine.problem}" for engine in engines if engine.problem]
    return "\n".join(lines)


def pages_per_second(engine: Engine, num_pages: int) -> float | None:
    """Speed in the fastest round after warm-up; None when there is none."""
    if engine.problem:
        return None
    return num_pages / min(float(each["seconds"]) for each in timed_rounds(engine))


def timed_rounds(engine: Engine) -> list[dict[str, Any]]:
    """All rounds but the first, which was warm-up."""
    return engine.rounds[1:]


def row(engine: Engine, items: list[Item], unit: float | None) -> list[str]:
    timed = timed_rounds(engine)
    speed = pages_per_second(engine, len(items)) or 0.0
    peak = timed[-1]["peak_mb"]
    return [
        engine.name,
        f"{speed:.3f}",
        f"{speed / unit:.2f}" if unit else "-",
        f"{min(each['cpu_seconds'] for each in timed) / len(items):.2f}",
        *(["-"] * 3 if engine.name.startswith("floor") else scores(timed[-1]["texts"], items)),
        f"{peak:.0f}" if peak is not None else "-",
        " ".join(f"{each['seconds']:.1f}" for each in timed),
    ]


def scores(texts: list[str], items: list[Item]) -> list[str]:
    pooled: TextScore = pool_text_scores(
        score_text(text, item.text or "", fold_case=item.folds_case)
        for text, item in zip(texts, items, strict=True)
    )
    return [f"{pooled.cer:.4f}", f"{pooled.f1:.4f}", f"{pooled.lost:.4f}"]


if __name__ == "__main__":
    main()
