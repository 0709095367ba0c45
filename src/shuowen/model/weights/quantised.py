"""Folders of quantised weights, which Shuowen writes for itself: loaded without the work.

The tensors are those of our own modules under our own names: integers, their scales, and all else
as it was. `config.json` is the source's with a `quantization_config` of the method "shuowen".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from shuowen.errors import ModelError
from shuowen.model.internvl import InternVL
from shuowen.model.linear import QuantisedLinear
from shuowen.model.weights.plan import listed
from shuowen.model.weights.rules import Piece, Run
from shuowen.model.weights.safetensors_header import StoredTensor
from shuowen.model.weights.shards import Checkpoint

Progress = Callable[[int, int], None]


def own_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers of a prepared model by the names under which they are stored."""
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}


@torch.no_grad()
def fill_quantised(
    model: InternVL,
    checkpoint: Checkpoint,
    folder: Path,
    *,
    dtype: torch.dtype,
    device: torch.device,
    progress: Progress | None = None,
) -> None:
    """Fill a model that `prepare` has given the folder's precision, and that has no memory yet.

    Args:
        model: On the device "meta".
        checkpoint: The folder's tensors.
        folder: For messages.
        dtype: Type of everything that is not quantised.
        device: Where the weights go.
        progress: Called after every tensor with the bytes done and those in all, as stored.

    Raises:
        ModelError: Tensors are missing, unknown, or of another shape.
    """
    check_quantised(model, checkpoint, folder)
    wanted = own_tensors(model)
    num_bytes, done = sum(each.num_bytes for each in checkpoint.tensors.values()), 0
    for name in wanted:
        stored = checkpoint.tensors[name]
        owner, _, own_name = name.rpartition(".")
        module = model.get_submodule(owner)
        is_wanted = stored.dtype == dtype and device.type == "cpu"
        if isinstance(module, nn.Embedding) and is_wanted:
            target = checkpoint.tensor(name)  # stays in the file, as in `load.py`
        else:
            kept = isinstance(module, QuantisedLinear) and own_name != "bias"
            target = torch.empty(stored.shape, dtype=stored.dtype if kept else dtype, device=device)
            checkpoint.copy_rows(_whole(name, stored.shape), target)
        is_parameter = own_name in module._parameters
        setattr(module, own_name, nn.Parameter(target) if is_parameter else target)
        done += stored.num_bytes
        if progress is not None:
            progress(done, num_bytes)


def check_quantised(model: InternVL, checkpoint: Checkpoint, folder: Path) -> None:
    """Raise `ModelError` where the tensors of a folder are not those of a prepared model."""
    faults = list(_faults(model, checkpoint))
    if faults:
        raise ModelError(
            f"The quantised weights in {folder} do not fit its config.json: {'; '.join(faults)}.",
            "Quantise the model again with `shuowen models quantize`.",
        )


def _whole(name: str, shape: tuple[int, ...]) -> Piece:
    return Piece(name, shape, (Run(0, 0, shape[0]),))


def _fits(module: nn.Module, name: str, stored: StoredTensor) -> bool:
    """Whether a stored tensor is of the type that it must have; kernels read it as such."""
    own_name = name.rpartition(".")[2]
    if isinstance(module, QuantisedLinear) and own_name != "bias":
        weight_dtype, scale_dtype = module.dtypes
        return stored.dtype == (weight_dtype if own_name == "weight" else scale_dtype)
    return stored.dtype.is_floating_point


def _faults(model: InternVL, checkpoint: Checkpoint) -> Iterator[str]:
    wanted, stored = own_tensors(model), checkpoint.tensors
    yield from listed("missing", [name for name in wanted if name not in stored])
    yield from listed("unexpected", [name for name in stored if name not in wanted])
    yield from listed(
        "of another shape or type",
        [
            f"{name} {list(stored[name].shape)} instead of {list(tensor.shape)}"
            for name, tensor in wanted.items()
            if name in stored
            and (
                stored[name].shape != tuple(tensor.shape)
                or not _fits(model.get_submodule(name.rpartition(".")[0]), name, stored[name])
            )
        ],
    )
