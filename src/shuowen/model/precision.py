"""In how many bits a model's weights are kept, and which modules that makes of its linear ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from torch import nn

from shuowen.errors import ModelError, UsageError
from shuowen.model.inference import use_kernels
from shuowen.model.linear import Bf16Linear, DynamicInt8Linear, FusedLinear, Int4Linear, Int8Linear

Weights = Literal["float32", "bf16", "int8", "int4"]
VisionWeights = Literal["same", "int8"]

_MIN_WIDTH_STEP = 64  # the kernels' and int4's; every published size is a multiple


@dataclass(frozen=True, kw_only=True)
class Precision:
    """How weights are kept.

    Attributes:
        language: Linear layers of the language model. With int4 the head, which decides between
            151,674 tokens, keeps eight bits.
        vision: Linear layers of the vision encoder: like the floating-point rest, or int8 with
            int8 activations. Norms, embeddings and the projector are never quantised.
    """

    language: Weights = "bf16"
    vision: VisionWeights = "same"

    def __post_init__(self) -> None:
        if self.language not in get_args(Weights) or self.vision not in get_args(VisionWeights):
            raise UsageError(
                f"There are no {self.language!r} weights with {self.vision!r} vision weights.",
                f"Choose {_either(Weights)}; for vision {_either(VisionWeights)}.",
            )

    @property
    def is_quantised(self) -> bool:
        """Whether any weights are integers."""
        return self.language in ("int8", "int4") or self.vision == "int8"


def precision_of(said: Mapping[str, str]) -> Precision:
    """What the `config.json` of a folder says that Shuowen has quantised.

    Raises:
        ModelError: It says what this version does not know.
    """
    try:
        return Precision(**said)  # type: ignore[arg-type]
    except (TypeError, UsageError) as error:
        raise ModelError(
            f"config.json names an unknown quantisation: {dict(said)}.",
            "Quantise the model again with `shuowen models quantize`.",
        ) from error


def _either(choices: object) -> str:
    return ", ".join(get_args(choices))


def prepare(model: nn.Module, precision: Precision) -> None:
    """Put the modules of a precision in the place of an `InternVL`'s linear ones.

    The weights are not kept: do it before they are loaded, or use `quantise`.
    """
    for name, module in list(model.named_modules()):
        made = None
        if type(module) is nn.Linear and module.in_features % _MIN_WIDTH_STEP == 0:
            made = _replacement(name, module, precision)
        if made is not None:
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, made)
    use_kernels(model)


def quantise(model: nn.Module, precision: Precision) -> None:
    """The same for a model that has its weights; they are quantised one module at a time."""
    linears = {name: module for name, module in model.named_modules() if type(module) is nn.Linear}
    prepare(model, precision)
    while linears:  # let go of each as soon as it is done
        name, old = linears.popitem()
        new = model.get_submodule(name)
        if isinstance(new, Int8Linear | Int4Linear):
            bias = None if old.bias is None else old.bias.detach()
            new.set_weight(old.weight.detach(), bias)
        elif new is not old:
            new.weight, new.bias = old.weight, old.bias


def _replacement(name: str, linear: nn.Linear, precision: Precision) -> nn.Module | None:
    part = name.partition(".")[0]
    make: Callable[[int, int, bool], nn.Module] | None = None
    if part == "language":
        kind = (
            "int8"
            if name == "language.head" and precision.language == "int4"
            else precision.language
        )
        make = {"bf16": Bf16Linear, "int8": Int8Linear, "int4": Int4Linear}.get(kind)
    elif part == "vision":
        make = DynamicInt8Linear if precision.vision == "int8" else FusedLinear
    if make is None:
        return None
    with linear.weight.device:
        return make(linear.in_features, linear.out_features, linear.bias is not None)
