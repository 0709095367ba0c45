"""RMSNorm, rounded as the released networks round it, and the choice of a norm by name.

Shapes: … any leading axes, D width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shuowen.model.config import Norm


class RMSNorm(nn.Module):
    """Root mean square normalisation (Zhang and Sennrich 2019) without a bias.

    Mean square in float32; the normalised value is rounded to the type of the input first and
    multiplied by the weight then, as in the released InternViT and Qwen2.5. PyTorch's own, given
    the weight, rounds once, which differs in a quarter of all bfloat16 values.
    """

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x_D: Tensor) -> Tensor:
        """(…, D) to (…, D), of the same type."""
        normalised_D = F.rms_norm(x_D, (x_D.shape[-1],), None, self.eps)
        return self.weight * normalised_D

    def extra_repr(self) -> str:
        """What printing the module shows."""
        return f"{self.weight.shape[0]}, eps={self.eps}"


def make_norm(kind: Norm, width: int, eps: float) -> nn.Module:
    """The norm that a vision encoder of this kind uses."""
    return RMSNorm(width, eps) if kind == "rms_norm" else nn.LayerNorm(width, eps=eps)
