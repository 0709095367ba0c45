"""The network's steps through the C kernels, for inference on the processor.

Each gives what the plain step gives, to the rounding of bfloat16, and leaves to it what the kernels
are not made for: other types, other devices, widths that no published model has, and gradients.

Shapes: as in the modules whose steps they stand in for.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from shuowen.model.kernels.calls import HEAD_WIDTHS, Kernels, Spans
from shuowen.model.kernels.compile import load_kernels
from shuowen.model.language import LanguageAttention, LanguageMLP, swiglu
from shuowen.model.linear import FusedLinear
from shuowen.model.norms import RMSNorm
from shuowen.model.rope import rotate
from shuowen.model.vision import VisionAttention, VisionMLP, attend_all, expand


def kernels_for(*tensors: Tensor) -> Kernels | None:
    """The kernels, where they can take these tensors; None to go the plain way."""
    for x in tensors:
        if x.dtype != torch.bfloat16 or x.device.type != "cpu" or x.stride(-1) != 1:
            return None
        if torch.is_grad_enabled() and x.requires_grad:
            return None
    return load_kernels()


class KernelRMSNorm(RMSNorm):
    """`RMSNorm` in one pass."""

    def forward(self, x_D: Tensor) -> Tensor:
        """(…, D) to (…, D)."""
        kernels = kernels_for(x_D, self.weight)
        if kernels is None or x_D.shape[-1] % 16:
            return super().forward(x_D)
        return kernels.rms_norm(x_D.contiguous(), self.weight, self.eps)


def kernel_swiglu(gate_up_TE: Tensor) -> Tensor:
    """See `shuowen.model.language.swiglu`."""
    kernels = kernels_for(gate_up_TE)
    is_flat = gate_up_TE.dim() == 2 and gate_up_TE.is_contiguous()
    if kernels is None or gate_up_TE.shape[-1] % 32 or not is_flat:
        return swiglu(gate_up_TE)
    return kernels.swiglu(gate_up_TE)


def kernel_rotate(x_TNK: Tensor, cos_TK: Tensor, sin_TK: Tensor) -> Tensor:
    """See `shuowen.model.rope.rotate`."""
    kernels = kernels_for(x_TNK, cos_TK, sin_TK)
    are_flat = cos_TK.is_contiguous() and sin_TK.is_contiguous()
    is_even = x_TNK.shape[-1] % 32 == 0 and x_TNK.stride(1) == x_TNK.shape[-1]
    if kernels is None or not are_flat or not is_even:
        return rotate(x_TNK, cos_TK, sin_TK)
    return kernels.rotate(x_TNK, cos_TK, sin_TK)


def kernel_attend_all(q_MLHK: Tensor, k_MLHK: Tensor, v_MLHK: Tensor) -> Tensor:
    """See `shuowen.model.vision.attend_all`."""
    kernels = kernels_for(q_MLHK, k_MLHK, v_MLHK)
    num_tiles, num_tokens, _, width = q_MLHK.shape
    q_THK, k_THK, v_THK = (x.flatten(0, 1) for x in (q_MLHK, k_MLHK, v_MLHK))
    if k_THK.stride() != v_THK.stride():  # after a norm of the keys they lie apart
        k_THK, v_THK = k_THK.contiguous(), v_THK.contiguous()
    is_even = q_THK.stride(1) == k_THK.stride(1) == width
    if kernels is None or width not in HEAD_WIDTHS or not is_even:
        return attend_all(q_MLHK, k_MLHK, v_MLHK)
    lengths = [num_tokens] * num_tiles
    spans = Spans.of(lengths, lengths)
    out_THK = kernels.attention(q_THK, k_THK, v_THK, spans, is_causal=False)
    return out_THK.unflatten(0, (num_tiles, num_tokens))


def fused_expand(up: nn.Module, x_MLC: Tensor) -> Tensor:
    """See `shuowen.model.vision.expand`."""
    if isinstance(up, FusedLinear) and up.can_fuse(x_MLC):
        return up.gelu(x_MLC)
    return expand(up, x_MLC)


def use_kernels(model: nn.Module) -> None:
    """Let the steps of an `InternVL` go through the kernels; its parameters stay as they are."""
    for module in model.modules():
        if isinstance(module, LanguageMLP):
            module.activate = kernel_swiglu
        elif isinstance(module, LanguageAttention):
            module.rotate = kernel_rotate
        elif isinstance(module, VisionAttention):
            module.attend = kernel_attend_all
        elif isinstance(module, VisionMLP):
            module.expand = fused_expand
        elif type(module) is RMSNorm:
            module.__class__ = KernelRMSNorm  # the same parameters, another forward
