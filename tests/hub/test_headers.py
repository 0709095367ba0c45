"""Headers of safetensors files, whole and damaged; the library that defines them is the judge."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shuowen.errors import ModelError
from shuowen.hub.headers import read_header
from tests.hub.fake_hub import safetensors

safetensors_numpy = pytest.importorskip("safetensors.numpy")


def write(path: Path, header: object, data: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def test_a_file_of_the_library_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    arrays = {"a": np.zeros((3, 4), np.float16), "b": np.ones((), np.int64)}
    safetensors_numpy.save_file(arrays, path, metadata={"format": "pt"})
    header = read_header(path)
    assert {name: (each.dtype, each.shape) for name, each in header.items()} == {
        "a": ("F16", (3, 4)),
        "b": ("I64", ()),
    }
    assert sum(each.num_parameters for each in header.values()) == 13


@pytest.mark.parametrize("num_bytes", [0, 7, 8, 40, -1])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, num_bytes: int) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors(a=(2, 3))[:num_bytes])
    with pytest.raises(ModelError, match="no whole safetensors file"):
        read_header(path)


@pytest.mark.parametrize(
    ("offsets", "shape", "num_bytes"),
    [
        ([0, 12], [2, 3], 13),
        ([1, 13], [2, 3], 13),
        ([0, 10], [2, 3], 10),
        ([0, -12], [2, 3], 0),
        ([0, 12], [-2, -3], 12),
        ([0, 12.0], [2, 3], 12),
        ([0], [2, 3], 12),
    ],
)
def test_a_header_that_lies_is_refused(
    tmp_path: Path, offsets: list[int], shape: list[int], num_bytes: int
) -> None:
    entry = {"dtype": "BF16", "shape": shape, "data_offsets": offsets}
    path = write(tmp_path / "m.safetensors", {"a": entry}, b"\0" * num_bytes)
    with pytest.raises(ModelError, match="no whole safetensors file"):
        read_header(path)


@pytest.mark.parametrize("header", [[], "x", {"a": 3}, {"a": {}}])
def test_a_header_of_another_kind_is_refused(tmp_path: Path, header: object) -> None:
    with pytest.raises(ModelError, match="no whole safetensors file"):
        read_header(write(tmp_path / "m.safetensors", header, b""))
