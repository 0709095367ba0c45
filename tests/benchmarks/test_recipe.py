"""The recipe's driver trains what is not there, goes on where it was, and notes its numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from benchmarks import recipe
from benchmarks.recipe import main
from shuowen.train.recipe import Recipe


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """Recipes that were trained; nothing is."""
    found: list[Recipe] = []

    def train(recipe: Recipe, folder: Path, *_: object) -> Path:
        found.append(recipe)
        (folder / "model").mkdir(parents=True)
        (folder / "model/config.json").write_text("{}")
        return folder / "model"

    def meta(model: Path, folder: Path, *_: object) -> Path:
        assert (model / "config.json").is_file()
        return folder / "meta.json"

    monkeypatch.setattr(recipe, "train", train)
    monkeypatch.setattr(recipe, "write_pairs", meta)
    monkeypatch.setattr(recipe, "write_labels", meta)
    return found


def test_each_stage_starts_from_the_one_before(trained: list[Recipe], tmp_path: Path) -> None:
    out = tmp_path / "out"
    main([str(out), "--only", "prm"])
    assert [each.stage for each in trained] == ["pretrain", "sft", "mpo", "prm"]
    starts = [each.init for each in trained[1:]]
    assert starts == [str(out / stage / "model") for stage in ("pretrain", "sft", "mpo")]
    files = [each.data.meta_files for each in trained]
    assert files[2:] == [(str(out / "pairs/meta.json"),), (str(out / "labels/meta.json"),)]
    assert json.loads((out / "numbers.json").read_text("utf-8")) == {"training": {}}
    main([str(out), "--only", "prm"])
    assert len(trained) == 4


def test_models_of_ones_own_take_the_place_of_stages(trained: list[Recipe], tmp_path: Path) -> None:
    own = tmp_path / "own/model"
    own.mkdir(parents=True)
    (own / "config.json").write_text("{}")
    main([str(tmp_path / "out"), "--only", "mpo", "--model", f"sft={own}"])
    assert [(each.stage, each.init) for each in trained] == [("mpo", str(own))]


@pytest.mark.parametrize("wrong", [["--budget", "dream=3"], ["--model", "sft=/no/such"]])
def test_mistakes_are_told_before_anything_is_trained(
    trained: list[Recipe], tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path / "out"), *wrong])
    assert wrong[1] in capsys.readouterr().err
    assert trained == []
