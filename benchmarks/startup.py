"""How soon Shuowen is there: import, help, and the first page beside the tenth.

    python benchmarks/startup.py --repeat 7

Every number is the median of several fresh processes. "Warm" means that a process has read one
small picture, so that its networks are loaded; then ten different pages of the same size follow.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drawn_pages import draw_page

NUM_PAGES = 10
IMPORT_PROGRAM = """
import time
start = time.perf_counter()
import shuowen
print(time.perf_counter() - start)
"""
READ_PROGRAM = """
import json, sys, time
from shuowen.reading.read import read

def seconds(path):
    start = time.perf_counter()
    read(path)
    return time.perf_counter() - start

print(json.dumps([seconds(path) for path in sys.argv[1:]]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=7, help="fresh processes for each number")
    repeat = parser.parse_args().repeat
    imports = [float(run_python("-c", IMPORT_PROGRAM)) for _ in range(repeat)]
    show("import shuowen", imports)
    show("python -c pass", [wall_seconds("-c", "pass") for _ in range(repeat)])
    show("shuowen --help", [wall_seconds("-m", "shuowen", "--help") for _ in range(repeat)])
    show(
        "shuowen read --help", [wall_seconds("-m", "shuowen", "read", "-h") for _ in range(repeat)]
    )
    with tempfile.TemporaryDirectory() as folder:
        paths = draw_pages(Path(folder))
        runs = [json.loads(run_python("-c", READ_PROGRAM, *paths)) for _ in range(repeat)]
    show("cold process: a small picture", [seconds[0] for seconds in runs])
    show("warm process: first page", [seconds[1] for seconds in runs])
    show("warm process: tenth page", [seconds[-1] for seconds in runs])


def draw_pages(folder: Path) -> list[str]:
    """A small picture and then ten whole pages, as files; their paths."""
    pictures = [draw_page(0, num_lines=2).crop((0, 0, 1240, 200))]
    pictures += [draw_page(number) for number in range(1, NUM_PAGES + 1)]
    paths = [folder / f"{index}.png" for index in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        picture.save(path)
    return [str(path) for path in paths]


def run_python(*arguments: str) -> str:
    """What a fresh Python prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout


def wall_seconds(*arguments: str) -> float:
    start = time.perf_counter()
    run_python(*arguments)
    return time.perf_counter() - start


def show(what: str, seconds: list[float]) -> None:
    spread = f"{min(seconds):.3f} to {max(seconds):.3f}"
    print(f"{what:30} {statistics.median(seconds):7.3f} s   ({spread})")


if __name__ == "__main__":
    main()
