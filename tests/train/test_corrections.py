"""A file of corrections: what is cut out, what is asked, what is refused and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shuowen.errors import InputError
from shuowen.prompt.tasks import READING_PROMPTS
from shuowen.train.corrections import CropPicture, read_corrections
from shuowen.train.records import Conversation, Preference, messages_of

WIDTH, HEIGHT = 12, 8
ROW = {"image": "page.png", "chosen": "寿比南山", "rejected": "春比南山"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every pixel says where it is: red its column, green its row."""
    rows, columns = np.indices((HEIGHT, WIDTH), np.uint8)
    path = tmp_path_factory.mktemp("pages") / "page.png"
    Image.fromarray(np.stack((columns, rows, 0 * rows), axis=-1)).save(path)
    return path


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "corrections.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_correction_is_a_preference(page: Path) -> None:
    path = written(page.parent, ROW | {"box": [2, 1, 7, 5], "key": "seven"})
    (correction,) = read_corrections(path).corrections
    record = correction.preference()
    assert isinstance(record, Preference)
    assert (record.key, record.chosen, record.rejected) == ("seven", "寿比南山", "春比南山")
    pixels = record.pictures[0].load()
    assert pixels.shape == (4, 5, 3)
    assert pixels[0, 0].tolist() == [2, 1, 0]
    assert pixels[-1, -1].tolist() == [6, 4, 0]
    (message,) = messages_of(record.turns, record.pictures)
    assert READING_PROMPTS["text"]["zh"] in str(message.parts[-1])


def test_a_correction_is_a_conversation_too(page: Path) -> None:
    (correction,) = read_corrections(written(page.parent, ROW)).corrections
    record = correction.conversation()
    assert isinstance(record, Conversation)
    assert [turn.role for turn in record.turns] == ["user", "assistant"]
    assert record.turns[-1].text == "寿比南山"
    assert record.pictures[0].load().shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("fields", "prompt"),
    [
        ({"kind": "table", "language": "en"}, READING_PROMPTS["table"]["en"]),
        ({"handwritten": True}, READING_PROMPTS["handwriting"]["zh"]),
        ({"kind": "title", "language": "en"}, READING_PROMPTS["text"]["en"]),
    ],
)
def test_what_is_asked_hangs_on_kind_and_language(
    page: Path, fields: dict[str, Any], prompt: str
) -> None:
    (correction,) = read_corrections(written(page.parent, ROW | fields)).corrections
    assert correction.prompt == prompt


def test_unchanged_lines_are_left_out_and_counted(page: Path) -> None:
    same = ROW | {"rejected": ROW["chosen"]}
    file = read_corrections(written(page.parent, same, ROW, "", same))
    assert (len(file.corrections), file.num_unchanged) == (1, 2)
    assert file.corrections[0].key.endswith("corrections.jsonl:2")


def test_a_file_of_nothing_but_unchanged_lines_is_refused(page: Path) -> None:
    path = written(page.parent, ROW | {"rejected": ROW["chosen"]})
    with pytest.raises(InputError, match="no correction; 1 lines change nothing"):
        read_corrections(path)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "truncated"),
        ('["a"]', "Expected `object`"),
        ({"image": "page.png", "chosen": "x"}, "rejected"),
        (ROW | {"chosen": 7}, "chosen"),
        (ROW | {"bbox": [0, 0, 1, 1]}, "bbox"),
        (ROW | {"kind": "poem"}, "poem"),
        (ROW | {"language": "fr"}, "fr"),
        (ROW | {"box": [0, 0, 1]}, "box"),
        (ROW | {"box": [5, 0, 5, 3]}, "has no inside"),
        (ROW | {"box": [0, 6, 5, 3]}, "has no inside"),
        ('{"image": "a", "chosen": "b", "rejected": "c", "box": [0, 0, 1e999, 1]}', ""),
    ],
)
def test_a_damaged_line_is_named(page: Path, row: Any, says: str) -> None:
    path = written(page.parent, ROW, row)
    with pytest.raises(InputError) as raised:
        read_corrections(path)
    assert "corrections.jsonl:2 is no correction" in raised.value.message
    assert says in raised.value.message
    assert raised.value.hint


def test_bytes_that_are_no_text_are_named(page: Path) -> None:
    path = page.parent / "corrections.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b'\n{"image": "\xff"}\n')
    with pytest.raises(InputError, match="corrections.jsonl:2"):
        read_corrections(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl cannot be read"):
        read_corrections(tmp_path / "none.jsonl")


EDGES = st.floats(-30, 30)


@given(x=st.tuples(EDGES, EDGES), y=st.tuples(EDGES, EDGES))
def test_boxes_are_cut_at_the_edge_of_the_page(
    page: Path, x: tuple[float, float], y: tuple[float, float]
) -> None:
    (left, right), (top, bottom) = sorted(x), sorted(y)
    if left == right or top == bottom:
        return
    picture = CropPicture(page, (left, top, right, bottom), "file:3")
    if right <= 0 or bottom <= 0 or left >= WIDTH or top >= HEIGHT:
        with pytest.raises(InputError, match="file:3: the box"):
            picture.load()
        return
    pixels = picture.load()
    assert pixels[0, 0].tolist() == [max(np.floor(left), 0), max(np.floor(top), 0), 0]
    expected = [min(np.ceil(right), WIDTH) - 1, min(np.ceil(bottom), HEIGHT) - 1, 0]
    assert pixels[-1, -1].tolist() == expected


def test_pictures_may_lie_in_another_folder(page: Path, tmp_path: Path) -> None:
    path = written(tmp_path, ROW)
    (correction,) = read_corrections(path, image_root=page.parent).corrections
    assert correction.picture.load().shape == (HEIGHT, WIDTH, 3)
    (lost,) = read_corrections(path).corrections
    with pytest.raises(InputError, match=r"page\.png"):
        lost.picture.load()
