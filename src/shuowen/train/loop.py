"""One optimiser step: gradients of all packs of this process, clipped, applied.

S streams give one pack each for a step. The loss is the sum over all packs of all processes,
divided by the sum of their weights, so that how packs are spread over processes changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch
from shuowen.train.flops import training_flops
from shuowen.train.options import Dtype
from shuowen.train.parallel import Processes


class Objective(Protocol):
    """What a stage minimises: a weighted mean over something (target tokens, pairs)."""

    def weight(self, batch: Batch) -> float:
        """Sum of the weights of a pack, known before its forward pass."""
        ...

    def loss(self, model: InternVL, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Weighted sum of losses of a pack, not yet divided, and further sums for people.

        Every pack of a stage names the same further sums.
        """
        ...

    def after_step(self, means: Mapping[str, float]) -> None:
        """Told the means of the step over all processes, to keep moments; the same on all."""
        ...

    def state(self) -> dict[str, float]:
        """What a checkpoint must keep, as JSON."""
        ...

    def restore(self, state: Mapping[str, float]) -> None:
        """Go on where `state` was taken."""
        ...


@dataclass(frozen=True)
class Work:
    """A pack, and the number of the stream that it comes from."""

    stream: int
    batch: Batch


@dataclass(frozen=True)
class Gradients:
    """What came out of the packs of a step, over all processes.

    Attributes:
        loss: Weighted mean.
        means: Further means.
        counts: "tokens", "samples", "tiles", "targets", "flops".
        wants_stop: Whether some process was asked to stop.
    """

    loss: float
    counts: Mapping[str, float]
    wants_stop: bool
    means: Mapping[str, float] = field(default_factory=dict)


_COUNTS = ("tokens", "samples", "tiles", "targets", "flops")


def compute_type(dtype: Dtype, device: torch.device) -> AbstractContextManager[object]:
    """Layers compute in bfloat16 where `dtype` says so; weights stay float32."""
    if dtype == "fp32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def accumulate(
    model: InternVL,
    objective: Objective,
    work: Sequence[Work],
    here: Processes,
    *,
    dtype: Dtype,
    seed: tuple[int, int],
    wants_stop: bool = False,
) -> Gradients:
    """Add the gradients of one step's packs to the parameters.

    Args:
        model: Its `grad`s are added to.
        objective: What is minimised.
        work: This process's packs.
        here: This process.
        dtype: See `compute_type`.
        seed: Of the run, and the step: dropout depends on these and on the stream.
        wants_stop: Whether this process was asked to stop.
    """
    weights = [objective.weight(each.batch) for each in work]
    counts = [sum(column) for column in zip(*(_counts(model, each) for each in work), strict=True)]
    total, stops, *counts = here.sums([sum(weights), float(wants_stop), *counts])
    sums: dict[str, Tensor] = {}
    for each in work:
        torch.manual_seed(_seed(*seed, each.stream))
        with compute_type(dtype, here.device):
            loss, further = objective.loss(model, each.batch)
        (loss / total).backward()
        for name, value in {"loss": loss, **further}.items():
            value = value.detach().double()
            sums[name] = sums[name] + value if name in sums else value
    summed = here.sums([float(value) for value in sums.values()])
    means = {name: value / total for name, value in zip(sums, summed, strict=True)}
    return Gradients(means.pop("loss"), dict(zip(_COUNTS, counts, strict=True)), bool(stops), means)


def _counts(model: InternVL, work: Work) -> tuple[float, ...]:
    batch = work.batch
    num_tiles = 0 if batch.pixels_MCHW is None else len(batch.pixels_MCHW)
    num_targets = len(batch.target_rows_N)
    flops = training_flops(model.config, batch.lengths, num_tiles, num_targets)
    return (sum(batch.lengths), len(batch.lengths), num_tiles, num_targets, flops)


def _seed(seed: int, step: int, stream: int) -> int:
    """Another one for every pack, whichever process has it."""
    return ((seed * 1_000_003 + step) * 1_000_003 + stream) % 2**63
