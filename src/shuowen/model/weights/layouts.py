"""Where each of our parameters is kept upstream: the only place with upstream's tensor names.

Four layouts::

    original             OpenGVLab's, with Qwen2.5
    original, InternLM2  OpenGVLab's 9B
    hf                   transformers' `-hf` folders, as published and as it saves them
    hf, nested           the same with everything but the head below `model.`

Each is a few tables of module names; `#` stands for the number of the layer. One of our matrices is
one of theirs (`same`), or several of theirs one below the other (`stacked`), or one of theirs with
its rows in another order (`grouped`). Sources of the names: OpenGVLab/InternVL's modules and
transformers' `convert_internvl_weights_to_hf`. Needs no torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from shuowen.errors import ModelError
from shuowen.model.config import ModelConfig
from shuowen.model.weights.rules import (
    Layout,
    Part,
    Shape,
    batched,
    grouped,
    same,
    stacked,
)


def _vision_thirds(config: ModelConfig) -> tuple[int, ...]:
    return (config.vision.width,) * 3


def _heads(config: ModelConfig) -> tuple[int, ...]:
    language = config.language
    kv_width = language.num_kv_heads * language.head_width
    return language.num_heads * language.head_width, kv_width, kv_width


def _mlp_halves(config: ModelConfig) -> tuple[int, ...]:
    return (config.language.mlp_width,) * 2


_ORIGINAL_VISION = {
    "class_embedding": batched("embeddings.class_embedding"),
    "position_embedding": batched("embeddings.position_embedding"),
    "patch": same("embeddings.patch_embedding"),
    "blocks.#.norm1": same("encoder.layers.#.norm1"),
    "blocks.#.norm2": same("encoder.layers.#.norm2"),
    "blocks.#.attention.qkv": same("encoder.layers.#.attn.qkv"),
    "blocks.#.attention.query_norm": same("encoder.layers.#.attn.q_norm"),
    "blocks.#.attention.key_norm": same("encoder.layers.#.attn.k_norm"),
    "blocks.#.attention.out": same("encoder.layers.#.attn.proj"),
    "blocks.#.mlp.up": same("encoder.layers.#.mlp.fc1"),
    "blocks.#.mlp.down": same("encoder.layers.#.mlp.fc2"),
    "blocks.#.scale1": same("encoder.layers.#.ls1"),
    "blocks.#.scale2": same("encoder.layers.#.ls2"),
}

_HF_VISION = {
    "class_embedding": batched("embeddings.cls_token"),
    "position_embedding": batched("embeddings.position_embeddings"),
    "patch": same("embeddings.patch_embeddings.projection"),
    "blocks.#.norm1": same("encoder.layer.#.layernorm_before"),
    "blocks.#.norm2": same("encoder.layer.#.layernorm_after"),
    "blocks.#.attention.qkv": stacked(
        _vision_thirds,
        "encoder.layer.#.attention.q_proj",
        "encoder.layer.#.attention.k_proj",
        "encoder.layer.#.attention.v_proj",
    ),
    "blocks.#.attention.query_norm": same("encoder.layer.#.attention.q_norm"),
    "blocks.#.attention.key_norm": same("encoder.layer.#.attention.k_norm"),
    "blocks.#.attention.out": same("encoder.layer.#.attention.projection_layer"),
    "blocks.#.mlp.up": same("encoder.layer.#.mlp.fc1"),
    "blocks.#.mlp.down": same("encoder.layer.#.mlp.fc2"),
    "blocks.#.scale1": same("encoder.layer.#.lambda_1"),
    "blocks.#.scale2": same("encoder.layer.#.lambda_2"),
}

_ORIGINAL_PROJECTOR = {"norm": same("0"), "linear1": same("1"), "linear2": same("3")}

_HF_PROJECTOR = {
    "norm": same("layer_norm"),
    "linear1": same("linear_1"),
    "linear2": same("linear_2"),
}

_QWEN2 = {
    "embedding": same("embed_tokens"),
    "layers.#.attention_norm": same("layers.#.input_layernorm"),
    "layers.#.mlp_norm": same("layers.#.post_attention_layernorm"),
    "layers.#.attention.qkv": stacked(
        _heads,
        "layers.#.self_attn.q_proj",
        "layers.#.self_attn.k_proj",
        "layers.#.self_attn.v_proj",
    ),
    "layers.#.attention.out": same("layers.#.self_attn.o_proj"),
    "layers.#.mlp.gate_up": stacked(_mlp_halves, "layers.#.mlp.gate_proj", "layers.#.mlp.up_proj"),
    "layers.#.mlp.down": same("layers.#.mlp.down_proj"),
    "norm": same("norm"),
}

_INTERNLM2 = {
    "embedding": same("tok_embeddings"),
    "layers.#.attention_norm": same("layers.#.attention_norm"),
    "layers.#.mlp_norm": same("layers.#.ffn_norm"),
    "layers.#.attention.qkv": grouped("layers.#.attention.wqkv"),
    "layers.#.attention.out": same("layers.#.attention.wo"),
    "layers.#.mlp.gate_up": stacked(
        _mlp_halves, "layers.#.feed_forward.w1", "layers.#.feed_forward.w3"
    ),
    "layers.#.mlp.down": same("layers.#.feed_forward.w2"),
    "norm": same("norm"),
}


def _head(name: str) -> Part:
    return Part("language.head", name, {"": same("")})


_ORIGINAL_EYES = (
    Part("vision.", "vision_model.", _ORIGINAL_VISION),
    Part("projector.", "mlp1.", _ORIGINAL_PROJECTOR),
)

ORIGINAL = Layout(
    "original",
    (
        *_ORIGINAL_EYES,
        _head("language_model.lm_head"),
        Part("language.", "language_model.model.", _QWEN2),
    ),
)
ORIGINAL_INTERNLM2 = Layout(
    "original InternLM2",
    (
        *_ORIGINAL_EYES,
        _head("language_model.output"),
        Part("language.", "language_model.model.", _INTERNLM2),
    ),
)
HF = Layout(
    "hf",
    (
        Part("vision.", "vision_tower.", _HF_VISION),
        Part("projector.", "multi_modal_projector.", _HF_PROJECTOR),
        _head("language_model.lm_head"),
        Part("language.", "language_model.model.", _QWEN2),
    ),
)
HF_NESTED = Layout(
    "nested hf",
    (
        Part("vision.", "model.vision_tower.", _HF_VISION),
        Part("projector.", "model.multi_modal_projector.", _HF_PROJECTOR),
        _head("lm_head"),
        Part("language.", "model.language_model.", _QWEN2),
    ),
)
LAYOUTS = (ORIGINAL, ORIGINAL_INTERNLM2, HF, HF_NESTED)

EMBEDDING, HEAD = "language.embedding.weight", "language.head.weight"

_IGNORED = re.compile(r"\.(rotary_emb\.inv_freq|position_ids|embeddings\.mask_token)$")


def is_ignored(name: str) -> bool:
    """Whether a stored tensor is one that old versions saved and nobody reads."""
    return _IGNORED.search(name) is not None


def original_layout(config: ModelConfig) -> Layout:
    """The original layout of this model's language family."""
    return ORIGINAL if config.language.layout == "qwen2" else ORIGINAL_INTERNLM2


def detect_layout(
    stored: Iterable[str], config: ModelConfig, shapes: Mapping[str, Shape]
) -> Layout:
    """The layout whose names the stored tensors bear.

    Args:
        stored: Names of the stored tensors.
        config: Sizes of the model.
        shapes: Our parameters.

    Raises:
        ModelError: They bear the names of none.
    """
    names = set(stored)

    def num_known(layout: Layout) -> int:
        pieces = (layout.pieces(config, *parameter) for parameter in shapes.items())
        return len(names & {piece.name for each in pieces for piece in each})

    best = max(LAYOUTS, key=num_known)
    if not num_known(best):
        shown = ", ".join(sorted(names)[:3]) or "none"
        raise ModelError(
            f"The tensors have the names of no layout of InternVL3: {shown}.",
            "Give a folder in OpenGVLab's layout or in that of transformers (-hf).",
        )
    return best
