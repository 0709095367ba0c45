"""Reading folders: damage, missing files and pickles are named; nothing outside is opened."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from shuowen.errors import ModelError
from shuowen.model.weights.rules import Piece, Run
from shuowen.model.weights.safetensors_header import read_header
from shuowen.model.weights.shards import open_checkpoint

INDEX = "model.safetensors.index.json"


def header(**entries: object) -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text


def entry(start: int, end: int, *shape: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def sharded(folder: Path) -> Path:
    """Two files and their index."""
    for number, name in enumerate("ab", 1):
        save_file({name: torch.full((3,), float(number))}, folder / f"model-{number}.safetensors")
    weight_map = {name: f"model-{number}.safetensors" for number, name in enumerate("ab", 1)}
    (folder / INDEX).write_text(json.dumps({"weight_map": weight_map}))
    return folder


DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "does not fit"),
    "cut in its length": (b"\x10\0\0", "does not fit"),
    "a header longer than the file": ((100).to_bytes(8, "little") + b"{}", "does not fit"),
    "a huge header": ((1 << 63).to_bytes(8, "little") + b"{}", "does not fit"),
    "a web page": (b"<!DOCTYPE html><html></html>", "does not fit"),
    "a header that is no JSON": ((4).to_bytes(8, "little") + b"{{{{", "makes no sense"),
    "a header that is a list": ((2).to_bytes(8, "little") + b"[]", "makes no sense"),
    "deep nesting": ((20_000).to_bytes(8, "little") + b"[" * 20_000, "makes no sense"),
    "bad metadata": (header(__metadata__=[1]), "makes no sense"),
    "cut short": (header(a=entry(0, 8, 2)) + b"1234", r"it has \d+ of \d+ bytes"),
    "an offset far beyond": (header(a=entry(1 << 40, (1 << 40) + 8, 2)) + b"12345678", "bytes"),
    "an offset before": (header(a=entry(-8, 0, 2)) + b"12345678", "size of a"),
    "a wrong size": (header(a=entry(0, 8, 3)) + b"12345678", "size of a"),
    "a negative shape": (header(a=entry(0, 8, -1, -2)) + b"12345678", "makes no sense"),
    "overlap": (header(a=entry(0, 8, 2), b=entry(4, 8, 1)) + b"12345678", "overlap"),
    "an unknown type": (header(a=entry(0, 8, 2, dtype="F3")) + b"12345678", "unknown type F3"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, name: str) -> None:
    content, named = DAMAGED[name]
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=f"model.safetensors.*{named}"):
        open_checkpoint(tmp_path)


@given(st.data())
def test_no_change_of_a_header_gets_past_the_checks_with_another_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "model.safetensors"
    content = bytearray(header(a=entry(0, 8, 2), b=entry(8, 12, 1)) + bytes(12))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        checkpoint = open_checkpoint(path.parent)
        for name in checkpoint.tensors:
            checkpoint.tensor(name)
    except ModelError:
        pass


def test_all_faulty_files_are_named_together(tmp_path: Path) -> None:
    folder = sharded(tmp_path)
    (folder / "model-1.safetensors").unlink()
    content = (folder / "model-2.safetensors").read_bytes()
    (folder / "model-2.safetensors").write_bytes(content[:-1])
    with pytest.raises(ModelError, match=r"model-1\S+ is missing.*model-2\S+ is damaged"):
        open_checkpoint(folder)


def test_a_missing_file_of_a_series_is_noticed_without_an_index(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "model-00001-of-00003.safetensors")
    save_file({"b": torch.ones(1)}, tmp_path / "model-00003-of-00003.safetensors")
    with pytest.raises(ModelError, match=r"model-00002-of-00003.safetensors is missing"):
        open_checkpoint(tmp_path)


def test_a_series_without_an_index_is_read(tmp_path: Path) -> None:
    sharded(tmp_path)
    (tmp_path / INDEX).unlink()
    assert set(open_checkpoint(tmp_path).tensors) == {"a", "b"}


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/passwd", "a/b.safetensors", 5])
def test_an_index_cannot_lead_out_of_its_folder(tmp_path: Path, name: object) -> None:
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(ModelError, match="not in its folder"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("text", ["{}", '{"weight_map": {}}', '{"weight_map": 3}', "[", "[]"])
def test_an_index_without_tensors_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(ModelError, match="index"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pth"])
def test_pickles_are_refused_unopened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"never read")
    with pytest.raises(ModelError, match="a pickle") as caught:
        open_checkpoint(tmp_path)
    assert "safetensors" in caught.value.hint


def test_a_folder_without_weights_is_said_to_hold_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no safetensors"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("make", [torch.float32, torch.bfloat16, torch.int8])
def test_rows_land_where_their_runs_say(tmp_path: Path, make: torch.dtype) -> None:
    stored = torch.arange(24).reshape(1, 6, 4).to(make)
    save_file({"a": stored}, tmp_path / "model.safetensors")
    piece = Piece("a", (1, 6, 4), (Run(0, 4, 2), Run(2, 0, 4)), num_leading_axes=1)
    target = torch.zeros(6, 4)
    open_checkpoint(tmp_path).copy_rows(piece, target)
    expected = torch.cat((stored[0, 2:], stored[0, :2])).float()
    assert torch.equal(target, expected)


def test_tensors_that_are_not_aligned_are_read(tmp_path: Path) -> None:
    content = header(a=entry(0, 1, 1, dtype="I8"), b=entry(1, 9, 2))
    values = torch.tensor([1.5, -2.5])
    (tmp_path / "model.safetensors").write_bytes(content + b"\x07" + values.numpy().tobytes())
    assert torch.equal(open_checkpoint(tmp_path).tensor("b"), values)


def test_views_that_outlive_the_checkpoint_stay_valid(tmp_path: Path) -> None:
    save_file({"a": torch.arange(1000.0)}, tmp_path / "model.safetensors")
    values = open_checkpoint(tmp_path).tensor("a")
    gc.collect()
    assert torch.equal(values, torch.arange(1000.0))


def test_the_place_of_a_tensor_counts_from_the_start_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.tensor([7.0])}, path)
    stored = read_header(path).tensors["a"]
    start = stored.start_byte
    assert path.read_bytes()[start : start + 4] == torch.tensor([7.0]).numpy().tobytes()
