"""All layers of the language model in one call of the C kernels, for few tokens at a time.

While decoding, a step is the reading of weights; the way through Python, PyTorch and twenty small
operations a layer would take a quarter of it again. The numbers are those of the layers themselves.

Shapes: T tokens, D width, K head width, S slots of the cache, G key-value heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from shuowen.model.kernels.calls import (
    HEAD_WIDTHS,
    CLayer,
    CLinear,
    CRows,
    Kernels,
    Spans,
    readable,
)
from shuowen.model.kernels.compile import load_kernels
from shuowen.model.language import LanguageLayer, LanguageModel
from shuowen.model.linear import Bf16Linear, Int4Linear, Int8Linear, QuantisedLinear

_BITS: dict[type[nn.Module], int] = {Bf16Linear: 16, Int8Linear: 8, Int4Linear: 4}


class LayerStack:
    """The layers of one model over one cache.

    Args:
        kernels: The compiled kernels.
        language: With linear layers that the kernels read; neither they nor the cache may move.
        keys_SGK: Keys of every layer, slot after slot.
        values_SGK: Values likewise.
    """

    def __init__(
        self,
        kernels: Kernels,
        language: LanguageModel,
        keys_SGK: Sequence[Tensor],
        values_SGK: Sequence[Tensor],
    ) -> None:
        self._kernels = kernels
        # Pointers lead into these; a module that is moved or filled anew would let go of them.
        weights = [each.detach() for each in (*language.parameters(), *language.buffers())]
        self._kept = (weights, tuple(keys_SGK), tuple(values_SGK))
        layers = [each for each in language.layers if isinstance(each, LanguageLayer)]
        linears = [each for layer in layers for each in _linears(layer)]
        self.max_tokens = min(_max_rows(each) for each in linears)
        """For more tokens than these, matrix products are faster."""
        first = layers[0]
        self._heads, self._groups = first.attention.num_heads, first.attention.num_kv_heads
        self._head_width, self._eps = first.attention.head_width, first.attention_norm.eps
        self._widest = max(_columns(each) for each in linears)
        made = [
            _layer(layer, keys, values)
            for layer, keys, values in zip(layers, keys_SGK, values_SGK, strict=True)
        ]
        self._layers = (CLayer * len(made))(*made)

    @classmethod
    def of(
        cls, language: LanguageModel, keys_SGK: Sequence[Tensor], values_SGK: Sequence[Tensor]
    ) -> LayerStack | None:
        """The stack, where the kernels can read this model and this cache; else None."""
        kernels = load_kernels()
        layers = [each for each in language.layers if isinstance(each, LanguageLayer)]
        linears = [each for layer in layers for each in _linears(layer)]
        plain = (*language.layers.parameters(), *keys_SGK, *values_SGK)
        is_readable = (
            0 < len(layers) == len(language.layers)
            and all(type(each) in _BITS for each in linears)
            and all(map(_is_readable, linears))
            and all(map(readable, plain))
            and layers[0].attention.head_width in HEAD_WIDTHS
        )
        if kernels is None or not is_readable:
            return None
        return cls(kernels, language, keys_SGK, values_SGK)

    def run(
        self, embeds_TD: Tensor, cos_TK: Tensor, sin_TK: Tensor, slots_T: Tensor, spans: Spans
    ) -> Tensor:
        """Run all layers.

        Args:
            embeds_TD: (T, D) bfloat16, T at most `max_tokens`.
            cos_TK, sin_TK: (T, K) bfloat16.
            slots_T: (T,) int64, where keys and values go.
            spans: What every token sees in the cache, itself included.

        Returns:
            (T, D) before the final norm.
        """
        num_tokens = len(embeds_TD)
        x_TD = embeds_TD.clone(memory_format=torch.contiguous_format)
        normed = torch.empty_like(x_TD)
        wide, rotated = torch.empty(2, num_tokens, self._widest, dtype=torch.bfloat16)
        mixed = torch.empty(num_tokens, self._heads * self._head_width, dtype=torch.bfloat16)
        cos_TK, sin_TK = cos_TK.contiguous(), sin_TK.contiguous()
        tensors = (cos_TK, sin_TK, slots_T, x_TD, normed, wide, rotated, mixed)
        pointers = [each.data_ptr() for each in tensors]
        rows = CRows(*pointers, num_tokens, len(self._layers), self._eps)
        call = self._kernels.attention_call(
            spans, self._heads, self._groups, self._head_width, is_causal=True
        )
        call.key_stride = self._groups * self._head_width
        call.output_stride = self._heads * self._head_width
        self._kernels.run_layers(self._layers, rows, call)
        return x_TD


def _linears(layer: LanguageLayer) -> tuple[nn.Module, ...]:
    attention, mlp = layer.attention, layer.mlp
    return attention.qkv, attention.out, mlp.gate_up, mlp.down


def _is_readable(linear: nn.Module) -> bool:
    if isinstance(linear, QuantisedLinear):
        dtypes = zip((linear.weight, linear.scale), linear.dtypes, strict=True)
        return readable(linear.bias) and all(readable(each, dtype) for each, dtype in dtypes)
    return True  # its parameters are among those of the layers


def _max_rows(linear: nn.Module) -> int:
    assert isinstance(linear, Bf16Linear | Int8Linear | Int4Linear)
    return linear.max_kernel_rows


def _columns(linear: nn.Module) -> int:
    assert isinstance(linear.weight, Tensor)
    return len(linear.weight)


def _layer(layer: LanguageLayer, keys_SGK: Tensor, values_SGK: Tensor) -> CLayer:
    return CLayer(
        layer.attention_norm.weight.data_ptr(),
        layer.mlp_norm.weight.data_ptr(),
        *(_linear(each) for each in _linears(layer)),
        keys_SGK.data_ptr(),
        values_SGK.data_ptr(),
    )


def _linear(linear: nn.Module) -> CLinear:
    bits = _BITS[type(linear)]
    weight, scale, bias = linear.weight, getattr(linear, "scale", None), linear.bias
    assert isinstance(weight, Tensor)
    width = weight.shape[1] * (2 if bits == 4 else 1)
    others = [each.data_ptr() if isinstance(each, Tensor) else None for each in (scale, bias)]
    return CLinear(weight.data_ptr(), *others, len(weight), width, bits)
