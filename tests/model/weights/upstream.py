"""Random small models under upstream's names, joined by hand, not by the tables under test."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from shuowen.model.config import LanguageConfig, ModelConfig
from shuowen.model.internvl import InternVL
from tests.model.reference import FAMILIES

Tensors = dict[str, Tensor]

_BLOCK = {
    "norm1": "norm1",
    "norm2": "norm2",
    "attention.qkv": "attn.qkv",
    "attention.query_norm": "attn.q_norm",
    "attention.key_norm": "attn.k_norm",
    "attention.out": "attn.proj",
    "mlp.up": "mlp.fc1",
    "mlp.down": "mlp.fc2",
}


def random_model(family: str, seed: int = 0, dtype: torch.dtype = torch.float32) -> InternVL:
    """Every number drawn, so that no two rows are equal."""
    model = InternVL(FAMILIES[family]).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model.eval()


def original_tensors(model: InternVL) -> Tensors:
    """The state dict that OpenGVLab's code would save."""
    ours = {name: values.detach() for name, values in model.named_parameters()}
    found: Tensors = {
        "vision_model.embeddings.class_embedding": ours["vision.class_embedding"][None, None],
        "vision_model.embeddings.position_embedding": ours["vision.position_embedding"][None],
    }
    _move(ours, found, "vision.patch", "vision_model.embeddings.patch_embedding")
    for ordinal, name in enumerate(("norm", "linear1", "", "linear2")):
        _move(ours, found, f"projector.{name}", f"mlp1.{ordinal}" if ordinal != 2 else "")
    for number in range(model.config.vision.depth):
        block, layer = f"vision.blocks.{number}", f"vision_model.encoder.layers.{number}"
        for name, their in _BLOCK.items():
            _move(ours, found, f"{block}.{name}", f"{layer}.{their}")
        for scale in (1, 2):
            found[f"{layer}.ls{scale}"] = ours[f"{block}.scale{scale}"]
    return found | _language(ours, model.config)


def _language(ours: Tensors, config: ModelConfig) -> Tensors:
    is_qwen = config.language.layout == "qwen2"
    top, found = "language_model.model", {}
    found[f"{top}.{'embed_tokens' if is_qwen else 'tok_embeddings'}.weight"] = ours[
        "language.embedding.weight"
    ]
    found[f"{top}.norm.weight"] = ours["language.norm.weight"]
    head = "language_model.lm_head" if is_qwen else "language_model.output"
    found[f"{head}.weight"] = ours["language.head.weight"]
    for number in range(config.language.num_layers):
        layer = _qwen_layer if is_qwen else _internlm_layer
        own = {
            name.removeprefix(f"language.layers.{number}."): values
            for name, values in ours.items()
            if name.startswith(f"language.layers.{number}.")
        }
        for name, values in layer(own, config.language).items():
            found[f"{top}.layers.{number}.{name}"] = values
    return found


def _heads(rows: Tensor, language: LanguageConfig) -> tuple[Tensor, Tensor, Tensor]:
    q, kv = language.num_heads * language.head_width, language.num_kv_heads * language.head_width
    return rows[:q], rows[q : q + kv], rows[q + kv :]


def _qwen_layer(own: Tensors, language: LanguageConfig) -> Tensors:
    gate, up = own["mlp.gate_up.weight"].chunk(2)
    found = {
        "input_layernorm.weight": own["attention_norm.weight"],
        "post_attention_layernorm.weight": own["mlp_norm.weight"],
        "self_attn.o_proj.weight": own["attention.out.weight"],
        "mlp.gate_proj.weight": gate,
        "mlp.up_proj.weight": up,
        "mlp.down_proj.weight": own["mlp.down.weight"],
    }
    for kind in ("weight", "bias"):
        parts = _heads(own[f"attention.qkv.{kind}"], language)
        for letter, rows in zip("qkv", parts, strict=True):
            found[f"self_attn.{letter}_proj.{kind}"] = rows
    return found


def _internlm_layer(own: Tensors, language: LanguageConfig) -> Tensors:
    gate, up = own["mlp.gate_up.weight"].chunk(2)
    q, k, v = _heads(own["attention.qkv.weight"], language)
    shape = (language.num_kv_heads, -1, language.head_width, language.width)
    wqkv = torch.cat((q.reshape(shape), k.reshape(shape), v.reshape(shape)), dim=1)
    return {
        "attention_norm.weight": own["attention_norm.weight"],
        "ffn_norm.weight": own["mlp_norm.weight"],
        "attention.wqkv.weight": wqkv.reshape(-1, language.width),
        "attention.wo.weight": own["attention.out.weight"],
        "feed_forward.w1.weight": gate,
        "feed_forward.w3.weight": up,
        "feed_forward.w2.weight": own["mlp.down.weight"],
    }


def _move(ours: Tensors, found: Tensors, name: str, their: str) -> None:
    for kind in ("weight", "bias"):
        if f"{name}.{kind}" in ours:
            found[f"{their}.{kind}"] = ours[f"{name}.{kind}"]


def write_tensors(path: Path, tensors: Tensors) -> None:
    """As the safetensors library writes them."""
    save_file({name: values.contiguous() for name, values in tensors.items()}, path)


def assert_equal(left: InternVL, right: InternVL) -> None:
    """Both hold the same numbers under the same names."""
    ours, theirs = dict(left.named_parameters()), dict(right.named_parameters())
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert torch.equal(values, theirs[name]), name
