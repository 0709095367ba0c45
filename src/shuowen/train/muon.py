"""Muon: every matrix is changed by the nearest orthogonal matrix to its momentum (Jordan 2024).

Newton–Schulz steps with the published coefficients (3.4445, −4.7750, 2.0315), and an update of the
size that AdamW's usually has, 0.2 · √(larger side) (Moonlight, arXiv 2502.16982 §2.2), so that both
take the same learning rate. Matrices that are fused here (queries, keys and values; gate and up)
are orthogonalised one by one, and those of equal shape together.

Shapes: B matrices of equal shape (N, K).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_NUM_STEPS = 5
_ADAMW_RMS = 0.2

Rows = tuple[int, ...]
"""Rows of the matrices that are fused in one parameter, one below the other."""


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay.

    Args:
        matrices: Parameters (N, K), each with the rows of what is fused in it.
        lr: Learning rate.
        weight_decay: Share of a weight that is taken away, times the learning rate.
        momentum: Of the mean of gradients.
    """

    def __init__(
        self,
        matrices: Iterable[tuple[nn.Parameter, Rows]],
        *,
        lr: float,
        weight_decay: float,
        momentum: float,
    ) -> None:
        pairs = list(matrices)
        self._rows = {id(parameter): rows for parameter, rows in pairs}
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__([parameter for parameter, _ in pairs], defaults)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Change all matrices that have a gradient; `closure` is not used."""
        for group in self.param_groups:
            changed = [each for each in group["params"] if each.grad is not None]
            pieces = [
                piece
                for each in changed
                for piece in self._moment(each, group["momentum"]).split(self._rows[id(each)])
            ]
            updates = iter(orthogonal(pieces))
            for each in changed:
                update_NK = torch.cat([next(updates) for _ in self._rows[id(each)]])
                local = _local(each)
                local.mul_(1 - group["lr"] * group["weight_decay"])
                local.sub_(_part(update_NK, each), alpha=group["lr"])

    def _moment(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        """Nesterov's look ahead at the mean gradient, whole also where it is spread."""
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        assert parameter.grad is not None  # the caller has looked
        gradient, mean = _local(parameter.grad), _local(state["momentum_buffer"])
        mean.lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(mean, momentum)
        if not isinstance(parameter, DTensor):
            return ahead
        spread = DTensor.from_local(
            ahead,
            parameter.device_mesh,
            parameter.placements,
            shape=parameter.shape,
            stride=parameter.stride(),
        )
        whole: Tensor = spread.full_tensor()
        return whole


def orthogonal(matrices: Sequence[Tensor]) -> list[Tensor]:
    """U Vᵀ of every matrix's U S Vᵀ, nearly: singular values become 0.7 to 1.2.

    Args:
        matrices: Each (N, K) float32.

    Returns:
        Each (N, K) float32, scaled to AdamW's size.
    """
    done: list[Tensor] = [matrix.new_empty(0) for matrix in matrices]
    by_shape: dict[torch.Size, list[int]] = {}
    for index, matrix in enumerate(matrices):
        by_shape.setdefault(matrix.shape, []).append(index)
    for shape, indices in by_shape.items():
        stacked_BNK = torch.stack([matrices[index] for index in indices])
        size = _ADAMW_RMS * max(shape) ** 0.5
        for index, update in zip(indices, _newton_schulz(stacked_BNK), strict=True):
            done[index] = update.float() * size
    return done


def _newton_schulz(x_BNK: Tensor) -> Tensor:
    """In bfloat16, which is enough for a direction."""
    is_tall = x_BNK.shape[1] > x_BNK.shape[2]
    x_BNK = x_BNK.bfloat16()
    x_BNK = x_BNK.mT if is_tall else x_BNK
    x_BNK = x_BNK / x_BNK.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_NUM_STEPS):
        gram_BNN = torch.bmm(x_BNK, x_BNK.mT)
        gram_BNN = torch.baddbmm(gram_BNN, gram_BNN, gram_BNN, beta=b, alpha=c)
        x_BNK = torch.baddbmm(x_BNK, gram_BNN, x_BNK, beta=a)
    return x_BNK.mT if is_tall else x_BNK


def _local(values: Tensor) -> Tensor:
    """This process's part; shares memory."""
    return values.to_local() if isinstance(values, DTensor) else values


def _part(whole_NK: Tensor, parameter: nn.Parameter) -> Tensor:
    """This process's rows, as `fully_shard` shares them out."""
    if not isinstance(parameter, DTensor):
        return whole_NK
    mesh = parameter.device_mesh
    parts = whole_NK.chunk(mesh.size())
    rank = mesh.get_local_rank()
    return parts[rank] if rank < len(parts) else whole_NK[:0]
