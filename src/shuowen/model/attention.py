"""Who sees whom: what the layers of the language model call, and the plain way to answer.

Engines bring their own `Attention` that also keeps keys and values; training and the reference
loop use `PackedAttention`.

Shapes: T tokens, H query heads, G key-value heads (H is a multiple), K head width, S sequences; in
a group of similar length B sequences, L tokens of the longest; P rows of all groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from shuowen.errors import EngineError

_MAX_WRITTEN_OUT = 256
_MAX_PADDING, _FREE_PADDING = 1.25, 8
# Of the shortest sequence of a group, and tokens more: one call costs as much as some padding.
_FEW_TOKENS = 200
# See `shuowen.model.vision.attend_all`.


class Attention(Protocol):
    """Softmax attention for the tokens of one forward pass, scaled by 1 / √K."""

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Mix values.

        Args:
            layer_index: Which layer asks, from 0.
            q_THK: (T, H, K) queries, rotated.
            k_TGK: (T, G, K) keys, rotated.
            v_TGK: (T, G, K) values.

        Returns:
            out_THK (T, H, K).
        """
        ...


class PackedAttention:
    """Causal inside each sequence, nothing across.

    ::

        lengths (3, 2)    a a a b b
                        a x
                        a x x
                        a x x x
                        b       x
                        b       x x

    Many short sequences are taken a few groups at a time, each group of similar lengths in one
    call, padded at the end, where causal attention does not look. The map between packed rows and
    groups is made once for all layers.

    Args:
        lengths: Tokens of each sequence, packed one after another.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = tuple(lengths)
        if not self.lengths or min(self.lengths) < 1:
            raise EngineError(
                f"Sequences of {self.lengths} tokens cannot be packed.",
                "Give at least one token for every sequence.",
            )
        self._layout: _Layout | None = None

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """See `Attention`; all layers are alike."""
        if len(self.lengths) == 1:
            return causal_attention(q_THK, k_TGK, v_TGK)
        if self._layout is None or self._layout.rows_P.device != q_THK.device:
            self._layout = _lay_out(self.lengths, q_THK.device)
        layout = self._layout
        # Under autocast the angles, in float32, have made queries and keys so too.
        q_THK, k_TGK = q_THK.to(v_TGK.dtype), k_TGK.to(v_TGK.dtype)
        padded = [_Pad.apply(x, layout).split(layout.sizes) for x in (q_THK, k_TGK, v_TGK)]
        parts = [
            _group(longest, *group) for longest, *group in zip(layout.longest, *padded, strict=True)
        ]
        out_THK: Tensor = _Unpad.apply(torch.cat(parts), layout)
        return out_THK


@dataclass(frozen=True)
class _Layout:
    """How packed rows and groups map to each other; P rows of all groups, pads with them.

    Attributes:
        longest: L of every group.
        sizes: B · L of every group.
        rows_P: Which packed row stands where; at pads, some row.
        places_T: Where each packed row stands.
        pads: Where pads stand.
    """

    longest: tuple[int, ...]
    sizes: tuple[int, ...]
    rows_P: Tensor
    places_T: Tensor
    pads: Tensor


class _Pad(torch.autograd.Function):
    """Packed rows to groups.

    What autograd would do backward, adding up rows at the places that they came from, is slow, and
    is not needed: every row has one place, and no gradient comes from pads.
    """

    @staticmethod
    def forward(ctx: Any, x_THK: Tensor, layout: _Layout) -> Tensor:
        ctx.layout = layout
        return x_THK.index_select(0, layout.rows_P)

    @staticmethod
    def backward(ctx: Any, gradient_PHK: Tensor) -> tuple[Tensor, None]:
        return gradient_PHK.index_select(0, ctx.layout.places_T), None


class _Unpad(torch.autograd.Function):
    """Groups to packed rows; pads get no gradient."""

    @staticmethod
    def forward(ctx: Any, x_PHK: Tensor, layout: _Layout) -> Tensor:
        ctx.layout = layout
        return x_PHK.index_select(0, layout.places_T)

    @staticmethod
    def backward(ctx: Any, gradient_THK: Tensor) -> tuple[Tensor, None]:
        gradient_PHK = gradient_THK.index_select(0, ctx.layout.rows_P)
        return gradient_PHK.index_fill_(0, ctx.layout.pads, 0.0), None


def _group(longest: int, q_PHK: Tensor, k_PGK: Tensor, v_PGK: Tensor) -> Tensor:
    """Attention of one group, (B · L, H, K), pads with it."""
    q_BHLK, k_BGLK, v_BGLK = (
        x.unflatten(0, (-1, longest)).transpose(1, 2) for x in (q_PHK, k_PGK, v_PGK)
    )
    return _causal(q_BHLK, k_BGLK, v_BGLK).transpose(1, 2).flatten(0, 1)


def _lay_out(lengths: tuple[int, ...], device: torch.device) -> _Layout:
    lengths_S = torch.tensor(lengths)
    starts_S = lengths_S.cumsum(0) - lengths_S
    members = _groups(lengths)
    longest = tuple(lengths[group[0]] for group in members)
    rows, is_pad = [], []
    for group, length in zip(members, longest, strict=True):
        columns_L, sequences_B = torch.arange(length), torch.tensor(group)
        is_pad_BL = columns_L >= lengths_S[sequences_B][:, None]
        rows_BL = starts_S[sequences_B][:, None] + columns_L
        rows.append(rows_BL.masked_fill(is_pad_BL, 0).flatten())
        is_pad.append(is_pad_BL.flatten())
    rows_P, is_pad_P = torch.cat(rows), torch.cat(is_pad)
    places_T = torch.empty(sum(lengths), dtype=torch.int64)
    places_T[rows_P[~is_pad_P]] = (~is_pad_P).nonzero().squeeze(1)
    pads = is_pad_P.nonzero().squeeze(1)
    sizes = tuple(len(each) for each in rows)
    return _Layout(longest, sizes, rows_P.to(device), places_T.to(device), pads.to(device))


def _groups(lengths: tuple[int, ...]) -> list[list[int]]:
    """Numbers of the sequences, longest first, in groups that lose little to padding."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        longest = lengths[groups[-1][0]] if groups else 0
        if groups and longest <= _MAX_PADDING * lengths[index] + _FREE_PADDING:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def causal_attention(q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
    """Every token of one sequence sees itself and those before it; (T, H, K)."""
    q_1HTK, k_1GTK, v_1GTK = (x.transpose(0, 1)[None] for x in (q_THK, k_TGK, v_TGK))
    return _causal(q_1HTK, k_1GTK, v_1GTK)[0].transpose(0, 1)


def _causal(q_BHLK: Tensor, k_BGLK: Tensor, v_BGLK: Tensor) -> Tensor:
    """(B, H, L, K)."""
    has_groups = q_BHLK.shape[1] != k_BGLK.shape[1]
    if not _is_faster_written_out(q_BHLK):
        return F.scaled_dot_product_attention(
            q_BHLK, k_BGLK, v_BGLK, is_causal=True, enable_gqa=has_groups
        )
    if has_groups:
        # The queries that share a key stand below each other, so that keys need not be repeated.
        share, length = q_BHLK.shape[1] // k_BGLK.shape[1], q_BHLK.shape[2]
        q_BHLK = q_BHLK.unflatten(1, (-1, share)).flatten(2, 3)
        out = written_out_attention(q_BHLK, k_BGLK, v_BGLK, is_causal=True)
        return out.unflatten(2, (share, length)).flatten(1, 2)
    return written_out_attention(q_BHLK, k_BGLK, v_BGLK, is_causal=True)


def written_out_attention(q: Tensor, k: Tensor, v: Tensor, *, is_causal: bool) -> Tensor:
    """Attention as two products and a softmax between, for short sequences.

    PyTorch's own for the processor works block by block, and backward takes six times as long
    where a sequence fills no block.

    Args:
        q: (…, R, K) queries; R is a multiple of L where several share a key, one after another.
        k: (…, L, K) keys.
        v: (…, L, K) values.
        is_causal: Whether query i sees only keys 0 to i.

    Returns:
        (…, R, K).
    """
    scores = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2))
    if is_causal:
        length = k.shape[-2]
        hidden_LL = torch.ones(length, length, dtype=torch.bool, device=q.device).triu_(1)
        by_query = scores.unflatten(-2, (-1, length))
        scores = by_query.masked_fill(hidden_LL, -torch.inf).flatten(-3, -2)
    return torch.matmul(scores.softmax(-1), v)


def _is_faster_written_out(q_BHLK: Tensor) -> bool:
    return (
        q_BHLK.requires_grad
        and q_BHLK.device.type == "cpu"
        and q_BHLK.dtype == torch.bfloat16
        and q_BHLK.shape[2] <= _MAX_WRITTEN_OUT
    )
