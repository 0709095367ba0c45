from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from shuowen.document.model import Box, Document, Line, Page, Region, SourceInfo, Span
from shuowen.engines.embedded.calibration import Calibration, calibrated

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "calibrate.py"
BOX = Box(0, 0, 10, 10)
QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


def line(text: str, sure: float) -> Line:
    span = Span(text=text, box=BOX, confidences=(sure,) * len(text))
    return Line(text=text, confidence=sure, box=BOX, quad=QUAD, spans=(span,))


def document(*lines: Line) -> Document:
    region = Region(
        id="p1-a", kind="text", box=BOX, text="\n".join(each.text for each in lines), lines=lines
    )
    page = Page(page_number=1, status="ok", regions=(region,))
    source = SourceInfo(name="a", media_type="image/png", num_bytes=1, sha256="0" * 64)
    return Document(source=source, num_pages=1, status="ok", pages=(page,))


# Called 0.99, four lines in five are right; called 0.6, one in five.
LINES = [line(f"sure{letter}", 0.99) for letter in "abcd"] + [line("surex", 0.99)]
LINES += [line("poora", 0.6)] + [line(f"poor{letter}", 0.6) for letter in "wxyz"]
TRUTH = "surea sureb surec sured su?e! poora ?oo?? !o!r! p!!?! !o?!?"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, rows in (("pages", 6), ("formulas_im2markup", 1)):
        folder = tmp_path / name
        folder.mkdir()
        found = [
            {"file": f"{n}.png", "kind": "page", "text": TRUTH, "group": f"g{n}"}
            for n in range(rows)
        ]
        (folder / "truth.jsonl").write_text("\n".join(map(json.dumps, found)))
    return tmp_path


def calibrate(data: Path, lines: list[Line], *options: str) -> tuple[str, Calibration]:
    """What the script prints and writes, from readings of both sets and a torn line."""
    rows = [
        {"set": name, "file": f"{n}.png", "doc": msgspec.to_builtins(document(*lines))}
        for name, num in (("pages", 5), ("formulas_im2markup", 1))
        for n in range(num)
    ]
    readings = data / "kept.jsonl"
    readings.write_text("\n".join([*map(json.dumps, rows), '{"set": "pa']))
    output = data / "calibration.json"
    printed = subprocess.run(
        [
            *(sys.executable, str(SCRIPT), str(data), "--readings", str(readings)),
            *("--output", str(output), *options),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout
    written = json.loads(output.read_bytes())
    assert written["data"] == {"sets": ["pages"], "originals": 5}
    assert written["scores"]["line"]["number"] == 50
    return printed, msgspec.json.decode(output.read_bytes(), type=Calibration)


def test_curves_are_fitted_to_what_was_read_right(data: Path) -> None:
    printed, found = calibrate(data, LINES, "--raw")
    assert printed.splitlines()[1].split()[:2] == ["characters", "250"]
    sure, poor = (calibrated(line("abcde", level), found).confidence for level in (0.99, 0.6))
    assert sure == pytest.approx(0.8, abs=0.03)
    assert poor == pytest.approx(0.2, abs=0.03)


def test_calibrated_readings_give_the_same_curves_as_raw_ones(data: Path) -> None:
    _, raw = calibrate(data, LINES, "--raw")
    _, taken_back = calibrate(data, [calibrated(each) for each in LINES])
    for one, other in ((raw.character, taken_back.character), (raw.line, taken_back.line)):
        assert one.offset == pytest.approx(other.offset, abs=0.02)
        assert one.slope == pytest.approx(other.slope, abs=0.02)


def test_readings_that_the_bench_kept_will_do(data: Path) -> None:
    characters = {"text": "surea", "confidence": 0.9, "character_confidences": [0.9] * 5}
    wrong = {"text": "surfx", "confidence": 0.5, "character_confidences": [0.5] * 5}
    key = {"engine": "own", "identity": "1", "set_name": "pages", "sha256": ""}
    kept = [
        {
            "key": {**key, "file": f"{n}.png"},
            "seconds": 1.0,
            "reading": {"text": "surea", "lines": [characters, wrong]},
        }
        for n in range(2)
    ]
    readings, output = data / "readings.jsonl", data / "calibration.json"
    readings.write_text("\n".join(map(json.dumps, kept)))
    command = [sys.executable, str(SCRIPT), str(data), "--readings", str(readings), "--raw"]
    subprocess.run(
        [*command, "--output", str(output)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(output.read_bytes())["scores"]["line"]["right"] == 0.5
