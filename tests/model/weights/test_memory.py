"""Loading and saving hold the model once: measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.weights.save import save_model

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process"
)

CONFIG = ModelConfig(
    vision=VisionConfig(width=256, depth=2, num_heads=4, mlp_width=512),
    language=LanguageConfig(
        width=512,
        num_layers=12,
        num_heads=8,
        num_kv_heads=2,
        head_width=64,
        mlp_width=2048,
        vocab_size=32_000,
    ),
)
"""75 million numbers, of which the embedding and the head are two large pieces."""

MEASURE = """
import json, shutil, sys
from pathlib import Path
import torch
from shuowen.model.weights.load import load_model
from shuowen.model.weights.save import save_model
def peak():
    # Not getrusage: its maximum is inherited from the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
torch.ones(8, 8).to(torch.bfloat16).float() @ torch.ones(8, 8)
folder = Path(sys.argv[1])
start = peak()
model = load_model(folder, dtype=getattr(torch, sys.argv[2]))
loaded = peak()
save_model(model, folder.with_name("copy"), "original")
shutil.rmtree(folder.with_name("copy"))
numbers = sum(values.nbytes for values in model.parameters())
print(json.dumps({"bytes": numbers, "load": loaded - start, "save": peak() - loaded}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model in bfloat16: 150 MB in one file."""
    path = tmp_path_factory.mktemp("memory") / "model"
    model = InternVL(CONFIG).to(torch.bfloat16)
    save_model(model, path, "original")
    return path


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_memory_never_holds_much_more_than_the_model(folder: Path, dtype: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder), dtype],
        capture_output=True,
        text=True,
        check=True,
    )
    measured = json.loads(done.stdout)
    assert measured["bytes"] > 140_000_000
    assert measured["load"] <= 1.1 * measured["bytes"]
    assert measured["save"] <= 0.5 * measured["bytes"]
