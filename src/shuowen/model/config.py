"""Sizes of InternVL3, read from `config.json` in either layout, and the seven published models.

Needs no torch. Facts: InternVL3 (arXiv 2504.10479) Table 1, the published `config.json` files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from shuowen.errors import ModelError

TILE_SIDE_PX = 448
PATCH_SIDE_PX = 14

Norm = Literal["layer_norm", "rms_norm"]
LanguageLayout = Literal["qwen2", "internlm2"]


def exact_div(whole: int, part: int) -> int:
    """whole / part; raises `ModelError` where a rest is left."""
    if part <= 0 or whole % part:
        raise ModelError(f"{whole} cannot be divided into parts of {part}.", "Check config.json.")
    return whole // part


@dataclass(frozen=True, kw_only=True)
class VisionConfig:
    """InternViT."""

    width: int
    depth: int
    num_heads: int
    mlp_width: int
    norm: Norm = "layer_norm"
    has_qk_norm: bool = False
    has_qkv_bias: bool = True
    norm_eps: float = 1e-6
    tile_side_px: int = TILE_SIDE_PX
    patch_side_px: int = PATCH_SIDE_PX
    layer_scale_init: float = 0.1
    drop_path: float = 0.0

    @property
    def head_width(self) -> int:
        """Channels of one attention head."""
        return exact_div(self.width, self.num_heads)

    @property
    def patches_per_side(self) -> int:
        """32 in all published models."""
        return exact_div(self.tile_side_px, self.patch_side_px)

    @property
    def num_positions(self) -> int:
        """Patches of a tile and the class token: 1025."""
        return self.patches_per_side**2 + 1


@dataclass(frozen=True, kw_only=True)
class RopeScaling:
    """Dynamic NTK scaling: beyond the trained window the base grows with the length."""

    factor: float


@dataclass(frozen=True, kw_only=True)
class LanguageConfig:
    """Qwen2.5, or InternLM in the InternLM2 layout."""

    width: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_width: int
    mlp_width: int
    vocab_size: int
    layout: LanguageLayout = "qwen2"
    has_qkv_bias: bool = True
    rope_theta: float = 1e6
    rope_scaling: RopeScaling | None = field(default_factory=lambda: RopeScaling(factor=2.0))
    norm_eps: float = 1e-6
    window: int = 32768
    """Longest sequence that it was made for, in positions (`max_position_embeddings`)."""

    @property
    def group_size(self) -> int:
        """Query heads that share one key-value head."""
        return exact_div(self.num_heads, self.num_kv_heads)

    @property
    def qkv_width(self) -> int:
        """Rows of the fused query, key and value projection."""
        return (self.num_heads + 2 * self.num_kv_heads) * self.head_width


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The whole model."""

    vision: VisionConfig
    language: LanguageConfig
    unshuffle: int = 2
    """Side of the block of patches that becomes one visual token (1 / downsample_ratio)."""
    min_tiles: int = 1
    max_tiles: int = 12
    use_thumbnail: bool = True
    image_token_id: int | None = None
    """Id of `<IMG_CONTEXT>`, where the folder says; the tokenizer's word counts."""

    @property
    def visual_tokens_per_side(self) -> int:
        """16 in all published models."""
        return exact_div(self.vision.patches_per_side, self.unshuffle)

    @property
    def visual_tokens_per_tile(self) -> int:
        """256 in all published models."""
        return self.visual_tokens_per_side**2

    @property
    def projector_width_in(self) -> int:
        """Channels of one visual token before the projector."""
        return self.vision.width * self.unshuffle**2


_VIT_300M = VisionConfig(width=1024, depth=24, num_heads=16, mlp_width=4096)
_VIT_6B = VisionConfig(
    width=3200,
    depth=45,
    num_heads=25,
    mlp_width=12800,
    norm="rms_norm",
    has_qk_norm=True,
    has_qkv_bias=False,
)


def _qwen(width: int, layers: int, heads: int, kv_heads: int, mlp_width: int) -> LanguageConfig:
    return LanguageConfig(
        width=width,
        num_layers=layers,
        num_heads=heads,
        num_kv_heads=kv_heads,
        head_width=width // heads,
        mlp_width=mlp_width,
        vocab_size=151_674,
    )


# InternLM3-8B's dimensions stored in InternLM2's layout. Its vocabulary after the nine added tokens
# is not published (about 128.5 k); 128,512 + 9 is the base model's, and config.json overrides it.
_INTERNLM_8B = LanguageConfig(
    width=4096,
    num_layers=48,
    num_heads=32,
    num_kv_heads=2,
    head_width=128,
    mlp_width=10_240,
    vocab_size=128_521,
    layout="internlm2",
    has_qkv_bias=False,
    rope_theta=5e7,
    rope_scaling=RopeScaling(factor=6.0),
    norm_eps=1e-5,
)

CONFIGS: Mapping[str, ModelConfig] = MappingProxyType(
    {
        "1B": ModelConfig(vision=_VIT_300M, language=_qwen(896, 24, 14, 2, 4864)),
        "2B": ModelConfig(vision=_VIT_300M, language=_qwen(1536, 28, 12, 2, 8960)),
        "8B": ModelConfig(vision=_VIT_300M, language=_qwen(3584, 28, 28, 4, 18_944)),
        "9B": ModelConfig(vision=_VIT_300M, language=_INTERNLM_8B),
        "14B": ModelConfig(vision=_VIT_300M, language=_qwen(5120, 48, 40, 8, 13_824)),
        "38B": ModelConfig(vision=_VIT_6B, language=_qwen(5120, 64, 40, 8, 27_648)),
        "78B": ModelConfig(vision=_VIT_6B, language=_qwen(8192, 80, 64, 8, 29_568)),
    }
)
"""The seven sizes of InternVL3."""
