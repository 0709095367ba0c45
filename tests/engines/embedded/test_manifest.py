from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import shuowen.engines.embedded.manifest as manifest
from shuowen.engines.embedded.manifest import Weights, read_manifest
from shuowen.errors import ModelError

FOLDER = Path(manifest.__file__).parent / "weights"
LISTED = read_manifest()


def test_every_file_is_listed_once_and_nothing_else_is() -> None:
    there = {path.name for path in FOLDER.iterdir()}
    others = {name for name in there if name == "MANIFEST.json" or name.startswith("LICENSE")}
    assert sorted(weights.file for weights in LISTED) == sorted(there - others)


@pytest.mark.parametrize("weights", LISTED, ids=lambda weights: weights.file)
def test_every_file_is_the_one_that_is_meant(weights: Weights) -> None:
    weights.check()
    assert (FOLDER / weights.file).stat().st_size == weights.num_bytes


def test_missing_and_damaged_weights(tmp_path: Path) -> None:
    weights = min(LISTED, key=lambda each: each.num_bytes)
    with pytest.raises(ModelError, match="missing"):
        weights.check(tmp_path)
    data = bytearray((FOLDER / weights.file).read_bytes())
    data[-1] ^= 1
    (tmp_path / weights.file).write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        weights.check(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"weights": [{"file": 1}]}'])
def test_an_unusable_list(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "MANIFEST.json").write_bytes(content)
    with pytest.raises(ModelError, match="list of weights"):
        read_manifest(tmp_path)


def test_a_copy_of_the_list_reads_the_same(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "MANIFEST.json", tmp_path)
    assert read_manifest(tmp_path) == LISTED
