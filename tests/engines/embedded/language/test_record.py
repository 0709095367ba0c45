"""The model in the package is the one that its record means."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shuowen.engines.embedded.language.model import CHINESE_FILE, ENGLISH_FILE, MODEL_FOLDER
from shuowen.engines.embedded.language.ngrams import NgramModel
from shuowen.engines.embedded.language.record import RECORD_NAME, check_model, read_record
from shuowen.errors import ModelError

MOST_BYTES = 12_000_000


def test_the_files_are_those_that_are_meant() -> None:
    check_model()
    records = read_record()
    assert [each.file for each in records] == [CHINESE_FILE, ENGLISH_FILE]
    assert sum(each.num_bytes for each in records) <= MOST_BYTES
    for each in records:
        assert (MODEL_FOLDER / each.file).stat().st_size == each.num_bytes
        assert NgramModel.open(MODEL_FOLDER / each.file).header.licence == each.licence


def test_missing_and_damaged(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="record"):
        check_model(tmp_path)
    shutil.copy(MODEL_FOLDER / RECORD_NAME, tmp_path)
    with pytest.raises(ModelError, match="missing"):
        check_model(tmp_path)
    shutil.copy(MODEL_FOLDER / ENGLISH_FILE, tmp_path)
    data = bytearray((MODEL_FOLDER / CHINESE_FILE).read_bytes())
    data[-9] ^= 1
    (tmp_path / CHINESE_FILE).write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        check_model(tmp_path)
