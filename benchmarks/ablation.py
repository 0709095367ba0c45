"""What each lever of `--effort max` is worth on damaged pages: alone, and when it alone is missing.

    python benchmarks/ablation.py DATA --limit 3

Characters lost and CER over damaged files of each set (at most `--limit` a set), pooled, and
processor time. A lever is switched off in the engine's plan, or by forbidding all repairs. Every
state runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from shuowen.config import REPAIR_CHOICES, Limits, ReadOptions
from shuowen.engines.embedded import effort
from shuowen.engines.embedded.decoding import by_picture, with_language
from shuowen.engines.embedded.effort import PLANS, Plan
from shuowen.evals.bench import spread
from shuowen.evals.datasets import Item, load_sets
from shuowen.evals.own_reader import reading_of
from shuowen.evals.results import truth_text
from shuowen.evals.text_scores import TextScore, pool_text_scores, score_text
from shuowen.reading.read import read

MAX: Plan = PLANS["max"]
Change = Callable[[Plan], Plan]

LEVERS: dict[str, Change] = {
    "language model": lambda plan: replace(plan, decode=with_language),
    "views": lambda plan: replace(plan, views=MAX.views, hard=MAX.hard),
    "vote": lambda plan: replace(plan, votes=True),
    "more looks for text": lambda plan: replace(
        plan, more_detectors=MAX.more_detectors, fine_detector=MAX.fine_detector
    ),
    "second reading": lambda plan: replace(plan, doubt=MAX.doubt, turn_below=MAX.turn_below),
}
"""Levers of the plan; "repairs" of the picture are the sixth."""
REPAIRS = "repairs"
DAMAGES = ("blur", "fax", "photo", "rot", "turned", "picture-only", "real photograph")
"""How the degradations begin that count as damage here."""
NONE = replace(
    MAX,
    decode=by_picture,
    views=(),
    hard=0.0,
    votes=False,
    more_detectors=(),
    fine_detector=None,
    doubt=0.0,
    turn_below=0.0,
)
"""One look for text, the quick recogniser alone."""


def plan_with(names: Iterable[str]) -> Plan:
    plan = NONE
    for name in names:
        plan = LEVERS[name](plan) if name in LEVERS else plan
    return plan


def states() -> dict[str, list[str]]:
    """Names of states and the levers that are on in each."""
    names = [*LEVERS, REPAIRS]
    reading = "second reading"
    alone = {
        f"{name} alone": [name] if name in (reading, REPAIRS) else [reading, name] for name in names
    }
    without = {f"all but {name}": [other for other in names if other != name] for name in names}
    return {"none": [], **alone, **without, "all": names}


def damaged_items(folder: Path, limit: int | None) -> list[Item]:
    """The damaged files of all sets whose text is text, at most `limit` a set."""
    found = []
    for each in load_sets(folder):
        items = [item for item in each.items if item.degradation.startswith(DAMAGES)]
        found += spread(items, limit)
    return [item for item in found if not item.set_name.startswith("formulas")]


def run_state(names: list[str], items: list[Item], jobs: int) -> tuple[TextScore, float]:
    effort.PLANS["max"] = plan_with(names)
    forbidden = () if REPAIRS in names else REPAIR_CHOICES
    options = ReadOptions(effort="max", forbid_repairs=forbidden)  # type: ignore[arg-type]
    start = time.process_time()
    scores = []
    for item in items:
        document = read(item.path, options=options, limits=Limits(), jobs=jobs)
        read_text, truth = reading_of(document).text, truth_text(item) or ""
        scores.append(score_text(read_text, truth, fold_case=item.folds_case))
    return pool_text_scores(scores), time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=4, help="files a set")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--state", help="run this one and print JSON")
    options = parser.parse_args()
    items = damaged_items(options.data, options.limit)
    if options.state:
        found, seconds = run_state(states()[options.state], items, options.jobs)
        print(json.dumps({"lost": found.lost, "cer": found.cer, "seconds": seconds}))
        return
    print(f"{len(items)} damaged files\n\n| levers | lost | CER | processor s |\n|---|--:|--:|--:|")
    for state in states():
        command = [sys.executable, __file__, str(options.data), "--state", state]
        command += ["--limit", str(options.limit), "--jobs", str(options.jobs)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        row = f"{100 * told['lost']:.2f} % | {100 * told['cer']:.2f} % | {told['seconds']:.0f}"
        print(f"| {state} | {row} |", flush=True)


if __name__ == "__main__":
    main()
