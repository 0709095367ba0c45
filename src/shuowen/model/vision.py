"""InternViT: pixels of tiles to features of patches.

Both published kinds are one network: 300M (LayerNorm, bias on query, key and value) and 6B (RMSNorm
also on query and key, no such bias). InternVL 2.5 (arXiv 2412.05271) Table 1. There is no norm
after the last block.

Shapes: M tiles, P patches of a tile (1024 for 448 pixels), L = P + 1 with the class token in front,
C vision width, F MLP width, H heads, K head width, X and Y pixels down and across.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shuowen.model.config import VisionConfig
from shuowen.model.norms import RMSNorm, make_norm
from shuowen.model.recompute import run

_FEW_PATCHES = 160
# On the processor, for so few, two plain products take a quarter to a half of the fused
# operation's time, forward and backward.


def attend_all(q_MLHK: Tensor, k_MLHK: Tensor, v_MLHK: Tensor) -> Tensor:
    """Softmax attention of every patch to all patches of its tile; (M, L, H, K)."""
    q_MHLK, k_MHLK, v_MHLK = (x.transpose(1, 2) for x in (q_MLHK, k_MLHK, v_MLHK))
    if q_MLHK.requires_grad and q_MLHK.is_cpu and q_MLHK.shape[1] <= _FEW_PATCHES:
        return _attend_few(q_MHLK, k_MHLK, v_MHLK).transpose(1, 2)
    return F.scaled_dot_product_attention(q_MHLK, k_MHLK, v_MHLK).transpose(1, 2)


def _attend_few(q_MHLK: Tensor, k_MHLK: Tensor, v_MHLK: Tensor) -> Tensor:
    scores_MHLL = torch.matmul(q_MHLK * q_MHLK.shape[-1] ** -0.5, k_MHLK.transpose(2, 3))
    shares_MHLL = torch.softmax(scores_MHLL, dim=-1, dtype=torch.float32)
    return torch.matmul(shares_MHLL.to(v_MHLK.dtype), v_MHLK)


class VisionAttention(nn.Module):
    """Every patch sees every patch of its tile."""

    attend: Callable[[Tensor, Tensor, Tensor], Tensor] = staticmethod(attend_all)

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.head_width = config.head_width
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=config.has_qkv_bias)
        self.query_norm: RMSNorm | None = None
        self.key_norm: RMSNorm | None = None
        if config.has_qk_norm:
            self.query_norm = RMSNorm(config.width, config.norm_eps)
            self.key_norm = RMSNorm(config.width, config.norm_eps)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x_MLC: Tensor) -> Tensor:
        """(M, L, C) to (M, L, C)."""
        q_MLC, k_MLC, v_MLC = self.qkv(x_MLC).chunk(3, dim=-1)
        if self.query_norm is not None and self.key_norm is not None:
            # Over all heads at once, so before they are split.
            q_MLC, k_MLC = self.query_norm(q_MLC), self.key_norm(k_MLC)
        out_MLHK = self.attend(self._heads(q_MLC), self._heads(k_MLC), self._heads(v_MLC))
        attended: Tensor = self.out(out_MLHK.flatten(2))
        return attended

    def _heads(self, x_MLC: Tensor) -> Tensor:
        return x_MLC.unflatten(-1, (-1, self.head_width))


def expand(up: nn.Module, x_MLC: Tensor) -> Tensor:
    """The first layer of the MLP and the exact GELU; (M, L, C) to (M, L, F)."""
    return F.gelu(up(x_MLC))


class VisionMLP(nn.Module):
    """Two linear layers with the exact GELU between them."""

    expand: Callable[[nn.Module, Tensor], Tensor] = staticmethod(expand)

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.width, config.mlp_width)
        self.down = nn.Linear(config.mlp_width, config.width)

    def forward(self, x_MLC: Tensor) -> Tensor:
        """(M, L, C) to (M, L, C)."""
        changed: Tensor = self.down(self.expand(self.up, x_MLC))
        return changed


class VisionBlock(nn.Module):
    """Attention and MLP, each normed before, scaled channel by channel (LayerScale) and added."""

    def __init__(self, config: VisionConfig, drop_path: float) -> None:
        super().__init__()
        self.drop_path = drop_path
        self.norm1 = make_norm(config.norm, config.width, config.norm_eps)
        self.attention = VisionAttention(config)
        self.norm2 = make_norm(config.norm, config.width, config.norm_eps)
        self.mlp = VisionMLP(config)
        self.scale1 = nn.Parameter(torch.full((config.width,), config.layer_scale_init))
        self.scale2 = nn.Parameter(torch.full((config.width,), config.layer_scale_init))

    def forward(self, x_MLC: Tensor) -> Tensor:
        """(M, L, C) to (M, L, C)."""
        x_MLC = x_MLC + self._maybe_dropped(self.scale1 * self.attention(self.norm1(x_MLC)))
        return x_MLC + self._maybe_dropped(self.scale2 * self.mlp(self.norm2(x_MLC)))

    def _maybe_dropped(self, change_MLC: Tensor) -> Tensor:
        """Stochastic depth (Huang et al. 2016): in training, a share of the tiles skips it."""
        if not self.training or self.drop_path == 0.0:
            return change_MLC
        keep = 1.0 - self.drop_path
        kept_M11 = change_MLC.new_empty(len(change_MLC), 1, 1).bernoulli_(keep)
        return change_MLC * kept_M11.div_(keep)


class VisionEncoder(nn.Module):
    """InternViT without its pooling.

    Args:
        config: Sizes; `drop_path` is the rate of the last block, the first has 0, linear between.
    """

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.patches_per_side = config.patches_per_side
        side_px = config.patch_side_px
        self.class_embedding = nn.Parameter(torch.zeros(config.width))
        self.position_embedding = nn.Parameter(torch.zeros(config.num_positions, config.width))
        self.patch = nn.Conv2d(3, config.width, kernel_size=side_px, stride=side_px)
        last = max(config.depth - 1, 1)
        self.blocks = nn.ModuleList(
            VisionBlock(config, config.drop_path * index / last) for index in range(config.depth)
        )

    def forward(self, pixels_MCHW: Tensor, *, recompute_activations: bool = False) -> Tensor:
        """Features of all patches, row by row.

        Args:
            pixels_MCHW: (M, 3, X, Y) normalised pixels of any float type; the sides are multiples
                of the patch's.
            recompute_activations: Save memory in training by running every block twice.

        Returns:
            features_MPC (M, P, C) in the type of the weights.
        """
        x_MLC = self._embed(pixels_MCHW.to(self.class_embedding.dtype))
        for block in self.blocks:
            x_MLC = run(block, x_MLC, recompute=recompute_activations)
        return x_MLC[:, 1:]

    def _embed(self, pixels_M3XY: Tensor) -> Tensor:
        patches_MCXY = self.patch(pixels_M3XY)
        rows, columns = patches_MCXY.shape[-2:]
        patches_MPC = patches_MCXY.flatten(2).transpose(1, 2)
        class_M1C = self.class_embedding.expand(len(patches_MPC), 1, -1)
        x_MLC = torch.cat((class_M1C, patches_MPC), dim=1)
        return x_MLC + self._positions(rows, columns)

    def _positions(self, rows: int, columns: int) -> Tensor:
        """The learnt embedding (L, C), stretched where the tile is not of the learnt size."""
        side, learnt_LC = self.patches_per_side, self.position_embedding
        if (rows, columns) == (side, side):
            return learnt_LC
        grid_CXY = learnt_LC[1:].float().unflatten(0, (side, side)).permute(2, 0, 1)
        # Bicubic in float32, as released; half precision would show in the embedding.
        stretched_1CXY = F.interpolate(
            grid_CXY[None], size=(rows, columns), mode="bicubic", align_corners=False
        )
        stretched_PC = stretched_1CXY[0].flatten(1).T.to(learnt_LC.dtype)
        return torch.cat((learnt_LC[:1], stretched_PC))
