"""metrics.jsonl, the rates in it, and the curves drawn from it."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from PIL import Image

from shuowen.errors import OutputError
from shuowen.train.curves import EventFiles, draw_curves
from shuowen.train.progress import Metrics, Pace, read_metrics, show


def lines(num_steps: int) -> list[dict[str, float]]:
    return [
        {"step": step, "loss": 4.0 / step, "lr": 1e-3, "grad_norm": 1.0, "accuracy": 0.1 * step}
        for step in range(1, num_steps + 1)
    ]


def test_lines_are_appended_and_read_back(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.jsonl", 0)
    for line in lines(3):
        metrics.add(line)
    metrics.add({"step": 3, "score": 0.5})
    assert read_metrics(tmp_path / "metrics.jsonl") == [*lines(3), {"step": 3, "score": 0.5}]
    assert metrics.losses == [4.0, 2.0, 4.0 / 3]


def test_what_came_after_the_checkpoint_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines(5)) + '{"step": 6, "lo')
    assert Metrics(path, 3).losses == [4.0, 2.0, 4.0 / 3]
    assert read_metrics(path) == lines(3)


def test_other_processes_write_nothing(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.jsonl", 0, is_writer=False)
    metrics.add({"step": 1, "loss": 2.0})
    assert metrics.losses == [2.0]
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics(tmp_path / "metrics.jsonl", 0)

    def full(path: Path, *arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OutputError, match="No space left"):
        metrics.add({"step": 1, "loss": 2.0})


def test_rates_are_of_the_step_and_time_left_of_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.0, 20.0, 24.0])
    monkeypatch.setattr("shuowen.train.progress.time.perf_counter", lambda: next(clock))
    pace = Pace(num_steps=100, done=0, peak_flops=1e9)
    counts = {"tokens": 600.0, "samples": 8.0, "flops": 1e9}
    first = pace.measure(1, counts)
    assert first["tokens_per_second"] == 300
    assert first["samples_per_second"] == 4
    assert first["flop_use"] == 0.5
    assert first["seconds_left"] == 198
    pace.pause()
    assert pace.measure(2, counts)["seconds"] == 4


def test_a_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    rates = {"samples_per_second": 51.2, "tokens_per_second": 4000, "flop_use": 0.61}
    show(100, {"step": 7, "loss": 2.5, "lr": 1e-3, "seconds_left": 3725, **rates})
    assert capsys.readouterr().err == (
        "step 7/100  loss 2.5000  lr 1.00e-03  51.2 samples/s  4000 tokens/s  61% of peak"
        "  1:02 h left\n"
    )


@pytest.mark.parametrize("num_steps", [0, 1, 30])
def test_curves_are_drawn(tmp_path: Path, num_steps: int) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines(num_steps)))
    with Image.open(draw_curves(path, tmp_path / "curves.png")) as picture:
        assert picture.width == 1100
        assert picture.height == 260 * (4 if num_steps else 1)


def test_event_files_hold_the_numbers(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    events = EventFiles(tmp_path)
    metrics = Metrics(tmp_path / "metrics.jsonl", 0, events)
    for line in lines(2):
        metrics.add(line)
    metrics.close()
    (file,) = tmp_path.glob("events.out.tfevents.*")
    assert b"loss" in file.read_bytes()
