"""A model folder becomes an `InternVL`, with one copy of the weights in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from shuowen.errors import CapacityError, InternalError
from shuowen.machine import give_back_memory
from shuowen.model.config import ModelConfig
from shuowen.model.config_json import read_config_json
from shuowen.model.internvl import InternVL
from shuowen.model.precision import precision_of
from shuowen.model.precision import prepare as prepare_model
from shuowen.model.weights.plan import Plan, make_plan
from shuowen.model.weights.quantised import fill_quantised
from shuowen.model.weights.rules import Shape
from shuowen.model.weights.shards import Checkpoint, open_checkpoint

_GIVE_BACK_BYTES = 1 << 28

Progress = Callable[[int, int], None]
"""Called with the bytes loaded so far and the bytes in all, both as stored."""


@runtime_checkable
class WeightTaker(Protocol):
    """A linear module that keeps its weights in a form of its own, such as eight-bit integers."""

    def set_weight(self, weight_OI: Tensor, bias_O: Tensor | None) -> None:
        """Take (O, I) floating-point weights, and (O,) biases where the model has them.

        Puts tensors of its own in the place of those that it was made with, which have no memory.
        """


def load_model(
    folder: Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
    device: str | torch.device = "cpu",
    prepare: Callable[[nn.Module], None] | None = None,
    progress: Progress | None = None,
) -> InternVL:
    """Load InternVL3 from a folder in any published layout.

    The files are mapped and copied into place a few rows at a time, so that there is never a
    second copy of the model, nor of any large matrix of it.

    Args:
        folder: `config.json` and safetensors files, original or `-hf`.
        dtype: Floating-point type of the weights in memory.
        device: Where they go.
        prepare: Changes the model, still without memory, before it is filled: puts modules with a
            `set_weight` in the place of linear ones, which then get their weights through that,
            one by one, on `device`, of type `dtype`. Not called for a folder that is quantised.
        progress: Called after every parameter.

    Returns:
        The model, ready to evaluate.

    Raises:
        ModelError: The folder is not that of an InternVL3, or is incomplete or damaged.
        CapacityError: The device has too little memory.
    """
    found = read_config_json(folder)
    if found.precision is not None:
        prepare = partial(prepare_model, precision=precision_of(found.precision))
    model, shapes = _build(found.config, prepare)
    checkpoint, where = open_checkpoint(folder), torch.device(device)
    with _enough_memory(folder, device):
        if found.precision is not None:
            fill_quantised(model, checkpoint, folder, dtype=dtype, device=where, progress=progress)
        else:
            plan = make_plan(
                folder, checkpoint.tensors, found.config, shapes, has_tied_head=found.has_tied_head
            )
            _Filler(checkpoint, plan, shapes, dtype, where, progress).fill(model)
    _check_filled(model)
    give_back_memory()
    return model.eval()


def _build(
    config: ModelConfig, prepare: Callable[[nn.Module], None] | None
) -> tuple[InternVL, dict[str, Shape]]:
    """The model without memory, and the shapes that its parameters had before `prepare`."""
    with torch.device("meta"), _Unfilled():
        model = InternVL(config)
        shapes = {name: tuple(each.shape) for name, each in model.named_parameters()}
        if prepare is not None:
            prepare(model)
    return model, shapes


class _Unfilled(TorchFunctionMode):
    """Modules are built without drawing random weights.

    On the meta device that changes nothing, except that an embedding's normal numbers would make
    torch import its reference library: 70 MB of memory and most of a second.
    """

    _DRAWN = frozenset({nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_})

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if func in self._DRAWN:
            return named["tensor"] if "tensor" in named else args[0]
        return func(*args, **named)


class _Filler:
    """Copies stored tensors into a model that has no memory yet."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        plan: Plan,
        shapes: dict[str, Shape],
        dtype: torch.dtype,
        device: torch.device,
        progress: Progress | None,
    ) -> None:
        self._checkpoint = checkpoint
        self._plan = plan
        self._shapes = shapes
        self._dtype = dtype
        self._device = device
        self._progress = progress
        self._done_bytes = self._given_back_bytes = 0
        self._all_bytes = sum(self._stored_bytes(name) for name in plan)

    @torch.no_grad()
    def fill(self, model: nn.Module) -> None:
        for path, names in _by_module(self._shapes):
            module = model.get_submodule(path)
            if isinstance(module, WeightTaker):
                self._hand_over(module, path, names)
                self._give_back_now_and_then()
            else:
                for name in names:
                    own_name = name.rpartition(".")[2]
                    looks_up = isinstance(module, nn.Embedding)
                    values = self._mapped(name) if looks_up else None
                    values = self._assemble(name) if values is None else values
                    setattr(module, own_name, nn.Parameter(values))

    def _hand_over(self, module: WeightTaker, path: str, names: list[str]) -> None:
        assert isinstance(module, nn.Module)
        weight_OI = self._assemble(f"{path}.weight")
        bias_O = self._assemble(f"{path}.bias") if f"{path}.bias" in names else None
        module.set_weight(weight_OI, bias_O)

    def _give_back_now_and_then(self) -> None:
        """What quantising freed would stand beside the whole model in the end."""
        if self._done_bytes - self._given_back_bytes > _GIVE_BACK_BYTES:
            self._given_back_bytes = self._done_bytes
            give_back_memory()

    def _mapped(self, name: str) -> Tensor | None:
        """A table of which few rows are ever read stays in the file, where it is stored as wanted.

        Rows that are read are paged in by the system, and are its to take back: 272 MB less for
        the smallest model. What is written to them goes to copies of our own.
        """
        pieces = self._plan[name]
        stored = self._checkpoint.tensors[pieces[0].name]
        fits = stored.dtype == self._dtype and stored.shape == self._shapes[name]
        if len(pieces) > 1 or not fits or self._device.type != "cpu":
            return None
        self._advance(name)
        return self._checkpoint.tensor(pieces[0].name)

    def _assemble(self, name: str) -> Tensor:
        """One of our parameters in its final type and place."""
        values = torch.empty(self._shapes[name], dtype=self._dtype, device=self._device)
        for piece in self._plan[name]:
            self._checkpoint.copy_rows(piece, values)
        self._advance(name)
        return values

    def _advance(self, name: str) -> None:
        self._done_bytes += self._stored_bytes(name)
        if self._progress is not None:
            self._progress(self._done_bytes, self._all_bytes)

    def _stored_bytes(self, name: str) -> int:
        return sum(self._checkpoint.tensors[piece.name].num_bytes for piece in self._plan[name])


def _by_module(shapes: dict[str, Shape]) -> Iterator[tuple[str, list[str]]]:
    """Largest first: what is needed besides, to quantise a module, is then never on top of all."""
    modules: dict[str, list[str]] = {}
    for name in sorted(shapes, key=lambda each: -prod(shapes[each])):
        modules.setdefault(name.rpartition(".")[0], []).append(name)
    yield from modules.items()


@contextmanager
def _enough_memory(folder: Path, device: str | torch.device) -> Iterator[None]:
    """What running out of memory means to people."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise CapacityError(
            f"There is not enough memory on {device} for the model in {folder}.",
            "Close other programs, take a smaller model, or quantise it.",
        ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    """Torch says so by class on a GPU and by words on the processor."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(
        error
    )


def _check_filled(model: nn.Module) -> None:
    tensors = (*model.named_parameters(), *model.named_buffers())
    empty = [name for name, tensor in tensors if tensor.is_meta]
    if empty:
        raise InternalError(
            f"{len(empty)} weights were not loaded, {empty[0]} first.", "Report it."
        )
