"""Rotary positions (Su et al. 2021) at any float32 position, with dynamic NTK scaling.

V2PE (InternVL3, arXiv 2504.10479 §2.1) gives visual tokens positions between the integers, so
angles are computed from the position itself, not looked up, and always in float32: bfloat16 has
eight bits of precision and could not tell position 1000 from 1001.

Dynamic NTK scaling is that of Hugging Face transformers (`_compute_dynamic_ntk_parameters`): beyond
the trained window the base grows with the length of the whole sequence, so every token turns
differently than in a shorter one.

Shapes: T tokens, K head width, F frequencies (K / 2), N any number of heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from shuowen.errors import EngineError
from shuowen.model.config import LanguageConfig, exact_div


def rotate(x_TNK: Tensor, cos_TK: Tensor, sin_TK: Tensor) -> Tensor:
    """Turn every pair of channels (i, i + K / 2) by its angle.

    Args:
        x_TNK: (T, N, K) queries or keys.
        cos_TK: (T, K) of the same type; both halves are equal.
        sin_TK: Likewise.

    Returns:
        (T, N, K), a new tensor.
    """
    half = x_TNK.shape[-1] // 2
    cos_T1F, sin_T1F = cos_TK[:, None, :half], sin_TK[:, None, :half]
    left_TNF, right_TNF = x_TNK[..., :half], x_TNK[..., half:]
    return torch.cat(
        (
            left_TNF * cos_T1F - right_TNF * sin_T1F,
            right_TNF * cos_T1F + left_TNF * sin_T1F,
        ),
        dim=-1,
    )


def longest_positions(positions_T: Tensor, lengths: Sequence[int]) -> Tensor:
    """For every token of a packed batch, the length of its sequence in positions.

    Args:
        positions_T: (T,) float32.
        lengths: Tokens of each sequence, one after another; they add up to T.

    Returns:
        longest_T (T,) float32: the sequence's largest position + 1.
    """
    parts = positions_T.split(list(lengths))
    return torch.cat([(part.max() + 1.0).expand(len(part)) for part in parts])


class Rotary:
    """Cosines and sines of all positions; holds no weights.

    Args:
        config: Head width, base, window and scaling.
    """

    def __init__(self, config: LanguageConfig) -> None:
        self.theta = config.rope_theta
        self.window = config.window
        self.factor = None if config.rope_scaling is None else config.rope_scaling.factor
        self.head_width = 2 * exact_div(config.head_width, 2)
        self._plain_F: dict[torch.device, Tensor] = {}

    def __call__(
        self, positions_T: Tensor, longest_T: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Angles of the tokens.

        Args:
            positions_T: (T,) float32.
            longest_T: (T,) float32, the largest position + 1 of the sequence that each token
                belongs to; None: no token belongs to one longer than the window.

        Returns:
            cos_TK and sin_TK, (T, K) float32; both halves are equal.

        Raises:
            EngineError: The positions are of another type; in half of float32's precision,
                neighbours far from 0 would fall together.
        """
        if positions_T.dtype != torch.float32:
            raise EngineError(f"Positions are {positions_T.dtype}.", "Keep them in torch.float32.")
        frequencies = self._plain(positions_T.device)
        if longest_T is not None and self.factor is not None:
            scaled_TF = self._scaled(longest_T, self.factor)
            frequencies = torch.where(longest_T[:, None] > self.window, scaled_TF, frequencies)
        angles_TF = positions_T[:, None] * frequencies
        angles_TK = torch.cat((angles_TF, angles_TF), dim=-1)
        return angles_TK.cos(), angles_TK.sin()

    def _exponents(self, device: torch.device) -> Tensor:
        """(F,): 0, 2/K, 4/K …"""
        return torch.arange(0, self.head_width, 2, dtype=torch.float32, device=device).div_(
            self.head_width
        )

    def _plain(self, device: torch.device) -> Tensor:
        """Frequencies (F,) inside the window, computed once on the processor for every device."""
        if device not in self._plain_F:
            frequencies_F = 1.0 / (self.theta ** self._exponents(torch.device("cpu")))
            self._plain_F[device] = frequencies_F.to(device)
        return self._plain_F[device]

    def _scaled(self, longest_T: Tensor, factor: float) -> Tensor:
        """Frequencies (T, F) for sequences beyond the window."""
        width = self.head_width
        stretch_T = factor * longest_T.clamp(min=self.window) / self.window - (factor - 1)
        base_T = self.theta * stretch_T ** (width / (width - 2))
        return 1.0 / (base_T[:, None] ** self._exponents(longest_T.device))
