"""Files of rows: every form, found by index, and damage named by its line."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shuowen.errors import InputError, UsageError
from shuowen.train.jsonl import JsonlSource, row_starts
from shuowen.train.records import Conversation, FilePicture, Preference, Turn
from tests.train.small_data import pixels

PLAIN = {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}


def written(folder: Path, *rows: Mapping[str, Any] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path = folder / "rows.jsonl"
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


def test_upstream_rows(tmp_path: Path) -> None:
    said = [
        {"from": "system", "value": "你好"},
        {"from": "human", "value": "<image>\nQ"},
        {"from": "gpt", "value": "A"},
    ]
    size = {"id": 3, "width": 56, "height": 28}
    path = written(
        tmp_path,
        {**size, "image": "sub/a.png", "conversations": said},
        {**size, "image": ["a.png", "b.png"], "conversations": said[1:]},
        {**size, "conversations": said[1:]},
    )
    source = JsonlSource(path, tmp_path / "pictures")
    first, second, third = (source.record(index) for index in range(3))
    turns = (Turn("system", "你好"), Turn("user", "<image>\nQ"), Turn("assistant", "A"))
    assert isinstance(first, Conversation)
    assert isinstance(third, Conversation)
    assert first.turns == turns
    assert first.pictures == (FilePicture(tmp_path / "pictures/sub/a.png"),)
    assert [each.path.name for each in second.pictures if isinstance(each, FilePicture)] == [
        "a.png",
        "b.png",
    ]
    assert third.turns == turns[1:]
    assert not third.pictures
    assert source.is_multimodal
    assert source.weight == len(source) == 3
    assert len({first.key, second.key, third.key}) == 3


def test_upstream_preferences(tmp_path: Path) -> None:
    row = {"image": "a.png", "question": "Q", "chosen": "good", "rejected": "bad"}
    record = JsonlSource(written(tmp_path, row)).record(0)
    assert isinstance(record, Preference)
    assert record.turns == (Turn("user", "Q"),)
    assert (record.chosen, record.rejected) == ("good", "bad")
    assert record.pictures == (FilePicture(tmp_path / "a.png"),)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{no json", "no JSON"),
        ("[1]", "no JSON object"),
        ('{"conversations": []}', "list of turns"),
        ('{"conversations": [{"from": "robot", "value": "A"}]}', "turn 1 is not from human"),
        ('{"conversations": [{"from": "human"}]}', '"value" is missing'),
        ('{"conversations": [{"from": "human", "value": 4}]}', '"value" is a int, not text'),
        ('{"conversations": [{"from": "human", "value": "Q"}]}', "nothing to learn"),
        ('{"question": "Q", "chosen": "A"}', '"rejected" is missing'),
        ('{"image": 3, "conversations": []}', '"image" is not the path'),
        ('{"video": "a.mp4", "conversations": []}', "videos are not supported"),
        ('{"caption": "A"}', "none of conversations"),
    ],
)
def test_damage_is_named_by_file_and_line(tmp_path: Path, row: str, says: str) -> None:
    source = JsonlSource(written(tmp_path, PLAIN, "", PLAIN, row, PLAIN))
    assert len(source) == 4
    with pytest.raises(InputError) as caught:
        source.record(2)
    assert f"{tmp_path / 'rows.jsonl'}, line 4: " in caught.value.message
    assert says in caught.value.message
    assert caught.value.hint
    assert source.record(3).key  # the others are as good as before


def test_system_may_only_come_first(tmp_path: Path) -> None:
    said = [*PLAIN["conversations"], {"from": "system", "value": "S"}]
    source = JsonlSource(written(tmp_path, PLAIN, {"conversations": said}))
    with pytest.raises(InputError, match="line 2: turn 3 is from system"):
        source.record(1)


def test_a_missing_picture_is_named_when_it_is_opened(tmp_path: Path) -> None:
    source = JsonlSource(written(tmp_path, {**PLAIN, "image": "gone.png"}))
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        source.record(0).pictures[0].load()
    Image.fromarray(pixels(1)).save(tmp_path / "gone.png")
    assert np.array_equal(source.record(0).pictures[0].load(), pixels(1))


def test_rows_are_found_whatever_the_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    for text in (b"{}\n\n{}\r\n\r\n{}", b"\n{}\n{}\n \n{}\n\n", b"{}\n{}\n{}"):
        path.write_bytes(text)
        starts = row_starts(path)
        assert [text[start : start + 2] for start in starts] == [b"{}"] * 3


def test_a_share_is_taken_evenly_over_the_file(tmp_path: Path) -> None:
    rows = [{**PLAIN, "image": f"{index}.png"} for index in range(10)]
    source = JsonlSource(written(tmp_path, *rows), share=0.4)
    pictures = [source.record(index).pictures[0] for index in range(len(source))]
    names = [each.path.stem for each in pictures if isinstance(each, FilePicture)]
    assert names == ["0", "2", "5", "7"]
    with pytest.raises(UsageError):
        JsonlSource(source.path, share=0)


def test_it_can_be_sent_to_another_process(tmp_path: Path) -> None:
    source = JsonlSource(written(tmp_path, PLAIN, PLAIN))
    assert pickle.loads(pickle.dumps(source)).record(1) == source.record(1)


def test_files_without_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        JsonlSource(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no rows"):
        JsonlSource(written(tmp_path, "", " "))
    with pytest.raises(InputError, match="line 1"):
        JsonlSource(written(tmp_path, "{broken"))
