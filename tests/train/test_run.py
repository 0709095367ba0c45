"""Whole runs: what they leave, going on after any kind of stop, steps not to be taken."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed.checkpoint as dcp
from torch import Tensor

from shuowen.errors import ConflictError, ModelError, OutputError, UsageError
from shuowen.model.internvl import InternVL
from shuowen.model.weights.load import load_model
from shuowen.train.collate import Batch
from shuowen.train.options import OptimiserOptions
from shuowen.train.pretrain import NextToken, pretrain
from shuowen.train.progress import read_metrics
from shuowen.train.recipe import Adapter
from shuowen.train.run import RunResult, run_stage
from shuowen.train.sft import sft
from shuowen.train.watch import TrainingStopped
from tests.train.tiny_run import NUM_STEPS, at_step, run_options, tiny_recipe

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    tiny_recipe(folder)
    return folder


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A run that nothing interrupts."""
    return pretrain(tiny_recipe(data), run_options(tmp_path_factory.mktemp("whole")))


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def nothing() -> None:
    pass


def test_a_run_leaves_a_model_metrics_curves_and_the_last_checkpoints(whole: RunResult) -> None:
    assert whole.steps == NUM_STEPS == len(whole.losses)
    assert whole.losses[-1] < whole.losses[0] - 0.5
    assert whole.model_folder is not None
    assert load_model(whole.model_folder).num_parameters > 0
    assert (whole.model_folder / "vocab.json").is_file()
    assert checkpoints(whole.folder) == ["step-000000004", "step-000000006"]
    assert (whole.folder / "curves.png").read_bytes()[:4] == b"\x89PNG"
    lines = read_metrics(whole.folder / "metrics.jsonl")
    assert [line["step"] for line in lines] == list(range(1, NUM_STEPS + 1))
    assert [line["loss"] for line in lines] == list(whole.losses)
    assert {"lr", "grad_norm", "accuracy", "tokens_per_second", "flop_use"} <= set(lines[0])


def test_a_run_that_was_killed_goes_on_with_the_very_losses(
    data: Path, whole: RunResult, tmp_path: Path
) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.train.tiny_run"]
    ended = subprocess.run([*command, str(data), str(tmp_path), "3"], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert checkpoints(tmp_path) == ["step-000000002"]
    resumed = pretrain(tiny_recipe(data), run_options(tmp_path))
    assert resumed.losses == whole.losses
    assert whole.model_folder is not None and resumed.model_folder is not None
    first, second = (load_model(each) for each in (whole.model_folder, resumed.model_folder))
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_with_a_checkpoint_after_the_step(
    data: Path, whole: RunResult, tmp_path: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    evaluate = at_step(3, lambda: os.kill(os.getpid(), number))
    stopped = pretrain(tiny_recipe(data), run_options(tmp_path, save_every_steps=100), evaluate)
    assert (stopped.steps, stopped.model_folder) == (4, None)
    assert "again" in stopped.how_to_go_on and "step 4" in stopped.how_to_go_on
    assert signal.getsignal(number) is before
    resumed = pretrain(tiny_recipe(data), run_options(tmp_path))
    assert resumed.losses == whole.losses


def test_a_damaged_checkpoint_is_passed_over_with_a_notice(
    data: Path, whole: RunResult, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pretrain(tiny_recipe(data), run_options(tmp_path, stop_at_step=4))
    newest = tmp_path / "checkpoints" / "step-000000004" / "__0_0.distcp"
    newest.write_bytes(newest.read_bytes()[:-7])
    resumed = pretrain(tiny_recipe(data), run_options(tmp_path))
    assert "step-000000004 is damaged" in caplog.text
    assert resumed.losses == whole.losses
    for each in (tmp_path / "checkpoints").glob("*/run.json"):
        each.write_text("{")
    with pytest.raises(ModelError, match="No checkpoint"):
        pretrain(tiny_recipe(data), run_options(tmp_path))


def test_a_checkpoint_of_another_optimiser_is_refused(data: Path, tmp_path: Path) -> None:
    pretrain(tiny_recipe(data), run_options(tmp_path, stop_at_step=2))
    muon = tiny_recipe(data, optimiser=OptimiserOptions(name="muon"))
    with pytest.raises(ConflictError, match="does not fit"):
        pretrain(muon, run_options(tmp_path))


def test_a_run_that_is_not_to_go_on_sets_old_checkpoints_aside(data: Path, tmp_path: Path) -> None:
    options = run_options(tmp_path, stop_at_step=2)
    first = pretrain(tiny_recipe(data), options)
    again = pretrain(tiny_recipe(data), replace(options, resume=False))
    assert first.losses == again.losses
    assert checkpoints(tmp_path) == ["step-000000002"]
    assert (tmp_path / "checkpoints-old-1" / "step-000000002" / "run.json").is_file()


class SpoiledAt(NextToken):
    """Gives a loss times a factor in one of the steps."""

    def __init__(self, step: int, factor: float) -> None:
        self._step, self._factor, self._calls = step, factor, 0

    def loss(self, model: InternVL, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        loss, further = super().loss(model, batch)
        self._calls += 1
        is_now = (self._calls + 1) // 2 == self._step
        return (loss * self._factor if is_now else loss), further


def test_a_loss_that_is_no_number_stops_the_run_which_can_go_on(
    data: Path, whole: RunResult, tmp_path: Path
) -> None:
    with pytest.raises(TrainingStopped, match=r"Step 4 .* nan"):
        run_stage(tiny_recipe(data), run_options(tmp_path), SpoiledAt(4, float("nan")))
    assert checkpoints(tmp_path) == ["step-000000002", "step-000000003"]
    resumed = pretrain(tiny_recipe(data), run_options(tmp_path))
    assert resumed.losses[:3] == whole.losses[:3]
    assert resumed.losses[3] != whole.losses[3]  # the data of the step are left out
    assert all(loss < whole.losses[0] for loss in resumed.losses[3:])


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(ROOT)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def fail_while_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    def save(tensors: Any, *, checkpoint_id: Path, no_dist: bool) -> None:
        (checkpoint_id / "__0_0.distcp").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(dcp, "save", save)


@pytest.mark.parametrize("spoil", [fill_disk, fail_while_writing])
def test_a_full_disk_ends_the_run_and_the_checkpoint_before_stays(
    data: Path,
    whole: RunResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[pytest.MonkeyPatch], None],
) -> None:
    with monkeypatch.context() as patch:
        evaluate = at_step(3, lambda: spoil(patch))
        with pytest.raises(OutputError, match="step-000000004 cannot be written") as caught:
            pretrain(tiny_recipe(data), run_options(tmp_path), evaluate)
        assert "Free some space" in caught.value.hint
    assert checkpoints(tmp_path) == ["step-000000002"]
    assert pretrain(tiny_recipe(data), run_options(tmp_path)).losses == whole.losses


def test_checkpoints_of_named_steps_stay(data: Path, tmp_path: Path) -> None:
    options = run_options(tmp_path, save_at_steps=(1,), keep_checkpoints=1)
    pretrain(tiny_recipe(data), options)
    assert checkpoints(tmp_path) == ["step-000000001", "step-000000006"]


def test_recomputing_activations_changes_nothing(
    data: Path, whole: RunResult, tmp_path: Path
) -> None:
    again = pretrain(tiny_recipe(data), run_options(tmp_path, recompute_activations=True))
    assert again.losses == pytest.approx(whole.losses, rel=1e-5)


def test_bf16_and_muon_train(data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(data, optimiser=OptimiserOptions(name="muon", lr=5e-3, schedule="wsd"))
    run = pretrain(recipe, run_options(tmp_path, dtype="bf16", stop_at_step=3), at_step(9, nothing))
    run = pretrain(recipe, run_options(tmp_path, dtype="bf16"))
    assert run.losses[-1] < run.losses[0] - 0.3


def test_fine_tuning_of_an_adapter_leaves_a_whole_model(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    recipe = tiny_recipe(data, stage="sft", trainable=Adapter(rank=4), drop_path=0.0)
    result = sft(recipe, run_options(tmp_path, stop_at_step=3))
    result = sft(recipe, run_options(tmp_path))
    assert result.model_folder is not None
    before = load_model(data / "model", dtype=torch.bfloat16)
    after = load_model(result.model_folder)
    changed = {
        name.split(".")[0]
        for (name, one), other in zip(before.named_parameters(), after.parameters(), strict=True)
        if not torch.equal(one, other)
    }
    assert changed == {"language"}


def test_a_recipe_of_another_stage_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="shuowen train pretrain tiny"):
        sft(tiny_recipe(data), run_options(tmp_path))
