"""After preference training the gate reads held-out lines with the old and the new model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run

pytest.importorskip("torch")
pytest.importorskip("rapidfuzz")

from shuowen.cli import train_gate  # noqa: E402  # needs torch
from shuowen.evals.crops.crop import EvalCrop  # noqa: E402
from shuowen.train.nano.folder import start_folder  # noqa: E402
from shuowen.train.recipes.debug import TINY  # noqa: E402


class Engine:
    """Stands for the engine of a model folder; knows its name only."""

    def __init__(self, folder: Path) -> None:
        self.name = "new" if "new" in folder.parts else folder.name

    def close(self) -> None:
        """Nothing to close."""


def read(engine: Engine, crops: Sequence[EvalCrop]) -> list[str]:
    """The new model loses the last character of every line."""
    return [crop.text[:-1] if engine.name == "new" else crop.text for crop in crops]


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_gate, "load_engine", Engine)
    monkeypatch.setattr(train_gate, "resolve_model", Path)
    monkeypatch.setattr(train_gate, "read_crops", read)
    monkeypatch.setattr(train_gate, "_NUM_MADE", 8)


def test_a_model_that_forgot_is_refused_and_one_that_did_not_is_not(tmp_path: Path) -> None:
    old, new = str(tmp_path / "old"), tmp_path / "new"
    refused = train_gate.judged(old, new, 0.01, None)
    assert not refused.is_accepted
    (only,) = refused.sets
    assert (only.change.name, only.change.before, only.change.num_items) == ("made", 0, 8)
    assert only.change.after > 0
    assert train_gate.judged(old, tmp_path / "other", 0.01, None).is_accepted
    assert train_gate.judged(old, new, 1.0, None).is_accepted


def test_corrections_are_learnt_and_weights_that_forgot_are_refused(
    run: Run, tmp_path: Path
) -> None:
    start_folder(tmp_path / "old", 0, config=TINY)
    Image.new("RGB", (120, 60), "white").save(tmp_path / "page.png")
    row = {
        "image": "page.png",
        "box": [4, 4, 100, 40],
        "chosen": "寿比南山",
        "rejected": "春比南山",
    }
    (tmp_path / "mine.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    arguments = ("train", "mpo", "debug-mpo", "--corrections", "mine.jsonl", "-o", "new")
    quick = ("--steps", 1, "--data-workers", 0, "--threads", 1, "--quiet")
    without = run(*arguments, *quick)
    assert without.exit_code == 2
    assert "Name it with --init" in without.stderr
    done = run(*arguments, *quick, "--init", "old")
    assert done.exit_code == 10, done.output
    assert "made" in done.stderr and "is refused" in done.stderr
    assert not (tmp_path / "new" / "model").exists()
    aside = tmp_path / "new" / "refused" / "model"
    assert (aside / "config.json").is_file()
    assert "in the place of old" in (aside / "REFUSED.md").read_text(encoding="utf-8")
