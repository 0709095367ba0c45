"""The same small random network twice: Hugging Face transformers' and ours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    LlamaConfig,
    PretrainedConfig,
    Qwen2Config,
)

from shuowen.model.config import LanguageConfig, ModelConfig, RopeScaling, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.weights.layouts import HF_NESTED

PLACEHOLDER = 190
"""Stands for `<IMG_CONTEXT>` in the vocabulary of 200."""

SMALL_300M = VisionConfig(width=48, depth=3, num_heads=3, mlp_width=96, tile_side_px=56)
SMALL_6B = VisionConfig(
    width=60,
    depth=3,
    num_heads=3,
    mlp_width=96,
    norm="rms_norm",
    has_qk_norm=True,
    has_qkv_bias=False,
    tile_side_px=56,
)
SMALL_QWEN = LanguageConfig(
    width=64,
    num_layers=3,
    num_heads=4,
    num_kv_heads=2,
    head_width=16,
    mlp_width=96,
    vocab_size=200,
    rope_theta=1e4,
    window=512,
)
SMALL_INTERNLM = replace(
    SMALL_QWEN,
    num_heads=6,
    width=96,
    layout="internlm2",
    has_qkv_bias=False,
    rope_theta=5e4,
    rope_scaling=RopeScaling(factor=6.0),
    norm_eps=1e-5,
)

FAMILIES = {
    "300M and Qwen": ModelConfig(vision=SMALL_300M, language=SMALL_QWEN),
    "6B and Qwen": ModelConfig(vision=SMALL_6B, language=SMALL_QWEN),
    "300M and InternLM": ModelConfig(vision=SMALL_300M, language=SMALL_INTERNLM),
}
"""All three kinds of InternVL3, scaled down: 16 patches and 4 visual tokens for a tile."""


@dataclass(frozen=True)
class Twins:
    """Two networks with equal weights, in evaluation mode and float32."""

    theirs: InternVLForConditionalGeneration
    ours: InternVL

    def their_logits(self, token_ids: list[int], **more: Tensor) -> Tensor:
        """(T, V) of one sequence, without a cache."""
        rotary = self.theirs.model.language_model.rotary_emb
        # Theirs goes on stretching positions for the longest sequence that it ever saw.
        rotary.inv_freq = rotary.original_inv_freq
        rotary.max_seq_len_cached = rotary.original_max_seq_len
        with torch.inference_mode():
            output = self.theirs(input_ids=torch.tensor([token_ids]), use_cache=False, **more)
        logits_TV: Tensor = output.logits[0]
        return logits_TV

    def our_logits(
        self,
        token_ids: list[int],
        pixels: Tensor | None = None,
        lengths: tuple[int, ...] | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """(T, V); positions count up in every sequence unless given."""
        lengths = lengths or (len(token_ids),)
        if positions is None:
            positions = torch.cat([torch.arange(n, dtype=torch.float32) for n in lengths])
        token_ids_T = torch.tensor(token_ids)
        with torch.inference_mode():
            logits_TV: Tensor = self.ours(
                token_ids_T, positions, lengths, token_ids_T == PLACEHOLDER, pixels
            )
        return logits_TV


def their_config(config: ModelConfig) -> InternVLConfig:
    """What transformers calls the same sizes."""
    vision = config.vision
    their = InternVLConfig(
        vision_config=InternVLVisionConfig(
            hidden_size=vision.width,
            num_hidden_layers=vision.depth,
            num_attention_heads=vision.num_heads,
            intermediate_size=vision.mlp_width,
            norm_type=vision.norm,
            use_qk_norm=vision.has_qk_norm,
            attention_bias=vision.has_qkv_bias,
            layer_norm_eps=vision.norm_eps,
            layer_scale_init_value=vision.layer_scale_init,
            image_size=[vision.tile_side_px] * 2,
            patch_size=[vision.patch_side_px] * 2,
            use_mean_pooling=True,
        ),
        text_config=_their_language(config.language),
        image_token_id=PLACEHOLDER,
        image_seq_length=config.visual_tokens_per_tile,
        downsample_ratio=1 / config.unshuffle,
        tie_word_embeddings=False,
    )
    # Eager: their plainest attention, so that not both sides lean on the same kernel.
    their._attn_implementation = "eager"
    return their


def _their_language(language: LanguageConfig) -> PretrainedConfig:
    kind = LlamaConfig if language.layout == "internlm2" else Qwen2Config
    scaling: dict[str, str | float] = {"rope_type": "default"}
    if language.rope_scaling is not None:
        scaling = {"rope_type": "dynamic", "factor": language.rope_scaling.factor}
    return kind(
        hidden_size=language.width,
        num_hidden_layers=language.num_layers,
        num_attention_heads=language.num_heads,
        num_key_value_heads=language.num_kv_heads,
        intermediate_size=language.mlp_width,
        vocab_size=language.vocab_size,
        max_position_embeddings=language.window,
        rms_norm_eps=language.norm_eps,
        rope_parameters={"rope_theta": language.rope_theta, **scaling},
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
    )


def make_twins(config: ModelConfig, seed: int = 0) -> Twins:
    """Both networks with random weights, none of them at the value it starts with."""
    theirs = InternVLForConditionalGeneration(their_config(config)).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in theirs.parameters():
            _randomise(parameter, generator)
    with torch.device("meta"):
        ours = InternVL(config)
    ours.load_state_dict(our_weights(theirs.state_dict(), ours), assign=True)
    return Twins(theirs, ours.eval())


def _randomise(values: Tensor, generator: torch.Generator) -> None:
    random = torch.randn(values.shape, generator=generator)
    if values.dim() == 1:
        values.add_(random * 0.1)
    else:
        values.copy_(random * values[0].numel() ** -0.5 if values.shape[0] > 1 else random)


def our_weights(theirs: dict[str, Tensor], ours: InternVL) -> dict[str, Tensor]:
    """Transformers' state dict under our names, with the fused matrices joined."""
    found = {}
    for name, parameter in ours.named_parameters():
        values = found[name] = torch.empty(parameter.shape)
        for piece in HF_NESTED.pieces(ours.config, name, tuple(parameter.shape)):
            stored = theirs[piece.name].reshape(piece.shape[piece.num_leading_axes :])
            for their_row, our_row, num_rows in piece.runs:
                values[our_row : our_row + num_rows] = stored[their_row : their_row + num_rows]
    return found
