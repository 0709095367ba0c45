"""Two processes learn from preferences what one learns, either way the reference is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shuowen.train.mpo import mpo
from tests.train.toy_runs import metrics_of, preferences, recipe_of, run_options, tiny_folder

SCRIPT = """
import sys
from pathlib import Path
from shuowen.train.mpo import mpo
from tests.train.toy_runs import recipe_of, run_options
model, data, folder, reference = sys.argv[1:]
mpo(recipe_of("mpo", Path(model), Path(data)), run_options(Path(folder)), reference=reference)
"""


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["on_the_fly", "precomputed"])
def test_two_processes_are_as_one(tmp_path: Path, reference: str) -> None:
    model, data = tiny_folder(tmp_path / "model"), preferences(tmp_path)
    mpo(recipe_of("mpo", model, data), run_options(tmp_path / "one"))
    (tmp_path / "script.py").write_text(SCRIPT)
    arguments = [str(each) for each in (tmp_path / "script.py", model, data, tmp_path / "two")]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", *arguments, reference]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, cwd=root, env={"PYTHONPATH": str(root), "PATH": "/usr/bin"}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    one, two = metrics_of(tmp_path / "one"), metrics_of(tmp_path / "two")
    assert len(one) == len(two) == 4
    for single, double in zip(one, two, strict=True):
        for name in ("loss", "dpo", "bco", "nll", "reward_margin", "reward_shift"):
            assert double[name] == pytest.approx(single[name], abs=2e-5), (name, single["step"])
