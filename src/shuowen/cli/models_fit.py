"""Whether the tensors of a folder are those of the network; needs torch, and memory for neither."""

from __future__ import annotations

from pathlib import Path

import torch

from shuowen.model.config_json import ConfigJson
from shuowen.model.internvl import InternVL
from shuowen.model.precision import precision_of, prepare
from shuowen.model.weights.plan import make_plan
from shuowen.model.weights.quantised import check_quantised
from shuowen.model.weights.shards import open_checkpoint


def check_fit(folder: Path, found: ConfigJson) -> int:
    """Compare names and shapes.

    Args:
        folder: The model's.
        found: What its `config.json` says.

    Returns:
        How many tensors the folder holds.

    Raises:
        ModelError: Tensors are missing, unknown or of another shape.
    """
    with torch.device("meta"):
        model = InternVL(found.config)
        shapes = {name: tuple(each.shape) for name, each in model.named_parameters()}
        if found.precision is not None:
            prepare(model, precision_of(found.precision))
    checkpoint = open_checkpoint(folder)
    if found.precision is not None:
        check_quantised(model, checkpoint, folder)
    else:
        stored = checkpoint.tensors
        make_plan(folder, stored, found.config, shapes, has_tied_head=found.has_tied_head)
    return len(checkpoint.tensors)
