"""Several processes, as torchrun starts them: who I am, sums over all, a model spread over all.

There is no context parallelism. PyTorch's own (`torch.distributed.tensor.experimental`, 2.13) sees
one causal sequence and takes no mask, so the examples of a packed sequence would see each other;
its way around that, flex attention, needs a length that is a multiple of 128 · processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.fsdp import FSDPModule, fully_shard

from shuowen.errors import UsageError
from shuowen.model.internvl import InternVL


@dataclass(frozen=True)
class Processes:
    """This process among all.

    Attributes:
        rank: From 0.
        world: How many there are.
        device: What this one computes on.
    """

    rank: int
    world: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this one writes the files that there is one of."""
        return self.rank == 0

    def sums(self, values: Sequence[float]) -> list[float]:
        """Every value added up over all processes, in float64."""
        if self.world == 1:
            return list(values)
        # Gloo and NCCL both carry float64; sums of a million weights must not lose the last one.
        sums = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(sums)
        return [float(each) for each in sums.tolist()]

    def gathered(self, value: Any) -> list[Any]:
        """The value of every process, by rank."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        dist.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """Until all are here."""
        if self.world > 1:
            dist.barrier()


@contextmanager
def processes(device: str) -> Iterator[Processes]:
    """Join the other processes that torchrun started; alone without it.

    Args:
        device: See `RunOptions.device`.

    Raises:
        UsageError: There is no such device.
    """
    world, rank = (int(os.environ.get(name, default)) for name, default in _PLACES)
    here = _device(device)
    if here.type == "cuda":
        torch.cuda.set_device(here)
    is_mine = world > 1 and not dist.is_initialized()
    if is_mine:
        dist.init_process_group("nccl" if here.type == "cuda" else "gloo")
    try:
        yield Processes(rank, world, here)
    finally:
        if is_mine:
            dist.destroy_process_group()


_PLACES = (("WORLD_SIZE", "1"), ("RANK", "0"))


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"There is no device {name!r}.", "Choose auto, cpu or cuda.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UsageError("There is no CUDA device here.", "Choose the device cpu.")
    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return device


def spread(model: InternVL, here: Processes) -> None:
    """Keep of every weight only this process's part (FSDP2, `fully_shard`), block by block.

    Gradients are added up over the processes, not averaged: the loss is already divided by the sum
    of weights over all of them.
    """
    if here.world == 1:
        return
    model.runs_vision_always = True
    mesh = dist.init_device_mesh(here.device.type, (here.world,))
    for block in (*model.vision.blocks, *model.language.layers, model):
        fully_shard(block, mesh=mesh)
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)  # Gloo knows no other
