"""Products of few rows through the C kernels, where they can be had.

Shapes: M rows, K input width, N output width.
"""

from __future__ import annotations

import torch
from torch import Tensor

from shuowen.model.kernels.calls import readable
from shuowen.model.kernels.compile import load_kernels

KERNEL_DTYPES: dict[str, tuple[torch.dtype, torch.dtype]] = {
    "bf16": (torch.bfloat16, torch.bfloat16),
    "int8": (torch.int8, torch.float32),
    "int4": (torch.uint8, torch.bfloat16),
}
"""What each linear kernel reads as weight and as scale."""


def few_rows(
    kind: str,
    max_rows: int,
    x_MK: Tensor,
    weight: Tensor,
    scale: Tensor | None,
    bias_N: Tensor | None,
) -> Tensor | None:
    """x W^T + b through the C kernel; None where rows are many or the kernel does not suit."""
    num_rows = x_MK.numel() // x_MK.shape[-1]
    if num_rows == 0:
        return x_MK.new_empty(*x_MK.shape[:-1], len(weight))
    weight_dtype, scale_dtype = KERNEL_DTYPES[kind]
    is_readable = (
        readable(weight, weight_dtype) and readable(scale, scale_dtype) and readable(bias_N)
    )
    wants_gradients = torch.is_grad_enabled() and weight.requires_grad
    if num_rows > max_rows or x_MK.shape[-1] % 64 or not suits(x_MK) or not is_readable:
        return None
    kernels = None if wants_gradients else load_kernels()
    if kernels is None:
        return None
    rows_MK = x_MK.reshape(num_rows, -1).contiguous()
    y_MN = kernels.linear(kind, rows_MK, weight, scale, bias_N, len(weight))
    return y_MN.view(*x_MK.shape[:-1], -1)


def suits(x_MK: Tensor) -> bool:
    """The kernels read bfloat16 on the processor and know nothing of gradients."""
    is_inference = not (torch.is_grad_enabled() and x_MK.requires_grad)
    return is_inference and x_MK.dtype == torch.bfloat16 and x_MK.device.type == "cpu"
