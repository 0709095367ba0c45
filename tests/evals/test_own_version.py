import re
import subprocess
import sys
from pathlib import Path

import pytest

from shuowen.evals import own_version
from shuowen.version import __version__

FILES = ("config.py", "reading/order.py", "generation/best_of_n.py", "engines/embedded/w/a.onnx")
UNIMPORTANT = ("shuowen.errors", "shuowen.machine", "shuowen.version", "shuowen.engines")
READ_AND_LIST = """
import sys, cv2, numpy as np
from shuowen import ReadOptions
from shuowen.reading.read import read
pixels = np.full((80, 300, 3), 255, np.uint8)
cv2.putText(pixels, "Sum 42", (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2)
read(cv2.imencode(".png", pixels)[1].tobytes(), options=ReadOptions(effort="max"))
print(*(name for name in sys.modules if name.startswith("shuowen.")))
"""


def test_the_version_has_a_digest_of_what_reads() -> None:
    assert re.fullmatch(rf"{re.escape(__version__)}\+[0-9a-f]{{8}}", own_version.own_version())


@pytest.mark.parametrize("changed", FILES)
def test_every_file_that_reads_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for name in (*FILES, "cli/read.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(own_version, "_PACKAGE", tmp_path)
    read = own_version.own_version.__wrapped__
    before = read()
    (tmp_path / "cli" / "read.py").write_text("changed")
    (tmp_path / "reading" / "order.pyc").write_text("compiled")
    assert read() == before
    (tmp_path / changed).write_text("changed")
    assert read() != before


def test_everything_that_takes_part_in_reading_counts() -> None:
    command = [sys.executable, "-c", READ_AND_LIST]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    parts = tuple(
        "shuowen." + part.removesuffix(".py").replace("/", ".") for part in own_version._PARTS
    )
    outside = [
        name
        for name in loaded
        if not any(name == part or name.startswith(f"{part}.") for part in parts)
    ]
    assert set(outside) <= set(UNIMPORTANT)
    assert len(loaded) > len(outside) + 20
