"""A recipe's sources have the shares that it asks for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shuowen.errors import UsageError
from shuowen.train.recipe import DataOptions, MadeData
from shuowen.train.recipe_data import open_sources
from shuowen.train.recipes import RECIPES
from shuowen.train.records import Conversation, Preference

LINES = MadeData(name="lines", options={"num_records": 10})
TEXTS = MadeData(name="texts")


def write_meta(folder: Path) -> str:
    Image.fromarray(np.full((20, 40, 3), 255, np.uint8)).save(folder / "a.png")
    talk = [{"from": "human", "value": "<image>\nRead."}, {"from": "gpt", "value": "A"}]
    row = {"id": 0, "image": "a.png", "conversations": talk}
    (folder / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 3)
    entry = {"root": ".", "annotation": "rows.jsonl", "data_augment": False, "length": 3}
    (folder / "meta.json").write_text(json.dumps({"mine": entry}))
    return str(folder / "meta.json")


def write_corrections(folder: Path) -> str:
    row = {"image": "a.png", "chosen": "甲", "rejected": "乙"}
    (folder / "corrections.jsonl").write_text(f"{json.dumps(row)}\n" * 4)
    return str(folder / "corrections.jsonl")


def test_made_data_take_half_beside_ones_own(tmp_path: Path) -> None:
    data = DataOptions(meta_files=(write_meta(tmp_path),), made=(LINES, TEXTS))
    weights = [each.weight for each in open_sources(data, 0)]
    assert weights == pytest.approx([0.5, 0.25, 0.25])
    alone = open_sources(DataOptions(made=(LINES,)), 0)
    assert [(len(each), each.weight) for each in alone] == [(10, 1.0)]


def test_language_gets_its_share() -> None:
    sources = open_sources(DataOptions(made=(LINES, TEXTS), language_share=0.25), 0)
    shares = {each.is_multimodal: each.weight for each in sources}
    assert shares == pytest.approx({False: 0.25, True: 0.75})
    with pytest.raises(UsageError, match="no source without pictures"):
        open_sources(DataOptions(made=(LINES,), language_share=0.25), 0)
    with pytest.raises(UsageError, match="no source with pictures"):
        open_sources(DataOptions(made=(TEXTS,), language_share=0.25), 0)


def test_corrections_stand_beside_what_must_not_be_forgotten(tmp_path: Path) -> None:
    write_meta(tmp_path)
    files = (write_corrections(tmp_path),)
    pairs = MadeData(name="line_preferences")
    mine, other = open_sources(DataOptions(made=(pairs,), corrections=files, replay=3), 0)
    assert other.weight / mine.weight == pytest.approx(3)
    assert isinstance(mine.record(0), Preference)
    assert isinstance(other.record(0), Preference)
    (alone,) = open_sources(DataOptions(corrections=files, replay=0), 0)
    assert len(alone) == 4
    (told,) = open_sources(
        DataOptions(corrections=files, replay=0, correction_form="conversation"), 0
    )
    assert isinstance(told.record(0), Conversation)
    with pytest.raises(UsageError, match="no general data"):
        open_sources(DataOptions(corrections=files), 0)


def test_no_data_say_what_to_do() -> None:
    with pytest.raises(UsageError, match="--data META.json"):
        open_sources(DataOptions(), 0)


@pytest.mark.parametrize("name", [name for name, each in RECIPES.items() if each.data.made])
def test_made_sources_of_all_recipes_are_there(name: str) -> None:
    assert open_sources(RECIPES[name].data, 0)
