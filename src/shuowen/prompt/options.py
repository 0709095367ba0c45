"""How pictures become tiles and positions; settable for every request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shuowen.errors import UsageError

POSITION_STEPS = tuple(2.0**-power for power in range(9))
"""The δ of V2PE: 1, 1/2 … 1/256 (InternVL3, arXiv 2504.10479 §2.1)."""

MAX_TILES = 48
"""No picture is cut into more; upstream never goes above 36."""


@dataclass(frozen=True, kw_only=True)
class EncodeOptions:
    """How pictures are shown to the model."""

    min_tiles: int = 1
    """Fewest tiles for a picture, thumbnail not counted."""
    max_tiles: int | None = None
    """Most tiles for a picture, thumbnail not counted; None: the model's own (12), shared out over
    all pictures of the request as in training."""
    position_step: float | Literal["auto"] = 1.0
    """How far one visual token advances the position (V2PE): 1, 1/2 … 1/256, or the largest of
    these with which prompt and answer fit the model's window."""

    def __post_init__(self) -> None:
        if self.position_step != "auto" and self.position_step not in POSITION_STEPS:
            raise UsageError(
                f"position_step is {self.position_step}.", 'Choose 1, 1/2, 1/4 … 1/256 or "auto".'
            )
        most = MAX_TILES if self.max_tiles is None else self.max_tiles
        if not 1 <= self.min_tiles <= most <= MAX_TILES:
            raise UsageError(
                f"min_tiles is {self.min_tiles} and max_tiles {self.max_tiles}.",
                f"Choose 1 ≤ min_tiles ≤ max_tiles ≤ {MAX_TILES}.",
            )
