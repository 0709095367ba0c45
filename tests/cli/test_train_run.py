"""`shuowen train`: the debug recipes run from the command line, stop, and go on."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Start

torch = pytest.importorskip("torch")

QUICK = ("--data-workers", "0", "--threads", "1", "--quiet")


def metrics(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("stage", ["pretrain", "sft", "mpo", "prm"])
def test_every_stage_runs_two_steps_and_goes_on_to_four(
    run: Run, tmp_path: Path, stage: str
) -> None:
    arguments = ("train", stage, f"debug-{stage}", "-o", "run", *QUICK)
    stopped = run(*arguments, "--stop-at", 2)
    assert stopped.exit_code == 0, stopped.output
    assert "goes on after step 2" in stopped.stderr
    assert [line["step"] for line in metrics(tmp_path / "run")] == [1, 2]
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    assert done.stdout == "run/model\n"
    lines = metrics(tmp_path / "run")
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert all(0 < line["loss"] < 100 for line in lines)
    assert (tmp_path / "run" / "model" / "config.json").is_file()
    drawn = run("train", "curves", "run", "-o", "mine.png")
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")


def test_an_adapter_is_trained_and_merged(run: Run, tmp_path: Path) -> None:
    done = run(
        *("train", "sft", "debug-sft", "-o", "run", *QUICK, "--steps", 2),
        *("--set", "trainable=lora", "--set", "trainable.rank=4"),
    )
    assert done.exit_code == 0, done.output
    from shuowen.model.weights.load import load_model

    start, end = (
        dict(load_model(tmp_path / "run" / each, dtype=torch.float32).named_parameters())
        for each in ("start", "model")
    )
    changed = {n for n, values in end.items() if (values - start[n]).abs().max() > 1e-6}
    assert any(name.endswith("attention.qkv.weight") for name in changed)
    # The vision encoder is frozen, and what was saved in bfloat16 differs by rounding at most.
    vision = [n for n in end if n.startswith("vision.")]
    assert all((end[n] - start[n]).abs().max() <= 0.01 * start[n].abs().max() for n in vision)


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(start_python: Start, tmp_path: Path) -> None:
    arguments = ("-m", "shuowen", "train", "pretrain", "debug-pretrain", "-o", "run", *QUICK)
    process = start_python(*arguments, "--steps", "100000")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (tmp_path / "run" / "metrics.jsonl").exists():
        time.sleep(0.2)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"goes on after step" in errors


@pytest.mark.slow
def test_under_torchrun_one_process_speaks(start_python: Start, tmp_path: Path) -> None:
    process = start_python(
        *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "shuowen", "train", "pretrain", "debug-pretrain", "-o", "run", *QUICK),
    )
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()[-3000:]
    assert output.decode().splitlines() == ["run/model"]
    assert len(metrics(tmp_path / "run")) == 4
