import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (420, 120), "white")
    font = ImageFont.load_default(size=48)
    ImageDraw.Draw(picture).text((40, 30), "Total 128.50", fill="black", font=font)
    picture.save(tmp_path / "slip.png")
    row = {"file": "slip.png", "kind": "page", "text": "Total 128.50"}
    (tmp_path / "truth.jsonl").write_text(json.dumps(row))
    return tmp_path


def run_script(name: str, *arguments: str) -> str:
    """What the benchmark prints in an environment without programs on the path."""
    environment = {**os.environ, "PATH": "", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout


def test_engines_stand_side_by_side_and_a_missing_one_is_named(data: Path) -> None:
    engines = ["shuowen-fast", "floor-fast", "tesseract"]
    chosen = [part for name in engines for part in ("--engine", name)]
    lines = run_script("reading.py", str(data), "--rounds", "1", *chosen).splitlines()
    table = {line.split()[0]: line for line in lines[2:]}
    assert list(table) == ["engine", "shuowen-fast", "floor-fast", "tesseract:"]
    # pages/s, ratio (RapidOCR did not run), CPU, then CER, F1 and lost.
    assert table["shuowen-fast"].split()[2] == "-"
    assert table["shuowen-fast"].split()[4:7] == ["0.0000", "1.0000", "0.0000"]
    assert table["floor-fast"].split()[4:7] == ["-", "-", "-"]
    assert "not installed: install tesseract" in table["tesseract:"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_is_watched_over_a_pdf() -> None:
    first, speed, peak, _ = run_script("memory.py", "--pages", "2", "--effort", "fast").splitlines()
    assert first.startswith("2 pages, ")
    assert "pages/s" in speed
    assert peak.startswith("peak ")
