"""What a model is given, as plain arrays: the one record between prompt and engine.

Shapes: T tokens of the prompt, M tiles of one picture, S visual tokens of a tile (256).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageTiles:
    """One picture, cut up.

    Attributes:
        tiles_MHWC: (M, 448, 448, 3) uint8, row by row, the thumbnail last if there is one.
        grid: Columns and rows; the thumbnail is not counted.
    """

    tiles_MHWC: NDArray[np.uint8] = field(repr=False)
    grid: tuple[int, int]

    @property
    def num_tiles(self) -> int:
        """M, the thumbnail counted."""
        return len(self.tiles_MHWC)

    @cached_property
    def content_hash(self) -> bytes:
        """SHA-256 of all pixels: equal pictures, cut equally, have equal hashes."""
        return hashlib.sha256(np.ascontiguousarray(self.tiles_MHWC).data).digest()


@dataclass(frozen=True)
class ModelInputs:
    """A prompt, ready for the model.

    Attributes:
        token_ids_T: (T,) int64; every placeholder `<IMG_CONTEXT>` stands for one visual token.
        positions_T: (T,) float32; where each token stands (V2PE).
        images: The pictures, in the order of their placeholders; a video frame is one of one tile.
        visual_mask_T: (T,) bool; True at the placeholders that stand for visual tokens. There are
            S for every tile, which is checked when the prompt is made.
        position_step: The δ that was used.
        notices: What a person should know of how the prompt was made.
    """

    token_ids_T: NDArray[np.int64] = field(repr=False)
    positions_T: NDArray[np.float32] = field(repr=False)
    images: tuple[ImageTiles, ...]
    visual_mask_T: NDArray[np.bool_] = field(repr=False)
    position_step: float = 1.0
    notices: tuple[str, ...] = ()

    @property
    def num_tokens(self) -> int:
        """T."""
        return len(self.token_ids_T)

    @property
    def num_visual_tokens(self) -> int:
        """Placeholders among the tokens."""
        return int(self.visual_mask_T.sum())
