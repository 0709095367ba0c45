"""Saving: exact round trips, what goes with the weights, and never half a folder."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from shuowen.errors import ModelError, OutputError
from shuowen.model.config_write import original_json
from shuowen.model.weights import save
from shuowen.model.weights.load import load_model
from shuowen.model.weights.save import save_model
from tests.model.reference import FAMILIES, PLACEHOLDER
from tests.model.weights.upstream import assert_equal, original_tensors, random_model

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)
QWEN = "300M and Qwen"


def source_folder(path: Path, **entries: object) -> Path:
    """A folder with a tokenizer, Python code and settings, in the original form."""
    path.mkdir()
    config = original_json(FAMILIES[QWEN], "bfloat16") | {"auto_map": {"AutoModel": "m.M"}}
    (path / "config.json").write_text(json.dumps(config | entries))
    for name in ("tokenizer_config.json", "generation_config.json", "preprocessor_config.json"):
        (path / name).write_text(f'{{"name": "{name}"}}')
    token = {"id": PLACEHOLDER, "content": "<IMG_CONTEXT>"}
    (path / "tokenizer.json").write_text(json.dumps({"added_tokens": [token]}))
    (path / "modeling_internvl_chat.py").write_text("# theirs\n")
    (path / "model.safetensors").write_bytes(b"weights are never copied")
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@EVERY_FAMILY
def test_the_original_layout_is_written(tmp_path: Path, family: str) -> None:
    model = random_model(family)
    save_model(model, tmp_path / "saved", "original")
    found = load_file(tmp_path / "saved" / "model.safetensors")
    expected = original_tensors(model)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert torch.equal(found[name], values), name


@EVERY_FAMILY
@pytest.mark.parametrize("layout", ["original", "hf"])
def test_a_saved_model_comes_back_bit_for_bit(tmp_path: Path, family: str, layout: Any) -> None:
    model = random_model(family, dtype=torch.bfloat16)
    source = source_folder(tmp_path / "source")
    save_model(model, tmp_path / "saved", layout, source_folder=source, max_shard_bytes=50_000)
    assert len(list((tmp_path / "saved").glob("model-*.safetensors"))) > 3
    loaded = load_model(tmp_path / "saved")
    assert_equal(loaded, model)
    assert loaded.config.language == model.config.language
    assert loaded.config.vision == model.config.vision


def test_the_type_of_the_saved_weights_can_be_chosen(tmp_path: Path) -> None:
    model = random_model(QWEN)
    save_model(model, tmp_path / "saved", "original", dtype=torch.float16)
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["torch_dtype"] == "float16"
    assert_equal(load_model(tmp_path / "saved", dtype=torch.float16), model.half())


def test_what_other_engines_need_goes_along(tmp_path: Path) -> None:
    source = source_folder(tmp_path / "source")
    save_model(random_model(QWEN), tmp_path / "saved", "original", source_folder=source)
    assert names(tmp_path / "saved") == names(source)
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["architectures"] == ["InternVLChatModel"]
    assert config["auto_map"] == {"AutoModel": "m.M"}
    assert config["llm_config"]["architectures"] == ["Qwen2ForCausalLM"]
    assert config["torch_dtype"] == "float32"


def test_what_means_nothing_in_the_other_form_stays_behind(tmp_path: Path) -> None:
    source = source_folder(tmp_path / "source")
    save_model(random_model(QWEN), tmp_path / "saved", "hf", source_folder=source)
    left_behind = {"preprocessor_config.json", "modeling_internvl_chat.py"}
    assert names(source) - names(tmp_path / "saved") == left_behind
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["image_token_id"] == PLACEHOLDER
    assert "auto_map" not in config


def test_hf_without_a_known_placeholder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="IMG_CONTEXT"):
        save_model(random_model(QWEN), tmp_path / "saved", "hf")
    assert not names(tmp_path)


def test_a_quantised_model_is_refused(tmp_path: Path) -> None:
    class Quantised(nn.Module):
        def set_weight(self, weight_OI: torch.Tensor, bias_O: torch.Tensor | None) -> None:
            raise AssertionError

    model = random_model(QWEN)
    model.projector.linear1 = Quantised()  # type: ignore[assignment]
    with pytest.raises(ModelError, match="quantised"):
        save_model(model, tmp_path / "saved", "original")
    assert not names(tmp_path)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="nothing was written"):
            save_model(random_model(QWEN), tmp_path, "original", overwrite=overwrite)
    assert names(tmp_path) == {"thesis.tex"}


def test_a_model_folder_is_replaced_when_told(tmp_path: Path) -> None:
    first, second = random_model(QWEN, seed=1), random_model(QWEN, seed=2)
    folder = tmp_path / "saved"
    folder.mkdir()
    save_model(first, folder, "original")
    with pytest.raises(OutputError, match="not empty"):
        save_model(second, folder, "original")
    assert_equal(load_model(folder, dtype=torch.float32), first)
    save_model(second, folder, "original", source_folder=folder, overwrite=True)
    assert_equal(load_model(folder, dtype=torch.float32), second)
    assert names(tmp_path) == {"saved"}


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(folder: Path, *_: object) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(save, "write_shards", write)
    with pytest.raises(OutputError, match="No space left") as caught:
        save_model(random_model(QWEN), tmp_path / "saved", "original")
    assert "Free some space" in caught.value.hint
    assert not names(tmp_path)


def test_a_broken_save_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model(QWEN)
    save_model(model, tmp_path / "saved", "original")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(save, "write_shards", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_model(random_model(QWEN, seed=3), tmp_path / "saved", "original", overwrite=True)
    assert names(tmp_path) == {"saved"}
    assert_equal(load_model(tmp_path / "saved", dtype=torch.float32), model)
