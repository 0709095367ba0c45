"""Quantised folders: the same numbers as quantising while loading, on less disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch

from shuowen.errors import ModelError, OutputError, UsageError
from shuowen.model.config_json import load_json, read_config_json
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.model.precision import Precision, prepare
from shuowen.model.quantise import quantise_folder
from shuowen.model.weights.load import load_model
from shuowen.model.weights.quantised import own_tensors
from shuowen.model.weights.save import save_model
from tests.model.test_precision import CONFIG
from tests.prompt.tiny_tokenizer import write_tokenizer

INT8 = Precision(language="int8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = InternVL(CONFIG)
    init_weights(model, seed=1)
    source, folder = tmp_path_factory.mktemp("tokenizer"), tmp_path_factory.mktemp("models") / "one"
    write_tokenizer(source)
    save_model(model.to(torch.bfloat16), source / "plain", "original")
    (source / "plain" / "config.json").rename(source / "config.json")
    save_model(model, folder, "original", source_folder=source)
    return folder


@pytest.mark.parametrize(
    "precision",
    [INT8, Precision(language="int4"), Precision(language="int4", vision="int8")],
    ids=str,
)
def test_a_quantised_folder_loads_as_if_quantised_while_loading(
    folder: Path, precision: Precision, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    quantise_folder(folder, tmp_path / "out", precision, lambda *done: seen.append(done))
    expected = load_model(folder, prepare=partial(prepare, precision=precision))
    actual = load_model(tmp_path / "out")
    for (name, ours), theirs in zip(
        own_tensors(actual).items(), own_tensors(expected).values(), strict=True
    ):
        assert ours.dtype == theirs.dtype and torch.equal(ours, theirs), name
    assert seen[-1][0] == seen[-1][1] > 0
    assert size(tmp_path / "out") < size(folder)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def test_the_folder_says_how_it_is_quantised_and_has_its_tokenizer(
    folder: Path, tmp_path: Path
) -> None:
    quantise_folder(folder, tmp_path / "out", INT8)
    assert read_config_json(tmp_path / "out").precision == {"language": "int8", "vision": "same"}
    names = {path.name for path in folder.iterdir()} - {"config.json"}
    assert "vocab.json" in names and names <= {path.name for path in (tmp_path / "out").iterdir()}
    assert read_config_json(folder).precision is None


def test_what_makes_no_sense_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no quantisation"):
        quantise_folder(folder, tmp_path / "out", Precision())
    quantise_folder(folder, tmp_path / "out", INT8)
    with pytest.raises(UsageError, match="quantised already"):
        quantise_folder(tmp_path / "out", tmp_path / "again", INT8)
    with pytest.raises(OutputError, match="not empty"):
        quantise_folder(folder, tmp_path / "out", INT8)


def test_weights_that_do_not_fit_are_listed(folder: Path, tmp_path: Path) -> None:
    quantise_folder(folder, tmp_path / "out", INT8)
    config = (tmp_path / "out" / "config.json").read_text()
    said = load_json(tmp_path / "out" / "config.json")["quantization_config"]["language"]
    (tmp_path / "out" / "config.json").write_text(config.replace(f'"{said}"', '"int4"'))
    with pytest.raises(ModelError, match="of another shape or type") as caught:
        load_model(tmp_path / "out")
    assert "shuowen models quantize" in caught.value.hint
