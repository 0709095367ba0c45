"""A whole model folder of a few hundred kilobytes: real files, random numbers, answers of noise."""

from __future__ import annotations

from pathlib import Path

import torch

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.model.weights.save import save_model
from shuowen.prompt.tokenizer import Tokenizer
from tests.prompt.tiny_tokenizer import write_tokenizer


def write_tiny_model(folder: Path, seed: int = 0) -> Path:
    """Write config, tokenizer and weights into `folder`, which must not exist; gives it back."""
    parts = write_tokenizer(folder.with_name(f"{folder.name}-tokenizer"))
    (parts / "config.json").write_text("{}")
    config = ModelConfig(
        vision=VisionConfig(width=32, depth=1, num_heads=2, mlp_width=64, tile_side_px=56),
        language=LanguageConfig(
            width=64,
            num_layers=2,
            num_heads=4,
            num_kv_heads=2,
            head_width=16,
            mlp_width=128,
            vocab_size=Tokenizer.from_folder(parts).vocab_size,
            window=4096,
        ),
    )
    torch.manual_seed(seed)
    model = InternVL(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    save_model(model.eval(), folder, "original", source_folder=parts)
    return folder
