"""A model's file is read as it was written, and a damaged one is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shuowen.engines.embedded.language.storage import MAGIC, open_file
from shuowen.errors import ModelError
from tests.engines.embedded.language.small_model import SYMBOLS, levels, packed, write_model


def test_arrays_come_back(tmp_path: Path) -> None:
    header, read = open_file(write_model(tmp_path))
    written = levels()
    assert header.symbols == SYMBOLS
    for one, other in zip(read, written, strict=True):
        assert list(one.symbols) == other.last.tolist()
    for one, below in zip(read, written[1:], strict=False):
        assert one.children[0] == 0
        assert one.children[-1] == len(below.keys)
    assert len(read[-1].children) == len(read[-1].backoffs) == 0


def test_a_missing_and_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        open_file(tmp_path / "none.lm")
    (tmp_path / "empty.lm").touch()
    with pytest.raises(ModelError, match="missing"):
        open_file(tmp_path / "empty.lm")


@pytest.mark.parametrize("length", [3, 6, 12, 100, -8, -1])
def test_a_file_cut_short(tmp_path: Path, length: int) -> None:
    path = write_model(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ModelError, match="damaged"):
        open_file(path)


def test_a_file_with_more_at_its_end(tmp_path: Path) -> None:
    path = write_model(tmp_path)
    path.write_bytes(path.read_bytes() + bytes(8))
    with pytest.raises(ModelError, match="length"):
        open_file(path)


def test_another_kind_of_file_and_another_version(tmp_path: Path) -> None:
    path = tmp_path / "small.lm"
    data = packed(levels())
    path.write_bytes(b"XXXX" + data[4:])
    with pytest.raises(ModelError, match="begin"):
        open_file(path)
    path.write_bytes(data.replace(b'"version":1', b'"version":2'))
    with pytest.raises(ModelError, match="version 2"):
        open_file(path)
    path.write_bytes(MAGIC + b"\xff\xff\xff\x7f{}")
    with pytest.raises(ModelError, match="damaged"):
        open_file(path)


def test_levels_that_do_not_fit_together(tmp_path: Path) -> None:
    path = write_model(tmp_path)
    header, read = open_file(path)
    data = bytearray(path.read_bytes())
    wanted = np.array(read[0].children).astype("<u4").tobytes()
    start = bytes(data).index(wanted)
    data[start] = 7
    path.write_bytes(data)
    with pytest.raises(ModelError, match="fit together"):
        open_file(path)
