"""A model folder becomes one with quantised weights, which needs less disk."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch

from shuowen.errors import UsageError
from shuowen.model.config_json import OWN_METHOD, load_json, read_config_json
from shuowen.model.precision import Precision, prepare
from shuowen.model.weights.load import Progress, load_model
from shuowen.model.weights.quantised import own_tensors
from shuowen.model.weights.save import new_model_folder
from shuowen.model.weights.write import Planned, write_shards


def quantise_folder(
    folder: Path, out: Path, precision: Precision, progress: Progress | None = None
) -> None:
    """Write the model in `folder` to the new folder `out` with quantised weights.

    Args:
        folder: A model folder in either layout, not quantised.
        out: Is created; only Shuowen reads it.
        precision: What to quantise, and to how many bits.
        progress: Called while loading with the bytes done and those in all.

    Raises:
        UsageError: `precision` quantises nothing, or the folder is quantised already.
        ModelError: The folder is not that of an InternVL3, or damaged.
        OutputError: `out` exists or cannot be written.
    """
    if not precision.is_quantised:
        raise UsageError(f"{precision.language} is no quantisation.", "Choose int8 or int4.")
    if read_config_json(folder).precision is not None:
        raise UsageError(f"{folder} is quantised already.", "Start from the original folder.")
    model = load_model(
        folder,
        dtype=torch.float32 if precision.language == "float32" else torch.bfloat16,
        prepare=partial(prepare, precision=precision),
        progress=progress,
    )
    config = load_json(folder / "config.json")
    config["quantization_config"] = {"quant_method": OWN_METHOD, **asdict(precision)}
    tensors = [Planned.of(name, tensor) for name, tensor in own_tensors(model).items()]
    with new_model_folder(out, folder, config) as part:
        write_shards(part, tensors)
