"""Where crops come from: made ones by seed, real ones by truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shuowen.errors import InputError
from shuowen.evals.crops.crop import made_crops, real_crops, writable_ones
from shuowen.evals.crops.positions import by_tiles, num_tiles
from shuowen.train.nano.model import NANO

KINDS = {"printed", "handwriting"}
LEVELS = {"clean", "mild", "strong"}


def test_made_crops_are_those_of_their_seeds_and_writable() -> None:
    crops = made_crops(6, first_seed=3)
    assert [crop.key for crop in crops] == [f"held_out/{seed}" for seed in range(3, 9)]
    again = made_crops(2, first_seed=4)
    assert np.array_equal(crops[1].pixels, again[0].pixels)
    assert crops[1].text == again[0].text
    assert writable_ones(crops) == crops
    for crop in crops:
        assert len(KINDS.intersection(crop.labels)) == len(LEVELS.intersection(crop.labels)) == 1
    assert [crop.text for crop in made_crops(6, 3, "train")] != [crop.text for crop in crops]


def write_set(folder: Path, rows: list[dict[str, str]]) -> None:
    folder.mkdir(parents=True)
    for row in rows:
        Image.new("RGB", (90, 30), "white").save(folder / row["file"])
    lines = (json.dumps({"kind": "handwriting", **row}) for row in rows)
    (folder / "truth.jsonl").write_text("\n".join(lines), encoding="utf-8")


def test_real_crops_are_the_lines_of_the_sets_that_are_there(tmp_path: Path) -> None:
    rows = [
        {"file": "a.png", "text": "一百二十", "group": "writer1"},
        {"file": "b.png", "text": "囧"},
    ]
    write_set(tmp_path / "hw_zh_numerals", rows)
    found = real_crops(tmp_path)
    assert [(crop.text, crop.group, crop.is_writable) for crop in found] == [
        ("一百二十", "hw_zh_numerals/writer1", True),
        ("囧", "hw_zh_numerals/b.png", False),
    ]
    assert found[0].pixels.shape == (30, 90, 3)
    assert [crop.text for crop in writable_ones(found)] == ["一百二十"]
    assert real_crops(tmp_path, ["hw_open_lines"]) == []


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    write_set(tmp_path / "hw_open_lines", [{"file": "a.png", "text": "a"}])
    (tmp_path / "hw_open_lines" / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png"):
        real_crops(tmp_path)


def test_crops_are_grouped_by_the_tiles_that_the_model_cuts() -> None:
    crops = made_crops(12)
    counts = [num_tiles(crop, NANO) for crop in crops]
    groups = by_tiles(crops, [(1, 4), (5, 16)], NANO)
    assert [len(each) for each in groups.values()] == [
        sum(count <= 4 for count in counts),
        sum(count > 4 for count in counts),
    ]
    assert max(num_tiles(crop, NANO, max_tiles=2) for crop in crops) <= 2
