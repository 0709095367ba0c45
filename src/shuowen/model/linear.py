"""Linear layers for inference: weights in fewer bits, and kernels for few rows.

All take the place of an `nn.Linear`, and none can be trained. While decoding, time is the reading
of weights, so int8 halves and int4 quarters it; activations stay in bfloat16 (weight-only), except
in `DynamicInt8Linear`, which multiplies int8 by int8 and is for the vision encoder, where many rows
make arithmetic the limit.

Shapes: N output width, K input width, M rows (tokens or patches).
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shuowen.model.few_rows import KERNEL_DTYPES, few_rows, suits
from shuowen.model.kernels.calls import readable
from shuowen.model.kernels.compile import load_kernels

INT4_GROUP = 32
"""Weights along the width that share a scale."""

_INT8_MAX = 127
_ROW_BLOCK = 512
_WEIGHT_ROWS = 4096
# What torch.compile calls, and asks before it does.
_HAS_FUSED = (
    torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
)
_INT4_STEPS = (8.0, 7.25, 6.5, 8.75, 9.5)  # beyond 8.5 the largest number is cut off


class Bf16Linear(nn.Linear):
    """`nn.Linear` whose few rows go through the C kernel where there is one."""

    max_kernel_rows: ClassVar[int] = 16
    """For more rows a matrix product of PyTorch is faster."""

    def forward(self, x_MK: Tensor) -> Tensor:
        """(…, K) to (…, N)."""
        y_MN = few_rows("bf16", self.max_kernel_rows, x_MK, self.weight, None, self.bias)
        return super().forward(x_MK) if y_MN is None else y_MN


class FusedLinear(nn.Linear):
    """`nn.Linear` for many rows, through oneDNN with what follows in the same pass.

    PyTorch's own way writes the bias to the result first and adds the product to it.
    """

    def forward(self, x_MK: Tensor) -> Tensor:
        """(…, K) to (…, N)."""
        return self._fused(x_MK, "none") if self.can_fuse(x_MK) else super().forward(x_MK)

    def gelu(self, x_MK: Tensor) -> Tensor:
        """The exact GELU of the result, for inputs that `can_fuse` accepts."""
        return self._fused(x_MK, "gelu")

    def can_fuse(self, x_MK: Tensor) -> bool:
        """Whether this PyTorch has the operation, on this processor, and for such inputs."""
        return _HAS_FUSED and suits(x_MK) and readable(self.weight) and readable(self.bias)

    def _fused(self, x_MK: Tensor, then: str) -> Tensor:
        y_MN: Tensor = torch.ops.mkldnn._linear_pointwise(
            x_MK, self.weight, self.bias, then, [], "none"
        )
        return y_MN


class QuantisedLinear(nn.Module):
    """What linear layers with quantised weights share.

    Buffers: `weight` (N, K) or packed, `scale`, `bias` (N) or None.

    Args:
        in_width: K.
        out_width: N.
        has_bias: Whether there is a bias.
    """

    kind: ClassVar[str]
    dtypes: ClassVar[tuple[torch.dtype, torch.dtype]]
    """Of `weight` and `scale`."""
    max_kernel_rows: ClassVar[int]
    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, in_width: int, out_width: int, has_bias: bool) -> None:
        super().__init__()
        self.in_width, self.out_width = in_width, out_width
        self.register_buffer("bias", torch.empty(out_width) if has_bias else None)

    def set_weight(self, weight_OI: Tensor, bias_O: Tensor | None) -> None:
        """Quantise (N, K) floating-point weights; the bias keeps its type."""
        self.weight, self.scale = self.quantised(weight_OI)
        self.bias = bias_O

    @classmethod
    def quantised(cls, weight_NK: Tensor) -> tuple[Tensor, Tensor]:
        """Integers and scales for floating-point weights.

        A block of rows at a time: the head's 151,674 rows in float32 would take 0.5 GB. What stays
        is allocated first, so that what passes leaves no holes around it.
        """
        shapes = (each.shape[1:] for each in cls._quantised_rows(weight_NK[:0]))
        packed, scale = (
            torch.empty(len(weight_NK), *shape, dtype=dtype, device=weight_NK.device)
            for shape, dtype in zip(shapes, cls.dtypes, strict=True)
        )
        blocks = (x.split(_WEIGHT_ROWS) for x in (weight_NK, packed, scale))
        for rows, to_packed, to_scale in zip(*blocks, strict=True):
            for to, values in zip((to_packed, to_scale), cls._quantised_rows(rows), strict=True):
                to.copy_(values)
        return packed, scale

    def dequantised(self, dtype: torch.dtype) -> Tensor:
        """(N, K) weights, as near to the original as the format allows."""
        kernels = load_kernels() if dtype == torch.bfloat16 and self._is_readable() else None
        if kernels is not None and self.in_width % 64 == 0:
            return kernels.unpack(self.kind, self.weight, self.scale, self.in_width)
        weight_NK = torch.empty(
            self.out_width, self.in_width, dtype=dtype, device=self.weight.device
        )
        blocks = (x.split(_WEIGHT_ROWS) for x in (weight_NK, self.weight, self.scale))
        for rows, packed, scale in zip(*blocks, strict=True):
            rows.copy_(self._dequantised_rows(packed, scale))
        return weight_NK

    @staticmethod
    def _quantised_rows(rows_NK: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError("each format has its own")

    @staticmethod
    def _dequantised_rows(packed: Tensor, scale: Tensor) -> Tensor:
        """(N, K) float32."""
        raise NotImplementedError("each format has its own")

    def _is_readable(self) -> bool:
        weight_dtype, scale_dtype = self.dtypes
        return readable(self.weight, weight_dtype) and readable(self.scale, scale_dtype)

    def forward(self, x_MK: Tensor) -> Tensor:
        """(…, K) to (…, N)."""
        y_MN = few_rows(self.kind, self.max_kernel_rows, x_MK, self.weight, self.scale, self.bias)
        if y_MN is None:
            y_MN = F.linear(x_MK, self.dequantised(x_MK.dtype), self.bias)
        return y_MN

    def extra_repr(self) -> str:
        """What printing the module shows."""
        return f"{self.in_width}, {self.out_width}, bias={self.bias is not None}"


class Int8Linear(QuantisedLinear):
    """Weights of eight bits with a scale for every output, the largest of a row being 127."""

    kind = "int8"
    dtypes = KERNEL_DTYPES["int8"]
    max_kernel_rows = 48

    def __init__(self, in_width: int, out_width: int, has_bias: bool) -> None:
        super().__init__(in_width, out_width, has_bias)
        self.register_buffer("weight", torch.empty(out_width, in_width, dtype=torch.int8))
        self.register_buffer("scale", torch.empty(out_width, dtype=torch.float32))

    @staticmethod
    def _quantised_rows(rows_NK: Tensor) -> tuple[Tensor, Tensor]:
        """(N, K) int8 and (N,) float32."""
        scale_N = rows_NK.abs().amax(1).float().div_(_INT8_MAX)
        whole_NK = (rows_NK.float() / scale_N.clamp_min(1e-30)[:, None]).round_()
        return whole_NK.to(torch.int8), scale_N

    @staticmethod
    def _dequantised_rows(packed: Tensor, scale: Tensor) -> Tensor:
        return packed.float().mul_(scale[:, None])


class Int4Linear(QuantisedLinear):
    """Weights of four bits with a bfloat16 scale for every 32 along the width; 4.5 bits each.

    The number that is largest in size becomes about -8, as in llama.cpp's Q4_0, so that all sixteen
    values are used; of a few scales near that one the one with the least squared error is taken.
    Byte j of a run of 32 holds weight j in its low and weight j + 32 in its high four bits, plus 8.
    """

    kind = "int4"
    dtypes = KERNEL_DTYPES["int4"]
    max_kernel_rows = 32

    def __init__(self, in_width: int, out_width: int, has_bias: bool) -> None:
        super().__init__(in_width, out_width, has_bias)
        groups = in_width // INT4_GROUP
        self.register_buffer("weight", torch.empty(out_width, in_width // 2, dtype=torch.uint8))
        self.register_buffer("scale", torch.empty(out_width, groups, dtype=torch.bfloat16))

    @staticmethod
    def _quantised_rows(rows_NK: Tensor) -> tuple[Tensor, Tensor]:
        """(N, K / 2) uint8 and (N, K / 32) bfloat16; K is a multiple of 64."""
        groups_NGI = rows_NK.float().unflatten(1, (-1, INT4_GROUP))
        largest_NG1 = groups_NGI.gather(2, groups_NGI.abs().argmax(2, keepdim=True))
        tried = [_nibbles(groups_NGI, largest_NG1 / -steps) for steps in _INT4_STEPS]
        errors = torch.stack([error_NG1 for _, _, error_NG1 in tried]).argmin(0)
        values, scale_NG1 = tried[0][:2]
        for index, (other_values, other_scale, _) in enumerate(tried):
            values = torch.where(errors == index, other_values, values)
            scale_NG1 = torch.where(errors == index, other_scale, scale_NG1)
        low, high = values.unflatten(1, (-1, 2)).unbind(2)
        return (low | high << 4).flatten(1), scale_NG1.squeeze(2)

    @staticmethod
    def _dequantised_rows(packed: Tensor, scale: Tensor) -> Tensor:
        bytes_NGI = packed.unflatten(1, (-1, INT4_GROUP))
        values = torch.stack((bytes_NGI & 15, bytes_NGI >> 4), 2).flatten(1, 2)
        return values.float().sub_(8).mul_(scale[..., None]).flatten(1)


def _nibbles(groups_NGI: Tensor, scale_NG1: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Values 0 to 15, bfloat16 scales and squared errors of groups for one choice of scales."""
    scale_NG1 = scale_NG1.to(torch.bfloat16)
    divisor_NG1 = torch.where(scale_NG1 == 0, 1.0, scale_NG1.float())
    whole_NGI = (groups_NGI / divisor_NG1).round_().clamp_(-8, 7)
    error_NG1 = (whole_NGI * scale_NG1 - groups_NGI).square_().sum(2, keepdim=True)
    return whole_NGI.add_(8).to(torch.uint8), scale_NG1, error_NG1


class DynamicInt8Linear(Int8Linear):
    """Eight-bit weights times eight-bit activations, which get a scale for every row.

    On the processor; elsewhere the weights are made bfloat16 again for each product.
    """

    def forward(self, x_MK: Tensor) -> Tensor:
        """(…, K) to (…, N)."""
        if x_MK.device.type != "cpu":
            return F.linear(x_MK, self.dequantised(x_MK.dtype), self.bias)
        rows_MK = x_MK.reshape(-1, self.in_width).contiguous()
        y_MN = torch.empty(len(rows_MK), self.out_width, dtype=x_MK.dtype, device=x_MK.device)
        kernels = load_kernels() if self._suits(rows_MK) else None
        # Block by block, the sums stay in the cache and take no fresh memory.
        for rows, y in zip(rows_MK.split(_ROW_BLOCK), y_MN.split(_ROW_BLOCK), strict=True):
            if kernels is None:
                y.copy_(self._plain(rows))
                continue
            q_MK, scale_M = kernels.quantise_rows(rows)
            sums_MN = torch._int_mm(q_MK, self.weight.t())
            kernels.scale_sums(sums_MN, scale_M, self.scale, self.bias, y)
        return y_MN.view(*x_MK.shape[:-1], self.out_width)

    def _suits(self, rows_MK: Tensor) -> bool:
        is_even = self.in_width % 16 == 0 and self.out_width % 16 == 0
        return is_even and suits(rows_MK) and self._is_readable() and readable(self.bias)

    def _plain(self, rows_MK: Tensor) -> Tensor:
        scale_M1 = rows_MK.float().abs().amax(1, keepdim=True).div_(_INT8_MAX)
        q_MK = (rows_MK / scale_M1.clamp_min(1e-30)).round_().to(torch.int8)
        y_MN = torch._int_mm(q_MK, self.weight.t()) * scale_M1 * self.scale
        return y_MN if self.bias is None else y_MN + self.bias
