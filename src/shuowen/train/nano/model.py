"""The sizes of shuowen-nano: InternVL3's network, small enough to be trained on a processor.

A crop of text is cut by the rule of every InternVL3 into tiles of 48 × 48 pixels; a tile is 4 × 4
patches and, unshuffled, 4 visual tokens. A line of text that is 48 pixels tall thus takes 4 tokens
for every 48 pixels of its width. There is no thumbnail: of a long line it would show nothing.
"""

from __future__ import annotations

from dataclasses import replace

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig

TILE_SIDE_PX = 48
MAX_TILES = 8
_ROUND_VOCABULARY_TO = 64

NANO = ModelConfig(
    vision=VisionConfig(
        width=192,
        depth=6,
        num_heads=3,
        mlp_width=768,
        tile_side_px=TILE_SIDE_PX,
        patch_side_px=12,
        # InternViT's 0.1 is for depths of 24 and more, and takes a small model steps to outgrow.
        layer_scale_init=1.0,
    ),
    language=LanguageConfig(
        width=256,
        num_layers=5,
        num_heads=4,
        num_kv_heads=2,
        head_width=64,
        mlp_width=768,
        vocab_size=4096,
        rope_theta=1e4,
        rope_scaling=None,
        window=2048,
    ),
    max_tiles=MAX_TILES,
    use_thumbnail=False,
)
"""Its sizes; the vocabulary is that of the tokenizer (`with_vocabulary`)."""


def with_vocabulary(config: ModelConfig, num_tokens: int) -> ModelConfig:
    """`config` with at least `num_tokens` and 1 rows for tokens.

    Transformers adds a token for videos of its own behind the tokenizer's, which needs a row too.
    The number is rounded up, for matrices of round sizes are multiplied faster.
    """
    rows = -(-(num_tokens + 1) // _ROUND_VOCABULARY_TO) * _ROUND_VOCABULARY_TO
    return replace(config, language=replace(config.language, vocab_size=rows))
