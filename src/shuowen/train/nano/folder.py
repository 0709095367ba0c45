"""A model folder to start training from: tokenizer, settings and random weights."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from shuowen.image.normalise import IMAGENET_MEAN, IMAGENET_STD
from shuowen.model.config import ModelConfig
from shuowen.model.config_json import Form
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.model.weights.save import save_model
from shuowen.prompt.special import TURN_END
from shuowen.prompt.tokenizer import Tokenizer
from shuowen.train.nano.chat_template import CHAT_TEMPLATE
from shuowen.train.nano.model import NANO, with_vocabulary
from shuowen.train.nano.tokenizer import write_tokenizer
from shuowen.train.synthesize.alphabet import alphabet

_END_OF_TEXT = "<|endoftext|>"


def start_folder(
    folder: Path,
    seed: int,
    *,
    characters: Iterable[str] | None = None,
    form: Form = "original",
    config: ModelConfig = NANO,
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Write a model of random weights that every engine opens and training starts from.

    Args:
        folder: Is created.
        seed: Of the weights; equal seeds give equal folders.
        characters: Those that are to be one token each; None: those of the made crops.
        form: OpenGVLab's layout, or that of transformers.
        config: Sizes; the vocabulary becomes the tokenizer's.
        dtype: Of the weights in the files.

    Returns:
        `folder`.

    Raises:
        OutputError: The folder exists, or cannot be written.
        UsageError: An alphabet that `write_tokenizer` refuses.
    """
    with TemporaryDirectory() as parts_name:
        parts = Path(parts_name)
        tokenizer = write_tokenizer(parts, characters or alphabet())
        write_settings(parts, tokenizer, form, config)
        model = InternVL(with_vocabulary(config, tokenizer.vocab_size)).to(dtype)
        init_weights(model, seed)
        save_model(model, folder, form, source_folder=parts)
    return folder


def write_settings(folder: Path, tokenizer: Tokenizer, form: Form, config: ModelConfig) -> None:
    """Write what belongs into a model folder besides tokenizer and weights.

    The `config.json` is the beginning of one: `save_model` completes it.
    """
    ends = {
        "bos_token_id": tokenizer.id_of(_END_OF_TEXT),
        "eos_token_id": tokenizer.id_of(TURN_END),
        "pad_token_id": tokenizer.id_of(_END_OF_TEXT),
    }
    _dump(folder / "config.json", {"llm_config" if form == "original" else "text_config": ends})
    _dump(folder / "generation_config.json", ends | {"do_sample": False})
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    if form == "hf":
        _dump(folder / "preprocessor_config.json", _image_settings(config))
        _dump(folder / "processor_config.json", _processor_settings(config))


def _image_settings(config: ModelConfig) -> dict[str, object]:
    """As transformers reads them; its processor always adds a thumbnail to several tiles."""
    side_px = config.vision.tile_side_px
    return {
        "image_processor_type": "GotOcr2ImageProcessor",
        "processor_class": "InternVLProcessor",
        "crop_to_patches": True,
        "min_patches": config.min_tiles,
        "max_patches": config.max_tiles,
        "size": {"height": side_px, "width": side_px},
        "resample": 3,
        "do_convert_rgb": True,
        "do_resize": True,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(IMAGENET_MEAN),
        "image_std": list(IMAGENET_STD),
    }


def _processor_settings(config: ModelConfig) -> dict[str, object]:
    return {
        "processor_class": "InternVLProcessor",
        "image_seq_length": config.visual_tokens_per_tile,
    }


def _dump(path: Path, record: object) -> None:
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
