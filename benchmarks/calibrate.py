"""Fits the curves that turn recognisers' confidences into probabilities, and writes them.

    python benchmarks/calibrate.py DATA                        reads DATA first, with --effort max
    python benchmarks/calibrate.py DATA --readings kept.jsonl  goes by readings that there are

DATA is a folder of evaluation sets. A file of readings has one JSON object a line: what `shuowen
bench` keeps (`readings.jsonl`), or {"set": …, "file": …, "doc": …} with a document as `--to json`
writes it. Its confidences are taken for those of a reader with the present curves, which are taken
back; with --raw for the recognisers' own. Sets whose truth is partial or LaTeX are left out.

The table that is printed tells of held-out originals: each is judged by curves that were fitted
without it and its variants. The curves that are written are fitted to everything.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shuowen.config import EFFORT_CHOICES, Limits, ReadOptions
from shuowen.document.model import Document
from shuowen.engines.embedded.calibration import (
    CALIBRATION_FILE,
    Calibration,
    shared_calibration,
)
from shuowen.evals.calibration import (
    JudgedLine,
    equal_width,
    error_detection,
    expected_calibration_error,
    has_whole_truth,
    judge_lines,
)
from shuowen.evals.calibration_fit import (
    GroupedLine,
    cross_calibrated,
    fit_calibration,
)
from shuowen.evals.datasets import Item, load_sets
from shuowen.evals.own_reader import own_reader, reading_of
from shuowen.evals.reading import Reading, ReadLine
from shuowen.evals.report import align
from shuowen.evals.results import truth_text

METHOD = (
    "Platt scaling of the characters' confidences, and of the product of the calibrated ones for"
    " lines; scores by leaving out originals, five folds"
)
HEADINGS = ["", "number", "right", "ECE before", "ECE after", "wide before", "wide after"]
RECALL = 0.8


def main() -> None:
    """Read the command line, fit, print and write."""
    options = parse_arguments()
    items = [item for each in load_sets(options.data) for item in each.items]
    items = [item for item in items if has_whole_truth(item)]
    grouped = list(judged(items, options))
    if not grouped:
        sys.exit("No line of these readings can be judged.")
    raw = [each.line for each in grouped]
    held_out = cross_calibrated(grouped)
    calibration = fit_calibration(raw)
    scores = {name: score(name, raw, held_out) for name in ("character", "line")}
    print(align([HEADINGS, *map(row, scores.items())]))
    for name, lines in (("before", raw), ("after", held_out)):
        print(f"errors among characters, {name}: {detection(lines)}")
    print(calibration)
    options.output.write_bytes(to_json(calibration, grouped, scores))
    print(f"written: {options.output}")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of evaluation sets")
    parser.add_argument("--readings", type=Path, help="go by these instead of reading DATA")
    parser.add_argument("--raw", action="store_true", help="their confidences are uncalibrated")
    parser.add_argument("--effort", choices=EFFORT_CHOICES, default="max", help="when reading")
    parser.add_argument("--output", type=Path, default=CALIBRATION_FILE, help="file to write")
    return parser.parse_args()


def judged(items: Sequence[Item], options: argparse.Namespace) -> Iterator[GroupedLine]:
    """All lines of all items that were read, with the recognisers' own confidences."""
    kept = kept_readings(options.readings) if options.readings else None
    read = own_reader(ReadOptions(effort=options.effort), Limits())
    for number, item in enumerate(items, start=1):
        if kept is None:
            print(f"\r{number} of {len(items)}", end="", file=sys.stderr)
            reading = read(item.path)
        elif (item.set_name, item.path.name) in kept:
            reading = kept[item.set_name, item.path.name]
        else:
            continue
        lines = reading.lines if options.raw else [uncalibrated(line) for line in reading.lines]
        for line in judge_lines(lines, truth_text(item) or "", fold_case=item.folds_case):
            yield GroupedLine(group=f"{item.set_name}/{item.group or item.path.name}", line=line)


def kept_readings(path: Path) -> dict[tuple[str, str], Reading]:
    """The readings in a file by set and file; of two with the same, the later one."""
    found = {}
    for text in path.read_text(encoding="utf-8").split("\n"):
        try:
            row: dict[str, Any] = json.loads(text)
        except ValueError:  # an empty line, or the last one of a run that was killed
            continue
        if "doc" in row:
            reading = reading_of(msgspec.convert(row["doc"], Document))
            found[row["set"], row["file"]] = reading
        else:
            key = row["key"]
            found[key["set_name"], key["file"]] = msgspec.convert(row["reading"], Reading)
    return found


def uncalibrated(line: ReadLine) -> ReadLine:
    """The line with its characters' confidences as the recognisers gave them."""
    present = shared_calibration()
    raw = tuple(map(present.raw, line.character_confidences))
    mean = sum(raw) / len(raw) if raw else present.raw(line.confidence)
    return ReadLine(text=line.text, confidence=mean, character_confidences=raw)


def score(name: str, before: Sequence[JudgedLine], after: Sequence[JudgedLine]) -> dict[str, float]:
    """Calibration errors of characters or lines, before and after."""
    parts = [
        [each for line in lines for each in line.characters] if name == "character" else lines
        for lines in (before, after)
    ]
    return {
        "number": len(parts[0]),
        "right": sum(each.is_right for each in parts[0]) / len(parts[0]),
        "ece_before": expected_calibration_error(parts[0]),
        "ece_after": expected_calibration_error(parts[1]),
        "ece_equal_width_before": expected_calibration_error(parts[0], binning=equal_width),
        "ece_equal_width_after": expected_calibration_error(parts[1], binning=equal_width),
    }


def row(named: tuple[str, dict[str, float]]) -> list[str]:
    """A line of the table."""
    name, (number, *shares) = named[0], named[1].values()
    return [f"{name}s", str(number), *(f"{share:.4f}" for share in shares)]


def detection(lines: Sequence[JudgedLine]) -> str:
    """How much has to be looked at to see most errors."""
    found = error_detection([each for line in lines for each in line.characters], RECALL)
    if found is None:
        return "none"
    return (
        f"{RECALL:.0%} are among the {found.flagged:.1%} least sure (below {found.threshold:.3f}),"
        f" of which {found.precision:.1%} are wrong"
    )


def to_json(
    calibration: Calibration, lines: Sequence[GroupedLine], scores: dict[str, dict[str, float]]
) -> bytes:
    """The file: the curves, and what they were made of."""
    sets = sorted({each.group.partition("/")[0] for each in lines})
    originals = len({each.group for each in lines})
    rounded = {
        name: {key: round(value, 4) for key, value in values.items()}
        for name, values in scores.items()
    }
    record = {
        "method": METHOD,
        "data": {"sets": sets, "originals": originals},
        "scores": rounded,
        **{
            name: {"offset": round(curve.offset, 4), "slope": round(curve.slope, 4)}
            for name, curve in (("character", calibration.character), ("line", calibration.line))
        },
    }
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


if __name__ == "__main__":
    main()
