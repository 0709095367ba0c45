"""V2PE on longer pictures than a model was trained on: how well each δ reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.crops.reading import CropReadingOptions, read_crops
from shuowen.evals.crops.scores import CropScore, CropSummary, score_readings, summarise
from shuowen.generation.engine import Engine
from shuowen.image.tiles import choose_grid, num_tiles_of
from shuowen.model.config import ModelConfig
from shuowen.prompt.options import POSITION_STEPS

Range = tuple[int, int]
"""Fewest and most tiles."""


@dataclass(frozen=True, kw_only=True)
class StepScore:
    """How well crops of some numbers of tiles are read with one δ.

    Attributes:
        step: δ.
        tiles: Which crops.
        summary: Their scores.
        scores: One a crop, for `compare`.
    """

    step: float
    tiles: Range
    summary: CropSummary
    scores: tuple[CropScore, ...]


def num_tiles(crop: EvalCrop, config: ModelConfig, max_tiles: int | None = None) -> int:
    """How many tiles a crop is cut into, the thumbnail counted."""
    height_px, width_px = crop.pixels.shape[:2]
    most = config.max_tiles if max_tiles is None else max_tiles
    side_px = config.vision.tile_side_px
    grid = choose_grid(width_px, height_px, config.min_tiles, most, side_px)
    return num_tiles_of(grid, use_thumbnail=config.use_thumbnail)


def by_tiles(
    crops: Sequence[EvalCrop], ranges: Sequence[Range], config: ModelConfig
) -> Mapping[Range, list[EvalCrop]]:
    """Crops by the range that their number of tiles is in; others are left out."""
    counts = [num_tiles(crop, config) for crop in crops]
    return {
        (fewest, most): [c for c, n in zip(crops, counts, strict=True) if fewest <= n <= most]
        for fewest, most in ranges
    }


def score_steps(
    engine: Engine,
    groups: Mapping[Range, Sequence[EvalCrop]],
    steps: Sequence[float] = POSITION_STEPS,
    options: CropReadingOptions | None = None,
) -> list[StepScore]:
    """Read every group with every δ.

    Args:
        engine: What reads; it must cut crops as `by_tiles` did.
        groups: Of `by_tiles`; empty ones are left out.
        steps: The δ.
        options: All else.
    """
    options = options or CropReadingOptions()
    found = []
    for step in steps:
        for tiles, crops in groups.items():
            if not crops:
                continue
            readings = read_crops(engine, crops, replace(options, position_step=step))
            scores = score_readings(crops, readings)
            summary = summarise(scores)["all"]
            found.append(StepScore(step=step, tiles=tiles, summary=summary, scores=tuple(scores)))
    return found
