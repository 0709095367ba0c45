"""How many tiles each picture of a request may be cut into."""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.errors import UsageError
from shuowen.prompt.options import MAX_TILES, EncodeOptions
from shuowen.prompt.pieces import PictureSlot

Range = tuple[int, int]
"""Fewest and most tiles, the thumbnail not counted."""


def tile_ranges(
    slots: Sequence[PictureSlot], options: EncodeOptions, min_tiles: int, max_tiles: int
) -> list[Range]:
    """Fewest and most tiles of each picture.

    A video's frame is one tile. A picture's own limit counts before the request's, and this before
    the model's, which pictures share: max(1, ⌊max / number of pictures⌋) each, as in training
    (InternVL2.5, arXiv 2412.05271 §3.1).

    Args:
        slots: The pictures, in order.
        options: The request's.
        min_tiles: The model's own smallest number.
        max_tiles: The model's own largest number.

    Raises:
        UsageError: A picture's own limit is out of range.
    """
    num_pictures = sum(not slot.is_frame for slot in slots)
    shared = max(1, max_tiles // max(1, num_pictures))
    of_request = shared if options.max_tiles is None else options.max_tiles
    fewest = max(min_tiles, options.min_tiles)
    return [(1, 1) if slot.is_frame else _range(slot, fewest, of_request) for slot in slots]


def _range(slot: PictureSlot, fewest: int, of_request: int) -> Range:
    most = of_request if slot.max_tiles is None else slot.max_tiles
    if not 1 <= most <= MAX_TILES:
        raise UsageError(f"A picture's max_tiles is {most}.", f"Choose 1 to {MAX_TILES}.")
    return min(fewest, most), most
