"""AdamW, or Muon for matrices and AdamW for the rest, behind one handle.

Muon takes the matrices inside the network; embeddings, the head, norms, biases and all else that is
no matrix go to AdamW (Jordan 2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from shuowen.model.language import LanguageAttention, LanguageMLP
from shuowen.model.vision import VisionAttention
from shuowen.train.muon import Muon, Rows
from shuowen.train.options import OptimiserOptions

_STATES: Mapping[type[torch.optim.Optimizer], tuple[str, ...]] = {
    torch.optim.AdamW: ("step", "exp_avg", "exp_avg_sq"),
    Muon: ("momentum_buffer",),
}

Named = list[tuple[str, nn.Parameter]]
Torch = torch.optim.Optimizer


class Optimiser:
    """Changes the weights of a model.

    Args:
        model: Its trainable parameters are changed.
        options: Which optimiser, and its settings.
    """

    def __init__(self, model: nn.Module, options: OptimiserOptions) -> None:
        self._options = options
        self._named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        self._optimisers = _optimisers(self._named, _fused_rows(model), options)

    @property
    def parameters(self) -> list[nn.Parameter]:
        """What is changed."""
        return [each for _, each in self._named]

    def clip(self) -> float:
        """Shorten the gradient to `clip_norm`; its length before that, over all processes."""
        limit = self._options.clip_norm or float("inf")
        norm = nn.utils.clip_grad_norm_(self.parameters, limit, foreach=True)
        return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)

    def step(self, lr_share: float) -> None:
        """Change the weights and forget the gradient.

        Args:
            lr_share: Share of the learning rates that this step takes; see `schedule`.
        """
        for optimiser, lr in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = lr * lr_share
            optimiser.step()
        self.forget()

    def forget(self) -> None:
        """Drop the gradient."""
        for optimiser, _ in self._optimisers:
            optimiser.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        """Moments by name, to be saved, or filled and so restored; made where there are none."""
        names = {id(each): name for name, each in self._named}
        return {
            f"{names[id(parameter)]}.{kind}": values
            for optimiser, _ in self._optimisers
            for group in optimiser.param_groups
            for parameter in group["params"]
            for kind, values in _state(optimiser, parameter).items()
        }


def _state(optimiser: Torch, parameter: nn.Parameter) -> dict[str, Tensor]:
    state: dict[str, Tensor] = optimiser.state[parameter]
    for kind in _STATES[type(optimiser)]:
        if kind not in state:
            state[kind] = _zeros(kind, parameter)
    return {kind: state[kind] for kind in _STATES[type(optimiser)]}


def _zeros(kind: str, parameter: nn.Parameter) -> Tensor:
    if kind == "step":
        return torch.zeros((), dtype=torch.float32, device=parameter.device)
    return torch.zeros_like(parameter, memory_format=torch.preserve_format)


def _fused_rows(model: nn.Module) -> dict[str, Rows]:
    """Which parameters hold several matrices, and how many rows each of these has."""
    rows: dict[str, Rows] = {}
    for name, module in model.named_modules():
        if isinstance(module, LanguageAttention):
            heads = (module.num_heads, module.num_kv_heads, module.num_kv_heads)
            rows[f"{name}.qkv.weight"] = tuple(each * module.head_width for each in heads)
        elif isinstance(module, VisionAttention):
            rows[f"{name}.qkv.weight"] = (module.out.in_features,) * 3
        elif isinstance(module, LanguageMLP):
            rows[f"{name}.gate_up.weight"] = (module.down.in_features,) * 2
    return rows


def _optimisers(
    named: Named, rows: Mapping[str, Rows], options: OptimiserOptions
) -> list[tuple[Torch, float]]:
    """Optimisers with their learning rates."""
    is_muon = options.name == "muon"
    matrices = [(name, each) for name, each in named if is_muon and _is_hidden(name, each)]
    chosen = {name for name, _ in matrices}
    rest = [(name, each) for name, each in named if name not in chosen]
    made: list[tuple[Torch, float]] = [(_adamw(rest, options), options.lr)] if rest else []
    if matrices:
        lr = options.lr if options.muon_lr is None else options.muon_lr
        muon = Muon(
            [(each, rows.get(name, (len(each),))) for name, each in matrices],
            lr=lr,
            weight_decay=options.weight_decay,
            momentum=options.momentum,
        )
        made.append((muon, lr))
    return made


def _is_hidden(name: str, parameter: nn.Parameter) -> bool:
    """Matrices inside the network: neither embeddings nor the head."""
    ends = ("embedding", "head", "position")
    return parameter.ndim == 2 and not any(part.startswith(ends) for part in name.split("."))


def _adamw(named: Named, options: OptimiserOptions) -> torch.optim.AdamW:
    decayed = [each for name, each in named if _is_decayed(name, each)]
    plain = [each for name, each in named if not _is_decayed(name, each)]
    groups: Iterable[dict[str, Any]] = (
        {"params": decayed, "weight_decay": options.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    )
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=options.lr,
        betas=options.betas,
        eps=options.eps,
        fused=True,
    )


def _is_decayed(name: str, parameter: nn.Parameter) -> bool:
    return parameter.ndim > 1 and not name.endswith("position_embedding")
