"""Models that come with the package have a name, and no hub is asked for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shuowen.errors import ModelError, UsageError
from shuowen.hub import packaged
from shuowen.hub.catalogue import KNOWN_MODELS
from shuowen.hub.download import resolve_model
from shuowen.hub.names import parse_name
from shuowen.hub.packaged import PACKAGED, REINSTALL, packaged_folder


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The name stands for an empty folder."""
    here = {"shuowen-nano": tmp_path / "nano"}
    monkeypatch.setattr(packaged, "PACKAGED", here)
    monkeypatch.setattr("shuowen.hub.download.PACKAGED", here)
    return tmp_path / "nano"


def test_the_name_stands_for_a_folder_of_the_package() -> None:
    assert parse_name("shuowen-nano") == PACKAGED["shuowen-nano"]
    assert PACKAGED["shuowen-nano"].parent == Path(packaged.__file__).parents[1]
    assert packaged_folder("shuowen-mini") is None
    assert [model.name for model in KNOWN_MODELS if model.is_packaged] == list(PACKAGED)


def test_a_folder_of_that_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shuowen-nano").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_name("shuowen-nano") == Path("shuowen-nano")


def test_a_name_that_is_nearly_right_is_named() -> None:
    with pytest.raises(UsageError, match="Did you mean shuowen-nano"):
        parse_name("shuowen-nanno")


def test_an_installation_without_its_files_says_so(nowhere: Path) -> None:
    with pytest.raises(ModelError, match="lacks config.json") as caught:
        resolve_model("shuowen-nano")
    assert REINSTALL in str(caught.value)
    nowhere.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (nowhere / name).write_text("{}")
    assert resolve_model("shuowen-nano") == nowhere
