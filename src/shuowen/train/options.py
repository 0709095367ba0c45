"""Options of a training run: what the machine decides (`RunOptions`) and how weights are changed.

`OptimiserOptions` is part of a recipe, because it decides the result; `RunOptions` is not: the same
recipe on another machine gives the same losses. Needs no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from shuowen.errors import UsageError

Dtype = Literal["bf16", "fp32"]
OptimiserName = Literal["adamw", "muon"]
Schedule = Literal["cosine", "constant", "wsd"]
OnSpike = Literal["stop", "warn"]


@dataclass(frozen=True, kw_only=True)
class OptimiserOptions:
    """How weights are changed.

    Raises:
        UsageError: A value out of its range.
    """

    name: OptimiserName = "adamw"
    """AdamW, or Muon for the matrices of the layers and AdamW for all else."""
    lr: float = 4e-5
    """Learning rate at the top of the schedule."""
    muon_lr: float | None = None
    """That of Muon's matrices; None: the same."""
    weight_decay: float = 0.05
    """Of matrices; norms, biases, embeddings of positions and LayerScale have none."""
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    momentum: float = 0.95
    """Of Muon."""
    warmup_share: float = 0.03
    """Share of all steps in which the rate rises from 0."""
    schedule: Schedule = "cosine"
    """After the warm-up: half a cosine, nothing, or constant with a linear fall at the end."""
    decay_share: float = 0.2
    """Share of all steps in which "wsd" falls."""
    min_lr_share: float = 0.0
    """Share of the rate that is left at the end."""
    clip_norm: float = 1.0
    """Longest gradient over all parameters; longer ones are shortened. 0: never."""

    def __post_init__(self) -> None:
        check_choice("optimiser", self.name, get_args(OptimiserName))
        check_choice("schedule", self.schedule, get_args(Schedule))
        for name in ("warmup_share", "decay_share", "min_lr_share"):
            check_range(name, getattr(self, name), 0, 1)
        check_range("lr", self.lr, 1e-12, 10)
        if self.muon_lr is not None:
            check_range("muon_lr", self.muon_lr, 1e-12, 10)
        check_range("weight_decay", self.weight_decay, 0, 10)
        check_range("clip_norm", self.clip_norm, 0, 1e6)
        check_range("momentum", self.momentum, 0, 0.9999)
        check_range("eps", self.eps, 1e-30, 1)
        for beta in self.betas:
            check_range("beta", beta, 0, 0.99999)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where and how a recipe runs.

    Raises:
        UsageError: A value out of its range.
    """

    folder: Path
    """Gets checkpoints, metrics.jsonl, curves and at the end the model folder."""
    num_steps: int | None = None
    """Optimiser steps in all; None: as the recipe says."""
    resume: bool = True
    """Go on from the newest checkpoint of the folder, where there is one; else checkpoints that are
    there are set aside."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:0; with several processes each takes its own GPU."""
    dtype: Dtype = "bf16"
    """Type in which layers are computed; weights and moments are kept in float32."""
    num_threads: int | None = None
    """Processor threads of the computation; None leaves it to PyTorch."""
    num_data_workers: int = 1
    """Threads or processes that read and encode ahead; 0: none."""
    save_every_steps: int = 500
    keep_checkpoints: int = 2
    """Newest checkpoints that stay."""
    save_at_steps: tuple[int, ...] = ()
    """Further steps whose checkpoints stay for good."""
    eval_every_steps: int = 0
    """How often the evaluator that `pretrain` was given is asked; 0: at the end alone."""
    log_every_steps: int = 10
    """How often a line is shown; metrics.jsonl has every step."""
    show_progress: bool = True
    tensorboard: bool = False
    """Write event files too."""
    on_spike: OnSpike = "stop"
    spike_factor: float = 4.0
    """A loss that is so many times the median of the last 100 is a spike."""
    recompute_activations: bool | None = None
    """None: as the recipe says. Changes memory and time, not the result."""
    context_parallel: int = 1
    """Processes that share one packed sequence; only 1 is supported, see docs/training.md."""
    stop_at_step: int | None = None
    """Save and stop there, without changing the schedule; for tests and for time limits."""

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, get_args(Dtype))
        check_choice("on_spike", self.on_spike, get_args(OnSpike))
        for name in ("num_steps", "num_threads", "stop_at_step"):
            if getattr(self, name) is not None:
                check_range(name, getattr(self, name), 1, 10**9)
        for name in ("save_every_steps", "keep_checkpoints", "log_every_steps"):
            check_range(name, getattr(self, name), 1, 10**9)
        for name in ("eval_every_steps", "num_data_workers"):
            check_range(name, getattr(self, name), 0, 10**9)
        check_range("spike_factor", self.spike_factor, 1.1, 1e6)
        if self.context_parallel != 1:
            raise UsageError(
                "Several processes cannot share one packed sequence.",
                "Leave context_parallel at 1; lower max_tokens or recompute activations instead.",
            )


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `UsageError` unless low ≤ value ≤ high."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}.", f"Choose {low:g} to {high:g}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `UsageError` unless the value is one of the choices."""
    if value not in choices:
        raise UsageError(f"There is no {name} {value!r}.", f"Choose {', '.join(choices)}.")
