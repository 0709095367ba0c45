"""The reference of preference optimisation: the frozen model that the policy started from.

Three ways to ask it, all for the same numbers: a second copy of the weights; the policy's own
frozen weights, where only an adapter is trained; a file that was written beforehand
(`reference_file`).

Shapes: B examples of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch
from shuowen.train.logprobs import answer_log_probs
from shuowen.train.model_start import start_model
from shuowen.train.options import RunOptions
from shuowen.train.parallel import Processes, spread
from shuowen.train.recipe import Adapter, Recipe

ReferenceKind = Literal["on_the_fly", "precomputed"]
"""On the fly takes the memory of a second model, or none where an adapter is trained; precomputed
takes a pass over all data beforehand and then neither time nor memory."""


class Reference(Protocol):
    """Says how likely answers were before training."""

    def log_probs(self, policy: InternVL, batch: Batch) -> Tensor:
        """log π₀(y | x) of every example, (B,) float32, without gradients."""
        ...


class FrozenCopy:
    """A second model that nobody trains.

    Args:
        model: Freshly loaded; is put into evaluation mode.
    """

    def __init__(self, model: InternVL) -> None:
        self._model = model.eval()

    @torch.no_grad()
    def log_probs(self, policy: InternVL, batch: Batch) -> Tensor:
        """See `Reference`."""
        return answer_log_probs(self._model, batch)


class WithoutAdapter:
    """The policy itself with its adapter switched off: what is below it never changes."""

    @torch.no_grad()
    def log_probs(self, policy: InternVL, batch: Batch) -> Tensor:
        """See `Reference`."""
        with _without_adapter(policy):
            return answer_log_probs(policy, batch)


def reference_on_the_fly(recipe: Recipe, options: RunOptions, here: Processes) -> Reference:
    """The reference of a recipe, to be asked in every step.

    Raises:
        UsageError, ModelError, FetchError: See `start_model`.
    """
    if isinstance(recipe.trainable, Adapter):
        return WithoutAdapter()
    model = start_model(recipe, options.folder, here).model.requires_grad_(False)
    spread(model, here)
    return FrozenCopy(model)


@contextmanager
def _without_adapter(model: InternVL) -> Iterator[None]:
    layers: list[Any] = [layer for layer in model.modules() if _is_adapted(layer)]
    was_training = model.training
    model.eval()
    for layer in layers:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)
        model.train(was_training)


def _is_adapted(layer: nn.Module) -> bool:
    return hasattr(layer, "lora_A") and hasattr(layer, "enable_adapters")
