"""The language model: Qwen2.5, and InternLM which is the same network without biases.

Sequences are packed one after another along T; there is no batch axis. What a token sees is decided
by the `Attention` that is handed in.

Shapes: T tokens, N tokens whose logits are wanted, D width, H query heads, G key-value heads,
K head width, F MLP width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from shuowen.model.attention import Attention
from shuowen.model.config import LanguageConfig
from shuowen.model.norms import RMSNorm
from shuowen.model.recompute import run
from shuowen.model.rope import Rotary, rotate


class LanguageAttention(nn.Module):
    """Grouped-query attention (Ainslie et al. 2023) with rotary positions.

    Rows of `qkv`: all query heads, all key heads, all value heads.
    """

    rotate: Callable[[Tensor, Tensor, Tensor], Tensor] = staticmethod(rotate)

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.num_heads, self.num_kv_heads = config.num_heads, config.num_kv_heads
        self.head_width = config.head_width
        self.qkv = nn.Linear(config.width, config.qkv_width, bias=config.has_qkv_bias)
        self.out = nn.Linear(config.num_heads * config.head_width, config.width, bias=False)

    def forward(
        self, x_TD: Tensor, cos_TK: Tensor, sin_TK: Tensor, attention: Attention, layer_index: int
    ) -> Tensor:
        """(T, D) to (T, D)."""
        qkv_TNK = self.qkv(x_TD).unflatten(-1, (-1, self.head_width))
        num_rotated = self.num_heads + self.num_kv_heads
        qk_TNK = self.rotate(qkv_TNK[:, :num_rotated], cos_TK, sin_TK)
        q_THK, k_TGK = qk_TNK[:, : self.num_heads], qk_TNK[:, self.num_heads :]
        out_THK = attention(layer_index, q_THK, k_TGK, qkv_TNK[:, num_rotated:])
        attended_TD: Tensor = self.out(out_THK.flatten(1))
        return attended_TD


def swiglu(gate_up_TE: Tensor) -> Tensor:
    """silu(gate) · up (Shazeer 2020), (T, F); a row of (T, 2F) holds its gates, then its ups."""
    gate_TF, up_TF = gate_up_TE.chunk(2, dim=-1)
    return F.silu(gate_TF) * up_TF


class LanguageMLP(nn.Module):
    """SwiGLU between two linear layers. Rows of `gate_up`: gate, then up."""

    activate: Callable[[Tensor], Tensor] = staticmethod(swiglu)

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.gate_up = nn.Linear(config.width, 2 * config.mlp_width, bias=False)
        self.down = nn.Linear(config.mlp_width, config.width, bias=False)

    def forward(self, x_TD: Tensor) -> Tensor:
        """(T, D) to (T, D)."""
        changed_TD: Tensor = self.down(self.activate(self.gate_up(x_TD)))
        return changed_TD


class LanguageLayer(nn.Module):
    """Attention and MLP, each normed before and added."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_eps)
        self.attention = LanguageAttention(config)
        self.mlp_norm = RMSNorm(config.width, config.norm_eps)
        self.mlp = LanguageMLP(config)

    def forward(
        self, x_TD: Tensor, cos_TK: Tensor, sin_TK: Tensor, attention: Attention, layer_index: int
    ) -> Tensor:
        """(T, D) to (T, D)."""
        x_TD = x_TD + self.attention(
            self.attention_norm(x_TD), cos_TK, sin_TK, attention, layer_index
        )
        changed_TD: Tensor = x_TD + self.mlp(self.mlp_norm(x_TD))
        return changed_TD


class LanguageModel(nn.Module):
    """Embedding, layers, final norm and head; embedding and head are two matrices."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.rotary = Rotary(config)
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.layers = nn.ModuleList(LanguageLayer(config) for _ in range(config.num_layers))
        self.norm = RMSNorm(config.width, config.norm_eps)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)

    def forward(
        self,
        embeds_TD: Tensor,
        positions_T: Tensor,
        attention: Attention,
        longest_T: Tensor | None = None,
        *,
        recompute_activations: bool = False,
    ) -> Tensor:
        """Run all layers.

        Args:
            embeds_TD: (T, D) what enters: embedded tokens and visual tokens.
            positions_T: (T,) float32.
            attention: Who sees whom.
            longest_T: See `Rotary`; None where no sequence is longer than the window.
            recompute_activations: Save memory in training by running every layer twice.

        Returns:
            hidden_TD (T, D), the final norm applied; `logits` takes it.
        """
        cos_TK, sin_TK = self.rotary(positions_T, longest_T)
        cos_TK, sin_TK = cos_TK.to(embeds_TD.dtype), sin_TK.to(embeds_TD.dtype)
        x_TD = embeds_TD
        for index, layer in enumerate(self.layers):
            inputs = (x_TD, cos_TK, sin_TK, attention, index)
            x_TD = run(layer, *inputs, recompute=recompute_activations)
        hidden_TD: Tensor = self.norm(x_TD)
        return hidden_TD

    def logits(self, hidden_ND: Tensor) -> Tensor:
        """Scores of the next token, (N, V), in the type of the weights."""
        logits_NV: Tensor = self.head(hidden_ND)
        return logits_NV
