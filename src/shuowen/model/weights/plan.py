"""Which stored tensors fill which of our parameters, and everything that does not fit, at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shuowen.errors import ModelError
from shuowen.model.config import ModelConfig
from shuowen.model.weights.layouts import EMBEDDING, HEAD, detect_layout, is_ignored
from shuowen.model.weights.rules import Piece, Shape
from shuowen.model.weights.safetensors_header import StoredTensor

Plan = Mapping[str, tuple[Piece, ...]]
"""For each of our parameters the stored tensors that it is made of."""

_NUM_SHOWN = 3


def make_plan(
    folder: Path,
    stored: Mapping[str, StoredTensor],
    config: ModelConfig,
    shapes: Mapping[str, Shape],
    *,
    has_tied_head: bool,
) -> Plan:
    """Match stored tensors with parameters.

    Args:
        folder: For messages.
        stored: All tensors of the folder.
        config: Sizes of the model.
        shapes: Our parameters.
        has_tied_head: Whether the embedding may stand in for a missing language head.

    Raises:
        ModelError: Tensors are missing, unknown, of another shape or not floating point; the
            message counts each kind and names the first.
    """
    layout = detect_layout(stored, config, shapes)
    plan = {name: layout.pieces(config, name, shape) for name, shape in shapes.items()}
    if has_tied_head and plan[HEAD][0].name not in stored:
        plan[HEAD] = plan[EMBEDDING]
    faults = list(_faults(stored, plan))
    if faults:
        raise ModelError(
            f"The weights in {folder} ({layout.title} layout) do not fit its config.json:"
            f" {'; '.join(faults)}.",
            "Give the folder whole, with the config.json that belongs to these weights.",
        )
    return plan


def _faults(stored: Mapping[str, StoredTensor], plan: Plan) -> Iterator[str]:
    pieces = {piece.name: piece for each in plan.values() for piece in each}
    found = {name: stored[name] for name in pieces if name in stored}
    yield from listed("missing", [name for name in pieces if name not in stored])
    yield from listed(
        "unexpected", [name for name in stored if name not in pieces and not is_ignored(name)]
    )
    yield from listed(
        "of another shape",
        [
            f"{name} {list(tensor.shape)} instead of {list(pieces[name].shape)}"
            for name, tensor in found.items()
            if tensor.shape != pieces[name].shape
        ],
    )
    yield from listed(
        "not floating point",
        [
            f"{name} {tensor.dtype}"
            for name, tensor in found.items()
            if not tensor.dtype.is_floating_point or tensor.dtype.itemsize < 2
        ],
    )


def listed(what: str, names: Sequence[str]) -> Iterator[str]:
    """How many there are and the first few, for a message; nothing where there are none."""
    if names:
        more = ", …" if len(names) > _NUM_SHOWN else ""
        yield f"{len(names)} {what} ({', '.join(names[:_NUM_SHOWN])}{more})"
