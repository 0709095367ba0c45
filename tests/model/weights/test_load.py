"""Loading: every layout, every dtype, and one error for everything that does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from shuowen.errors import CapacityError, InternalError, ModelError
from shuowen.model.config_write import original_json
from shuowen.model.weights.load import load_model
from shuowen.model.weights.shards import Checkpoint
from tests.model.reference import FAMILIES
from tests.model.weights.upstream import (
    Tensors,
    assert_equal,
    original_tensors,
    random_model,
    write_tensors,
)

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)
QWEN = "300M and Qwen"
LM_HEAD = "language_model.lm_head.weight"
EMBED = "language_model.model.embed_tokens.weight"
GATE = "language_model.model.layers.1.mlp.gate_proj.weight"


def folder_of(path: Path, family: str, tensors: Tensors) -> Path:
    """An original folder with these tensors."""
    path.mkdir(exist_ok=True)
    write_tensors(path / "model.safetensors", tensors)
    config = original_json(FAMILIES[family], "float32")
    (path / "config.json").write_text(json.dumps(config))
    return path


@EVERY_FAMILY
def test_the_original_layout_is_read(tmp_path: Path, family: str) -> None:
    model = random_model(family)
    folder = folder_of(tmp_path, family, original_tensors(model))
    loaded = load_model(folder, dtype=torch.float32)
    assert_equal(loaded, model)
    assert not loaded.training
    assert loaded.config == model.config


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16, torch.float16])
def test_numbers_are_rounded_once_to_the_type_asked_for(
    tmp_path: Path, dtype: torch.dtype, stored: torch.dtype
) -> None:
    model = random_model(QWEN, dtype=stored)
    folder = folder_of(tmp_path, QWEN, original_tensors(model))
    assert_equal(load_model(folder, dtype=dtype), model.to(dtype))


def test_old_versions_buffers_are_passed_over(tmp_path: Path) -> None:
    model = random_model(QWEN)
    more = {"language_model.model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    folder = folder_of(tmp_path, QWEN, original_tensors(model) | more)
    assert_equal(load_model(folder, dtype=torch.float32), model)


def test_a_tied_head_is_the_embedding(tmp_path: Path) -> None:
    model = random_model(QWEN)
    tensors = original_tensors(model)
    del tensors[LM_HEAD]
    folder = folder_of(tmp_path, QWEN, tensors)
    with pytest.raises(ModelError, match="1 missing"):
        load_model(folder)
    config = original_json(FAMILIES[QWEN], "float32") | {"tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps(config))
    loaded = load_model(folder, dtype=torch.float32)
    assert torch.equal(loaded.language.head.weight, model.language.embedding.weight)


def test_progress_ends_at_the_size_of_the_weights(tmp_path: Path) -> None:
    model = random_model(QWEN)
    folder = folder_of(tmp_path, QWEN, original_tensors(model))
    calls: list[tuple[int, int]] = []
    load_model(folder, progress=lambda done, whole: calls.append((done, whole)))
    assert calls == sorted(calls)
    assert calls[-1] == (4 * model.num_parameters, 4 * model.num_parameters)


class Halved(nn.Module):
    """Stands for a quantised module: keeps its weights in a form of its own."""

    half_OI: Tensor
    bias_O: Tensor | None

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.register_buffer("half_OI", torch.empty(rows, columns, dtype=torch.float16))
        self.bias_O = None

    def set_weight(self, weight_OI: Tensor, bias_O: Tensor | None) -> None:
        self.half_OI = (weight_OI / 2).to(torch.float16)
        self.bias_O = bias_O


def halve_attention(model: nn.Module) -> None:
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and "language.layers" in name:
            path, _, own_name = name.rpartition(".")
            swapped = Halved(module.out_features, module.in_features)
            setattr(model.get_submodule(path), own_name, swapped)


@EVERY_FAMILY
def test_swapped_modules_get_assembled_weights(tmp_path: Path, family: str) -> None:
    model = random_model(family)
    folder = folder_of(tmp_path, family, original_tensors(model))
    loaded = load_model(folder, dtype=torch.float32, prepare=halve_attention)
    layer, expected = loaded.language.layers[1], model.language.layers[1]
    for mine, theirs in (
        (layer.attention.qkv, expected.attention.qkv),
        (layer.mlp.gate_up, expected.mlp.gate_up),
    ):
        assert isinstance(mine, Halved)
        assert torch.equal(mine.half_OI, (theirs.weight / 2).half())
    bias, expected_bias = layer.attention.qkv.bias_O, expected.attention.qkv.bias
    assert (bias is None) == (expected_bias is None)
    assert bias is None or torch.equal(bias, expected_bias)
    assert torch.equal(loaded.vision.patch.weight, model.vision.patch.weight)


def test_a_module_that_nothing_fills_is_a_bug(tmp_path: Path) -> None:
    model = random_model(QWEN)
    folder = folder_of(tmp_path, QWEN, original_tensors(model))

    def forget(prepared: nn.Module) -> None:
        prepared.register_buffer("forgotten", torch.empty(3))

    with pytest.raises(InternalError, match="forgotten"):
        load_model(folder, prepare=forget)


def test_all_that_does_not_fit_is_said_at_once(tmp_path: Path) -> None:
    tensors = original_tensors(random_model(QWEN))
    del tensors[LM_HEAD]
    for number in range(3):
        del tensors[f"vision_model.encoder.layers.{number}.ls1"]
    tensors["language_model.model.layers.7.mlp.up_proj.weight"] = torch.zeros(2, 2)
    tensors[GATE] = tensors[GATE][:-1]
    tensors[EMBED] = tensors[EMBED].to(torch.int8)
    with pytest.raises(ModelError) as caught:
        load_model(folder_of(tmp_path, QWEN, tensors))
    message = caught.value.message
    for expected in (
        "original layout",
        "4 missing (",
        "ls1, ",
        "…",
        "1 unexpected (language_model.model.layers.7.mlp.up_proj.weight)",
        f"1 of another shape ({GATE} [95, 64] instead of [96, 64])",
        f"1 not floating point ({EMBED} torch.int8)",
    ):
        assert expected in message


def test_weights_of_another_kind_of_model_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, QWEN, {"model.diffusion_model.weight": torch.zeros(2)})
    with pytest.raises(ModelError, match="names of no layout"):
        load_model(folder)


def test_weights_of_another_family_than_the_configuration_are_refused(tmp_path: Path) -> None:
    tensors = original_tensors(random_model("300M and InternLM"))
    with pytest.raises(ModelError, match=r"InternLM2 layout.*missing.*another shape"):
        load_model(folder_of(tmp_path, QWEN, tensors))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ],
)
def test_too_little_memory_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    folder = folder_of(tmp_path, QWEN, original_tensors(random_model(QWEN)))

    def copy_rows(*_: object) -> None:
        raise error

    monkeypatch.setattr(Checkpoint, "copy_rows", copy_rows)
    with pytest.raises(CapacityError, match="not enough memory on cpu"):
        load_model(folder)


def test_other_failures_are_not_taken_for_too_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path, QWEN, original_tensors(random_model(QWEN)))

    def copy_rows(*_: object) -> None:
        raise RuntimeError("The size of tensor a must match the size of tensor b")

    monkeypatch.setattr(Checkpoint, "copy_rows", copy_rows)
    with pytest.raises(RuntimeError, match="must match"):
        load_model(folder)


def test_the_message_of_the_processors_allocator_is_known() -> None:
    with pytest.raises(RuntimeError, match="allocate memory"):
        torch.empty(1 << 60, dtype=torch.int8)
