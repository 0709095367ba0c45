"""What prompts must know of a model."""

from __future__ import annotations

from shuowen.model.config import ModelConfig
from shuowen.prompt.processor import PromptSettings


def prompt_settings(config: ModelConfig) -> PromptSettings:
    """Sizes that decide how many placeholders and tiles a prompt for this model has."""
    return PromptSettings(
        visual_tokens_per_tile=config.visual_tokens_per_tile,
        window=config.language.window,
        min_tiles=config.min_tiles,
        max_tiles=config.max_tiles,
        use_thumbnail=config.use_thumbnail,
        tile_side_px=config.vision.tile_side_px,
    )
