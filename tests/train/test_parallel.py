"""Two processes over gloo give what one gives, also after going on with another number of them.

Tolerance: sums over packs are added up in another order, in float32.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp

from shuowen.errors import UsageError
from shuowen.model.weights.load import load_model
from shuowen.train.options import OptimiserOptions
from shuowen.train.parallel import Processes, processes
from shuowen.train.pretrain import pretrain
from shuowen.train.progress import read_metrics
from shuowen.train.recipe import Recipe
from shuowen.train.run_data import open_data
from tests.train.tiny_run import run_options, tiny_recipe

TOLERANCE = 2e-5
MUON = OptimiserOptions(name="muon", lr=5e-3, warmup_share=0.0)


def muon_recipe(data: Path) -> Recipe:
    return tiny_recipe(data, optimiser=MUON)


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(folder / "metrics.jsonl")]


def two_runs(rank: int, port: int, data: Path, out: Path) -> None:
    """One of two processes: a whole run, one with Muon, and the end of a run begun by one."""
    torch.set_num_threads(1)
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    os.environ.update(place | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
    with processes("cpu"):
        pretrain(tiny_recipe(data), run_options(out / "two", recompute_activations=True))
        pretrain(muon_recipe(data), run_options(out / "two-muon", stop_at_step=4))
        pretrain(tiny_recipe(data), run_options(out / "one-two"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    data = tmp_path / "data"
    whole = pretrain(tiny_recipe(data), run_options(tmp_path / "one"))
    pretrain(tiny_recipe(data), run_options(tmp_path / "one-two", stop_at_step=3))
    muon = pretrain(muon_recipe(data), run_options(tmp_path / "one-muon"))
    mp.spawn(two_runs, args=(free_port(), data, tmp_path), nprocs=2)
    assert losses(tmp_path / "two") == pytest.approx(whole.losses, rel=TOLERANCE)
    assert losses(tmp_path / "one-two") == pytest.approx(whole.losses, rel=TOLERANCE)
    assert losses(tmp_path / "one-two")[:3] == list(whole.losses[:3])
    # Muon rounds to bfloat16, which makes more of a last bit.
    resumed = pretrain(muon_recipe(data), run_options(tmp_path / "two-muon"))
    assert resumed.losses == pytest.approx(muon.losses, rel=2e-3)
    assert whole.model_folder is not None
    folders = (whole.model_folder, tmp_path / "two" / "model")
    models = [load_model(each, dtype=torch.float32) for each in folders]
    for left, right in zip(*(model.parameters() for model in models), strict=True):
        assert torch.allclose(left, right, atol=2e-3)


def test_packs_that_cannot_be_shared_evenly_are_refused() -> None:
    here = Processes(0, 2, torch.device("cpu"))
    with pytest.raises(UsageError, match="3 packed sequences a step cannot be shared by 2"):
        open_data(lambda index: None, 3, 0, here)  # type: ignore[arg-type, return-value]


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match="no device 'gpu7'"), processes("gpu7"):
        pass
