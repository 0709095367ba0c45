"""Upstream's meta.json: files, shares and repetitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import InputError
from shuowen.train.records import FilePicture
from shuowen.train.sources import sources_from_meta


def folder_with(folder: Path, **entry: Any) -> Path:
    said = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]
    rows = [json.dumps({"image": f"{index}.png", "conversations": said}) for index in range(8)]
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    whole = {"root": "pictures/", "annotation": "rows.jsonl", "length": 8, **entry}
    path = folder / "meta.json"
    path.write_text(json.dumps({"receipts": whole}), encoding="utf-8")
    return path


def test_what_an_entry_says(tmp_path: Path) -> None:
    path = folder_with(tmp_path, data_augment=True, max_dynamic_patch=12, repeat_time=1)
    (source,) = sources_from_meta(path)
    assert (source.name, source.augment, source.max_tiles) == ("receipts", True, 12)
    assert (len(source), source.weight) == (8, 8)
    assert source.record(3).pictures == (FilePicture(tmp_path / "pictures/3.png"),)


def test_a_bare_entry_leaves_the_rest_to_the_model(tmp_path: Path) -> None:
    (source,) = sources_from_meta(folder_with(tmp_path))
    assert (source.augment, source.max_tiles, source.weight) == (False, None, 8)


def test_repeat_time_above_one_is_drawn_more_often(tmp_path: Path) -> None:
    (source,) = sources_from_meta(folder_with(tmp_path, repeat_time=2.5))
    assert (len(source), source.weight) == (8, 20)


def test_repeat_time_below_one_is_a_part_of_the_rows(tmp_path: Path) -> None:
    (source,) = sources_from_meta(folder_with(tmp_path, repeat_time=0.5))
    assert (len(source), source.weight) == (4, 4)
    assert len({source.record(index).pictures for index in range(4)}) == 4


def test_paths_are_tried_from_the_current_folder_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder_with(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    moved = path.rename(tmp_path / "elsewhere/meta.json")
    assert len(sources_from_meta(moved)) == 1


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"annotation": "gone.jsonl"}, "does not exist"),
        ({"annotation": None}, "annotation of receipts"),
        ({"root": 3}, "root of receipts"),
        ({"repeat_time": 0}, "repeat_time of receipts is 0"),
        ({"repeat_time": "twice"}, "repeat_time of receipts is 'twice'"),
        ({"max_dynamic_patch": True}, "max_dynamic_patch of receipts"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, entry: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        sources_from_meta(folder_with(tmp_path, **entry))
    assert says in caught.value.message


def test_a_file_that_is_no_meta_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "meta.json"
    for text in ("{broken", "[]", "{}", '{"a": 1}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"meta\.json"):
            sources_from_meta(path)
