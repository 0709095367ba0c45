"""Calls of the C kernels with tensors: results are made here, and pointers.

Nothing is checked here: `readable` and the callers see to types, places and widths.

Shapes: M rows, K their width, N columns; T tokens, H heads, G key-value heads, W head width.
"""

from __future__ import annotations

import ctypes
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

HEAD_WIDTHS = (64, 128)
_KEY_BLOCK = 32  # as in attention.c
_POINTER, _INDEX = ctypes.c_void_p, ctypes.c_long


class CAttention(ctypes.Structure):
    """`Attention` of kernels.h."""

    _fields_ = (
        *((name, _POINTER) for name in ("queries", "keys", "values", "output", "scratch")),
        *((name, _INDEX) for name in ("query_stride", "key_stride", "output_stride")),
        *((name, _INDEX) for name in ("num_sequences", "heads", "kv_heads", "width")),
        *((name, _POINTER) for name in ("query_begin", "num_queries", "num_keys")),
        *((name, _POINTER) for name in ("scratch_begin", "key_begin", "pages")),
        *((name, _INDEX) for name in ("max_pages", "page_tokens", "is_causal", "num_threads")),
        ("scale", ctypes.c_float),
    )


class CLinear(ctypes.Structure):
    """`Linear` of layers.c."""

    _fields_ = (
        *((name, _POINTER) for name in ("weight", "scale", "bias")),
        *((name, _INDEX) for name in ("num_columns", "width", "bits")),
    )


class CLayer(ctypes.Structure):
    """`Layer` of layers.c."""

    _fields_ = (
        *((name, _POINTER) for name in ("attention_norm", "mlp_norm")),
        *((name, CLinear) for name in ("qkv", "out", "gate_up", "down")),
        *((name, _POINTER) for name in ("keys", "values")),
    )


class CRows(ctypes.Structure):
    """`Rows` of layers.c."""

    _fields_ = (
        *((name, _POINTER) for name in ("cosines", "sines", "slots")),
        *((name, _POINTER) for name in ("x", "normed", "wide", "rotated", "mixed")),
        *((name, _INDEX) for name in ("num_rows", "num_layers")),
        ("eps", ctypes.c_float),
    )


@dataclass(frozen=True)
class Spans:
    """Where the queries and keys of every sequence of a batch lie; made once for all layers.

    Attributes:
        num_queries_S, num_keys_S: For each sequence; the queries are its last tokens where
            attention is causal.
        pages_SP: (S, P) int32, pages of the keys in their pool; None where the keys of all
            sequences lie one after another.
        page_tokens: Tokens of a page.
    """

    table: Tensor
    num_sequences: int
    num_scratch_keys: int
    pages_SP: Tensor | None
    page_tokens: int

    @classmethod
    def of(
        cls,
        num_queries_S: Sequence[int],
        num_keys_S: Sequence[int],
        pages_SP: Tensor | None = None,
        page_tokens: int = 1,
    ) -> Spans:
        """Lay out a batch."""
        padded = [-(-count // _KEY_BLOCK) * _KEY_BLOCK for count in num_keys_S]
        rows = [_begins(num_queries_S), list(num_queries_S), list(num_keys_S)]
        rows += [_begins(padded), _begins(num_keys_S)]
        table = torch.tensor(rows, dtype=torch.int64)
        return cls(table, len(padded), sum(padded), pages_SP, page_tokens)


def readable(tensor: Tensor | None, dtype: torch.dtype = torch.bfloat16) -> bool:
    """Whether a kernel that expects `dtype` may be given a tensor's pointer; None counts as so."""
    if tensor is None:
        return True
    return tensor.dtype == dtype and tensor.device.type == "cpu" and tensor.is_contiguous()


class _Scratch(threading.local):
    """Memory that is used again: fresh memory of this size the system clears at every call."""

    def __init__(self) -> None:
        self._held = torch.empty(0, dtype=torch.bfloat16)

    def of(self, num_values: int) -> Tensor:
        """At least so many bfloat16 values, valid until this thread asks again."""
        if len(self._held) < num_values:
            self._held = torch.empty(num_values + num_values // 4, dtype=torch.bfloat16)
        return self._held


class Kernels:
    """The compiled kernels; all tensors are on the processor and contiguous unless said."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._scratch = _Scratch()
        for name in ("linear_bf16", "linear_int8", "linear_int4"):
            getattr(library, name).argtypes = [_POINTER] * 5 + [_INDEX] * 4
        library.quantise_rows.argtypes = [_POINTER] * 3 + [_INDEX] * 3
        library.scale_sums.argtypes = [_POINTER] * 5 + [_INDEX] * 3
        for name in ("unpack_int8", "unpack_int4"):
            getattr(library, name).argtypes = [_POINTER] * 3 + [_INDEX] * 3
        library.rms_norm.argtypes = [_POINTER] * 3 + [_INDEX] * 2 + [ctypes.c_float, _INDEX]
        library.swiglu.argtypes = [_POINTER] * 2 + [_INDEX] * 3
        library.rotate.argtypes = [_POINTER, _INDEX, *[_POINTER] * 3, *[_INDEX] * 4]
        library.attention.argtypes = [ctypes.POINTER(CAttention)]
        library.run_layers.argtypes = [_POINTER, ctypes.POINTER(CRows), ctypes.POINTER(CAttention)]

    def linear(
        self,
        kind: str,
        x_MK: Tensor,
        weight: Tensor,
        scale: Tensor | None,
        bias_N: Tensor | None,
        num_columns: int,
    ) -> Tensor:
        """x W^T + b for few rows.

        Args:
            kind: bf16, int8 or int4: what `weight` holds; see linear.c for the layouts.
            x_MK: bfloat16; K a multiple of 32, for int4 of 64.
            scale: float32 (N,) for int8, bfloat16 (N, K / 32) for int4.
            bias_N: bfloat16.

        Returns:
            (M, N) bfloat16.
        """
        num_rows, width = x_MK.shape
        y_MN = torch.empty(num_rows, num_columns, dtype=torch.bfloat16, device="cpu")
        getattr(self._library, f"linear_{kind}")(
            x_MK.data_ptr(), weight.data_ptr(), _pointer(scale), _pointer(bias_N), y_MN.data_ptr(),
            num_rows, num_columns, width, torch.get_num_threads(),
        )  # fmt: skip
        return y_MN

    def unpack(self, kind: str, weight: Tensor, scale: Tensor, width: int) -> Tensor:
        """(N, K) bfloat16 of int8 or int4 weights, laid out as for `linear`."""
        y_NK = torch.empty(len(weight), width, dtype=torch.bfloat16, device="cpu")
        getattr(self._library, f"unpack_{kind}")(
            weight.data_ptr(), scale.data_ptr(), y_NK.data_ptr(), len(weight), width,
            torch.get_num_threads(),
        )  # fmt: skip
        return y_NK

    def quantise_rows(self, x_MK: Tensor) -> tuple[Tensor, Tensor]:
        """(M, K) int8 and (M,) float32 scales of bfloat16 rows; K a multiple of 16."""
        num_rows, width = x_MK.shape
        q_MK = torch.empty(num_rows, width, dtype=torch.int8)
        scale_M = torch.empty(num_rows, dtype=torch.float32)
        self._library.quantise_rows(
            x_MK.data_ptr(), q_MK.data_ptr(), scale_M.data_ptr(),
            num_rows, width, torch.get_num_threads(),
        )  # fmt: skip
        return q_MK, scale_M

    def scale_sums(
        self,
        sums_MN: Tensor,
        row_scale_M: Tensor,
        column_scale_N: Tensor,
        bias_N: Tensor | None,
        y_MN: Tensor,
    ) -> None:
        """Write sums · row scale · column scale + bias to y, bfloat16; N a multiple of 16."""
        num_rows, num_columns = sums_MN.shape
        self._library.scale_sums(
            sums_MN.data_ptr(), row_scale_M.data_ptr(), column_scale_N.data_ptr(),
            _pointer(bias_N), y_MN.data_ptr(), num_rows, num_columns, torch.get_num_threads(),
        )  # fmt: skip

    def rms_norm(self, x_MD: Tensor, weight_D: Tensor, eps: float) -> Tensor:
        """RMSNorm of the rows of (…, D) bfloat16; D a multiple of 16."""
        y_MD, width = torch.empty_like(x_MD), x_MD.shape[-1]
        self._library.rms_norm(
            x_MD.data_ptr(), weight_D.data_ptr(), y_MD.data_ptr(),
            x_MD.numel() // width, width, eps, torch.get_num_threads(),
        )  # fmt: skip
        return y_MD

    def swiglu(self, gate_up_ME: Tensor) -> Tensor:
        """silu(gate) · up of rows (M, 2F) bfloat16 as (M, F); F a multiple of 16."""
        num_rows, half = gate_up_ME.shape[0], gate_up_ME.shape[1] // 2
        y_MF = torch.empty(num_rows, half, dtype=torch.bfloat16)
        self._library.swiglu(
            gate_up_ME.data_ptr(), y_MF.data_ptr(), num_rows, half, torch.get_num_threads()
        )
        return y_MF

    def rotate(self, x_TNK: Tensor, cos_TK: Tensor, sin_TK: Tensor) -> Tensor:
        """See `shuowen.model.rope.rotate`; bfloat16, the last two axes contiguous."""
        num_tokens, num_heads, width = x_TNK.shape
        y_TNK = torch.empty(num_tokens, num_heads, width, dtype=torch.bfloat16)
        self._library.rotate(
            x_TNK.data_ptr(), x_TNK.stride(0), cos_TK.data_ptr(), sin_TK.data_ptr(),
            y_TNK.data_ptr(), num_tokens, num_heads, width, torch.get_num_threads(),
        )  # fmt: skip
        return y_TNK

    def attention(
        self, q_THW: Tensor, k_RGW: Tensor, v_RGW: Tensor, spans: Spans, *, is_causal: bool
    ) -> Tensor:
        """Softmax attention of every sequence of `spans`.

        Args:
            q_THW: bfloat16; the last two axes contiguous, W 64 or 128.
            k_RGW, v_RGW: bfloat16, laid out alike; rows of tokens, or of pages one after another.

        Returns:
            (T, H, W) bfloat16.
        """
        num_tokens, heads, width = q_THW.shape
        out_THW = torch.empty(num_tokens, heads, width, dtype=torch.bfloat16)
        call = self.attention_call(spans, heads, k_RGW.shape[1], width, is_causal=is_causal)
        call.queries, call.query_stride = q_THW.data_ptr(), q_THW.stride(0)
        call.keys, call.values = k_RGW.data_ptr(), v_RGW.data_ptr()
        call.key_stride = k_RGW.stride(0)
        call.output, call.output_stride = out_THW.data_ptr(), heads * width
        self._library.attention(ctypes.byref(call))
        return out_THW

    def attention_call(
        self, spans: Spans, heads: int, kv_heads: int, width: int, *, is_causal: bool
    ) -> CAttention:
        """What a call of the attention kernel needs but its tensors; `spans` must outlive it."""
        pages, row_bytes = spans.pages_SP, spans.table.stride(0) * 8
        begins = [spans.table.data_ptr() + row * row_bytes for row in range(5)]
        names = ("query_begin", "num_queries", "num_keys", "scratch_begin", "key_begin")
        return CAttention(
            scratch=self._scratch.of(spans.num_scratch_keys * kv_heads * 2 * width).data_ptr(),
            num_sequences=spans.num_sequences,
            heads=heads,
            kv_heads=kv_heads,
            width=width,
            **dict(zip(names, begins, strict=True)),
            pages=_pointer(pages),
            max_pages=0 if pages is None else pages.shape[1],
            page_tokens=spans.page_tokens,
            is_causal=is_causal,
            num_threads=torch.get_num_threads(),
            scale=math.log2(math.e) / math.sqrt(width),
        )

    def run_layers(self, layers: ctypes.Array[CLayer], rows: CRows, attention: CAttention) -> None:
        """All layers for few rows; see layers.c."""
        self._library.run_layers(layers, ctypes.byref(rows), ctypes.byref(attention))


def _begins(counts: Sequence[int]) -> list[int]:
    return list(accumulate(counts, initial=0))[:-1]


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()
