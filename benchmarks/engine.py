"""Our InternVL3 engine beside transformers, on random weights of a published size.

    python benchmarks/engine.py --rounds 3
    python benchmarks/engine.py --engine shuowen-bf16 --engine shuowen-int8 --task decode

Every engine has a process of its own (`engine_worker.py`) that stays up. After a warm-up the
engines take turns, task by task, so that each meets the same weather; the fastest round counts.
Beside the decoding rates stands the floor: the bytes of weights that one token reads over the
bandwidth that this machine reaches in the same run. See `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from random_model import write_random_model

from shuowen.evals.report import align
from shuowen.model.config import CONFIGS, ModelConfig

WORKER = Path(__file__).with_name("engine_worker.py")
TASKS = ("first_token", "decode", "decode_8")
ENGINES: dict[str, tuple[str, dict[str, str]]] = {
    "transformers-bf16": ("transformers", {"dtype": "bfloat16"}),
    "transformers-batching": ("transformers", {"dtype": "bfloat16", "batched": "yes"}),
    "shuowen-bf16": ("shuowen", {"weights": "bf16"}),
    "shuowen-int8": ("shuowen", {"weights": "int8", "vision_weights": "int8"}),
    "shuowen-int4": ("shuowen", {"weights": "int4", "vision_weights": "int8"}),
}
BYTES_PER_WEIGHT = {"bf16": 2.0, "int8": 1.0, "int4": 0.5625}
REFERENCE = "transformers-bf16"


@dataclass
class Engine:
    """An engine's process and what it has measured so far."""

    name: str
    process: subprocess.Popen[str]
    tasks: list[str] = field(default_factory=list)
    rounds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problem: str = ""

    def listen(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.problem = "its process ended"
            return {}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, task: str, round_number: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        try:
            line = json.dumps({"task": task, "round": round_number})
            print(line, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            self.problem = "its process ended"
            return {}
        return self.listen()

    def best(self, task: str) -> float | None:
        """Seconds to the first token, or tokens per second, in the fastest round."""
        measured = self.rounds.get(task)
        if not measured:
            return None
        if task == "first_token":
            return min(each["seconds"] for each in measured)
        return max(each["tokens"] / each["seconds"] for each in measured)

    def peak_mb(self) -> float:
        return max(each["peak_mb"] for rounds in self.rounds.values() for each in rounds)


def start(name: str, folder: Path, threads: int) -> Engine:
    kind, options = ENGINES[name]
    command = [sys.executable, str(WORKER), kind, str(folder), str(threads), json.dumps(options)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    engine = Engine(name, process)
    engine.tasks = engine.listen().get("tasks", [])
    return engine


def measure(engines: list[Engine], tasks: list[str], num_rounds: int) -> float:
    """Let the engines take turns; returns the best bandwidth seen, in bytes per second."""
    bandwidth = 0.0
    for round_number in range(num_rounds + 1):  # the first is warm-up
        bandwidth = max(bandwidth, read_bandwidth())
        for task in tasks:
            for engine in engines:
                if engine.problem or task not in engine.tasks:
                    continue
                answer = engine.ask(task, round_number)
                print(f"{engine.name} {task} {answer or engine.problem}", file=sys.stderr)
                if round_number and answer:
                    engine.rounds.setdefault(task, []).append(answer)
    return bandwidth


def read_bandwidth(num_bytes: int = 1 << 29) -> float:
    """Bytes per second at which all processors together read memory."""
    import torch

    values = torch.zeros(num_bytes // 4, dtype=torch.int32)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        values.sum(dtype=torch.int32)
        times.append(time.perf_counter() - begun)
    return num_bytes / min(times)


def weight_bytes(config: ModelConfig, weights: str) -> float:
    """Bytes that decoding one token reads: all matrices of the language model."""
    language = config.language
    layer = language.width * (
        language.qkv_width + language.num_heads * language.head_width + 3 * language.mlp_width
    )
    bytes_per_weight = 1.0 if weights == "int4" else BYTES_PER_WEIGHT[weights]
    head = language.vocab_size * language.width * bytes_per_weight
    return language.num_layers * layer * BYTES_PER_WEIGHT[weights] + head


def report(engines: list[Engine], config: ModelConfig, bandwidth: float) -> str:
    reference = next((each for each in engines if each.name == REFERENCE), None)
    rows = [
        ["engine", "first token s", "×", "1 stream tok/s", "×", "of floor", "8 streams tok/s"]
        + ["× of one", "peak MB"]
    ]
    for engine in engines:
        if not engine.rounds:
            print(f"{engine.name}: {engine.problem or 'nothing measured'}", file=sys.stderr)
            continue
        rows.append(_row(engine, reference, config, bandwidth))
    return align(rows)


def _row(
    engine: Engine, reference: Engine | None, config: ModelConfig, bandwidth: float
) -> list[str]:
    first, one, eight = (engine.best(task) for task in TASKS)
    first_ratio = one_ratio = floor = None
    if reference is not None and reference is not engine:
        theirs_first, theirs_one = reference.best("first_token"), reference.best("decode")
        first_ratio = theirs_first / first if theirs_first and first else None
        one_ratio = one / theirs_one if theirs_one and one else None
    if one:
        weights = ENGINES[engine.name][1].get("weights", "bf16")
        floor = one * weight_bytes(config, weights) / bandwidth
    return [
        engine.name,
        _number(first, ".2f"),
        _number(first_ratio, ".2f"),
        _number(one, ".1f"),
        _number(one_ratio, ".2f"),
        _number(floor, ".0%"),
        _number(eight, ".1f"),
        _number(eight / one if eight and one else None, ".2f"),
        f"{engine.peak_mb():.0f}",
    ]


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=list(CONFIGS), default="1B")
    parser.add_argument("--folder", type=Path, default=Path("out"), help="where weights are put")
    parser.add_argument("--engine", action="append", choices=list(ENGINES), help="default: all")
    parser.add_argument("--task", action="append", choices=TASKS, help="default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    folder = asked.folder / f"random-{asked.size.lower()}"
    write_random_model(folder, asked.size)
    names = asked.engine or list(ENGINES)
    engines = [start(name, folder, asked.threads) for name in names]
    bandwidth = measure(engines, asked.task or list(TASKS), asked.rounds)
    print(f"{platform.platform()}, {asked.threads} threads, Python {platform.python_version()}")
    print(f"InternVL3-{asked.size}, random weights; memory reads {bandwidth / 1e9:.1f} GB/s")
    print(report(engines, CONFIGS[asked.size], bandwidth))
    for engine in engines:
        engine.process.terminate()


if __name__ == "__main__":
    main()
