"""A model folder from an InternViT, a base language model and a new projector between them.

What native pre-training starts from (InternVL3, arXiv 2504.10479 §2.1). Published weights of the
parts have the names of InternVL's own layout without `vision_model.` and `language_model.` in
front. The tokens that InternVL adds to the vocabulary get rows of their own: the mean of all others
and a little noise, so that none begins far from where text is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from shuowen.errors import ModelError
from shuowen.hub.download import resolve_model
from shuowen.model.config_json import read_config_json
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import STD, init_weights
from shuowen.model.weights.layouts import ORIGINAL
from shuowen.model.weights.rules import Piece
from shuowen.model.weights.save import save_model
from shuowen.train.recipe import Parts

_HEAD, _EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"
_VISION, _LANGUAGE = "vision_model.", "language_model."
_NUM_ADDED = 9
"""`<img>` to `</box>`, the last of the vocabulary."""
_HINT = "Give the parts that this size of InternVL3 was made from."


def join_parts(
    parts: Parts, folder: Path, seed: int, *, resolve: Callable[[str], Path] = resolve_model
) -> Path:
    """Write a model folder, weights in bfloat16 as the parts are published.

    Args:
        parts: Which models.
        folder: Is created.
        seed: Of the projector and the new rows.
        resolve: Gives the folder of a name.

    Returns:
        `folder`.

    Raises:
        ModelError: A part lacks a tensor, or has one of another shape.
        FetchError: A hub cannot be reached.
        OutputError: The folder cannot be written.
    """
    described = resolve(parts.tokenizer)
    model = InternVL(read_config_json(described).config).to(torch.bfloat16)
    init_weights(model, seed)
    taken = _take(model, _VISION, resolve(parts.vision), seed)
    taken |= _take(model, _LANGUAGE, resolve(parts.language), seed)
    left = {name.partition(".")[0] for name, _ in model.named_parameters() if name not in taken}
    assert left == {"projector"}
    save_model(model, folder, "original", source_folder=described)
    return folder


def _take(model: InternVL, prefix: str, part: Path, seed: int) -> set[str]:
    """Copy the part's tensors into ours; our names of those that were filled."""
    stored = dict(_tensors(part))
    if _EMBEDDING in stored:
        stored.setdefault(_HEAD, stored[_EMBEDDING])  # small Qwen2.5 have one matrix for both
    taken = set()
    for name, values in model.named_parameters():
        # Base language models have the names of Qwen2, also the one that InternVL3-9B is made from.
        for piece in ORIGINAL.pieces(model.config, name, tuple(values.shape)):
            theirs = piece.name.removeprefix(prefix)
            if theirs == piece.name:
                continue
            if theirs not in stored:
                raise ModelError(f"{part} lacks the tensor {theirs}.", _HINT)
            _fill(values.detach(), piece, _fitted(stored[theirs], piece, part, seed))
            taken.add(name)
    return taken


def _fill(values: Tensor, piece: Piece, found: Tensor) -> None:
    for run in piece.runs:
        rows = found[run.stored_row : run.stored_row + run.num_rows]
        values[run.our_row : run.our_row + run.num_rows].copy_(rows)


def _fitted(found: Tensor, piece: Piece, part: Path, seed: int) -> Tensor:
    """The tensor in our shape; a vocabulary is cut or lengthened, and its added tokens made."""
    shape = piece.shape[piece.num_leading_axes :]
    name = piece.name.removeprefix(_LANGUAGE)
    if name in (_HEAD, _EMBEDDING) and found.shape[1:] == shape[1:]:
        return _with_added_tokens(found, shape[0], seed)
    if found.numel() != prod(shape):
        raise ModelError(
            f"{part} has {name} of shape {tuple(found.shape)}, and {shape} is wanted.", _HINT
        )
    return found.reshape(shape)


def _with_added_tokens(found_VD: Tensor, num_rows: int, seed: int) -> Tensor:
    known_VD = found_VD[: num_rows - _NUM_ADDED]
    mean_D = known_VD.float().mean(0)
    generator = torch.Generator().manual_seed(seed)
    num_new = num_rows - len(known_VD)
    noise = torch.randn(num_new, len(mean_D), generator=generator) * STD / 10
    return torch.cat((known_VD, (mean_D + noise).to(found_VD.dtype)))


def _tensors(folder: Path) -> Iterator[tuple[str, Tensor]]:
    from safetensors.torch import load_file

    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise ModelError(f"{folder} holds no weights.", "Download the model again.")
    for path in paths:
        yield from load_file(path).items()
