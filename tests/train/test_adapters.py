"""Adapters change nothing at first, are all that learns, and merge into an ordinary model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from shuowen.errors import MissingExtraError, ModelError, UsageError
from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.model.weights.load import load_model
from shuowen.model.weights.save import save_model
from shuowen.train.adapters import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    adapter_state,
    add_adapter,
    load_adapter,
    merge_adapter,
    save_adapter,
    set_trainable,
)
from shuowen.train.recipe import Adapter

CONFIG = ModelConfig(
    vision=VisionConfig(width=32, depth=1, num_heads=2, mlp_width=64, tile_side_px=56),
    language=LanguageConfig(
        width=64,
        num_layers=2,
        num_heads=4,
        num_kv_heads=2,
        head_width=16,
        mlp_width=128,
        vocab_size=120,
    ),
)
KINDS = [
    Adapter(
        kind=kind,
        rank=4,
        dropout=0.0,
        parts=("language", "vision", "projector"),
        frozen_dtype="fp32",
    )
    for kind in ("lora", "dora")
]
EACH_KIND = pytest.mark.parametrize("adapter", KINDS, ids=lambda each: each.kind)


def fresh() -> InternVL:
    model = InternVL(CONFIG)
    init_weights(model, 0)
    return model.eval()


def logits(model: InternVL) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    token_ids_T = torch.randint(0, 120, (12,), generator=generator)
    visual_mask_T = torch.arange(12) < CONFIG.visual_tokens_per_tile
    pixels_MCHW = torch.randn(1, 3, 56, 56, generator=generator)
    logits_TV: torch.Tensor = model(
        token_ids_T, torch.arange(12.0), (12,), visual_mask_T, pixels_MCHW
    )
    return logits_TV


def train_a_little(model: InternVL) -> None:
    learning = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=0.02)
    for _ in range(4):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits(model), torch.arange(12)).backward()
        optimiser.step()


@EACH_KIND
def test_an_adapter_changes_nothing_before_training(adapter: Adapter) -> None:
    model = fresh()
    before = logits(model)
    add_adapter(model, adapter)
    torch.testing.assert_close(logits(model), before, rtol=1e-5, atol=1e-6)


@EACH_KIND
def test_only_the_adapter_learns(adapter: Adapter) -> None:
    model = fresh()
    add_adapter(model, adapter)
    learning = {name for name, each in model.named_parameters() if each.requires_grad}
    assert learning == set(adapter_state(model))
    frozen = {n: p.clone() for n, p in model.named_parameters() if n not in learning}
    train_a_little(model)
    assert all(torch.equal(dict(model.named_parameters())[n], p) for n, p in frozen.items())
    assert all(each.grad is not None for each in model.parameters() if each.requires_grad)
    per_layer = {name.partition(".lora_")[0] for name in learning}
    assert len(per_layer) == 2 * 4 + 1 * 4 + 2


@EACH_KIND
def test_a_merged_model_answers_as_the_adapted_one_and_is_saved_as_upstream(
    adapter: Adapter, tmp_path: Path
) -> None:
    model = fresh()
    before = logits(model)
    add_adapter(model, adapter)
    train_a_little(model)
    adapted = logits(model)
    assert (adapted - before).abs().max() > 0.01
    merge_adapter(model)
    torch.testing.assert_close(logits(model), adapted, rtol=1e-4, atol=1e-4)
    assert set(dict(model.named_parameters())) == set(dict(fresh().named_parameters()))
    assert all(each.requires_grad for each in model.parameters())
    save_model(model, tmp_path / "merged", "original")
    loaded = load_model(tmp_path / "merged", dtype=torch.float32)
    torch.testing.assert_close(logits(loaded), logits(model))


@EACH_KIND
def test_an_adapter_is_saved_alone_and_loaded(adapter: Adapter, tmp_path: Path) -> None:
    model = fresh()
    add_adapter(model, adapter)
    train_a_little(model)
    save_adapter(model, tmp_path / "adapter", adapter)
    assert {each.name for each in (tmp_path / "adapter").iterdir()} == {CONFIG_FILE, WEIGHTS_FILE}
    other = fresh()
    assert load_adapter(other, tmp_path / "adapter") == adapter
    assert torch.equal(logits(other), logits(model))


def test_what_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no adapter: adapter_config.json is missing"):
        load_adapter(fresh(), tmp_path)
    model = fresh()
    add_adapter(model, KINDS[0])
    with pytest.raises(ModelError, match="has an adapter already"):
        add_adapter(model, KINDS[0])
    save_adapter(model, tmp_path, KINDS[0])
    (tmp_path / CONFIG_FILE).write_bytes(
        (tmp_path / CONFIG_FILE).read_bytes().replace(b'"rank":4', b'"rank":8')
    )
    with pytest.raises(ModelError, match="is for another model"):
        load_adapter(fresh(), tmp_path)
    (tmp_path / WEIGHTS_FILE).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="is damaged"):
        load_adapter(fresh(), tmp_path)
    with pytest.raises(ModelError, match="no adapter to save"):
        save_adapter(fresh(), tmp_path, KINDS[0])


def test_without_peft_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtraError, match=r"shuowen\[train\]"):
        add_adapter(fresh(), KINDS[0])


def test_frozen_weights_may_be_smaller() -> None:
    model = fresh()
    add_adapter(model, Adapter(rank=4))
    for name, each in model.named_parameters():
        assert each.dtype == (torch.float32 if "lora_" in name else torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        train_a_little(model)


def test_what_a_recipe_trains() -> None:
    model = fresh()
    set_trainable(model, "no_vision")
    assert not any(each.requires_grad for each in model.vision.parameters())
    assert all(each.requires_grad for each in model.language.parameters())
    assert all(each.requires_grad for each in model.projector.parameters())
    set_trainable(model, "all")
    assert all(each.requires_grad for each in model.parameters())
    set_trainable(model, KINDS[1])
    assert adapter_state(model)


def test_defaults_are_upstreams() -> None:
    assert (Adapter().rank, Adapter().scale, Adapter().dropout) == (128, 2.0, 0.05)
    assert Adapter(rank=8, alpha=4).scale == 0.5
    with pytest.raises(UsageError, match="There is no adapter"):
        Adapter(kind="pissa")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot be for"):
        Adapter(parts=())
