"""Which files make a model's folder whole; sizes and headers are looked at elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from shuowen.errors import ModelError
from shuowen.hub.files import is_safe

INDEX_NAME = "model.safetensors.index.json"

_TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("tokenizer.model",))


def missing_in(folder: Path) -> tuple[str, ...]:
    """Names of files that a whole model has and this folder lacks; empty when it is whole.

    Raises:
        ModelError: The list of its weight files cannot be read.
    """
    names = ["config.json", *weight_names(folder)]
    missing = [name for name in names if not (folder / name).is_file()]
    if len(names) == 1:
        missing.append("model.safetensors")
    if not has_tokenizer(folder):
        missing.append("tokenizer.json")
    return tuple(missing)


def has_tokenizer(folder: Path) -> bool:
    """Whether the files of a tokenizer are there, in any of the three ways they come."""
    return any(all((folder / name).is_file() for name in names) for names in _TOKENIZERS)


def weight_names(folder: Path) -> tuple[str, ...]:
    """Files that hold the weights: those that the index names, else those that are there.

    Raises:
        ModelError: The index cannot be read, or names files outside the folder.
    """
    path = folder / INDEX_NAME
    try:
        names = set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values())
    except FileNotFoundError:
        return tuple(sorted(path.name for path in folder.glob("*.safetensors")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} cannot be read.", "Download the model again; only this file is sent."
        ) from error
    if not all(isinstance(name, str) and is_safe(name) for name in names):
        raise ModelError(f"{path} names files outside its folder.", "Do not use this model.")
    return tuple(sorted(names))
