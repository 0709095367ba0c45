"""From a chat to what the model is given. Training, engines and servers all go this way.

T tokens of the prompt, S visual tokens of a tile (256).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import InternalError
from shuowen.image.tiles import (
    TILE_SIDE_PX,
    Grid,
    choose_grid,
    cut_tiles,
    num_tiles_of,
    picture_size,
)
from shuowen.prompt.budget import Range, tile_ranges
from shuowen.prompt.folder import template_notices
from shuowen.prompt.inputs import ImageTiles, ModelInputs
from shuowen.prompt.messages import Message, Tool
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.pieces import Mark, PictureSlot, Piece
from shuowen.prompt.positions import check_fits, choose_step, visual_positions
from shuowen.prompt.special import IMAGE_END, IMAGE_START, NEEDED, PLACEHOLDER
from shuowen.prompt.template import render
from shuowen.prompt.tokenizer import Tokenizer


@dataclass(frozen=True, kw_only=True)
class PromptSettings:
    """What a prompt must know of the model."""

    visual_tokens_per_tile: int = 256
    """S, placeholders for one tile."""
    window: int = 32_768
    """Positions that prompt and answer may take."""
    min_tiles: int = 1
    """Fewest tiles of a picture, the thumbnail not counted."""
    max_tiles: int = 12
    """Most tiles of a picture, the thumbnail not counted, where a request does not say."""
    use_thumbnail: bool = True
    """Whether more than one tile is followed by the whole picture as one."""
    tile_side_px: int = TILE_SIDE_PX
    """Side of a tile."""


@dataclass(frozen=True)
class _Planned:
    """A picture that is to be cut, and how."""

    slot: PictureSlot
    tiles: Range
    grid: Grid
    num_tiles: int


class Processor:
    """Makes prompts for one model; may be used from several threads at once.

    Attributes:
        tokenizer: The model's.
        settings: What it knows of the model.
        notices: What a person should know of every prompt that it makes.
        stop_ids: Tokens that end an answer.
    """

    def __init__(
        self, tokenizer: Tokenizer, settings: PromptSettings, notices: Sequence[str] = ()
    ) -> None:
        """Raises `ModelError` when the tokenizer lacks a token that the template needs."""
        self.tokenizer = tokenizer
        self.settings = settings
        self.notices = tuple(notices)
        self.stop_ids = tokenizer.eos_ids
        ids = {token: tokenizer.id_of(token) for token in NEEDED}
        self._placeholder_id = ids[PLACEHOLDER]
        self._image_ids = ids[IMAGE_START], ids[IMAGE_END]

    @classmethod
    def from_folder(cls, folder: Path, settings: PromptSettings) -> Processor:
        """Open a model folder's tokenizer; its chat template gives a notice when it is not ours.

        Raises:
            ModelError: The folder has no tokenizer of InternVL3, or one that is damaged.
        """
        return cls(Tokenizer.from_folder(folder), settings, template_notices(folder))

    def encode(
        self,
        messages: Sequence[Message],
        options: EncodeOptions,
        tools: Sequence[Tool] = (),
        *,
        max_new_tokens: int,
        add_generation_prompt: bool = True,
        cut: Sequence[ImageTiles] = (),
    ) -> ModelInputs:
        """Make a prompt.

        Args:
            messages: The chat.
            options: How pictures become tiles, and how far a visual token advances the position.
            tools: What the model may call.
            max_new_tokens: How much room the answer needs; 0 where nothing is generated.
            add_generation_prompt: Whether the assistant's next turn is begun.
            cut: The pictures' tiles, where an earlier prompt with the same pictures has them.

        Returns:
            Tokens, positions and tiles; placeholders and visual tokens are equally many.

        Raises:
            UsageError: The messages, tools or numbers of tiles make no sense.
            InputError: A picture is none.
            CapacityError: Prompt and answer do not fit the window.
        """
        pieces = render(messages, tools, add_generation_prompt=add_generation_prompt)
        plans = self._plan([each for each in pieces if isinstance(each, PictureSlot)], options)
        token_ids = self._token_ids(pieces, plans)
        num_visual = self.settings.visual_tokens_per_tile * sum(each.num_tiles for each in plans)
        counts = (len(token_ids) - num_visual, num_visual, max_new_tokens, self.settings.window)
        step = options.position_step
        if step == "auto":
            step = choose_step(*counts)
        check_fits(*counts, step)
        images = tuple(cut or map(self._cut, plans))  # only now, when it is known to fit
        return self._inputs(token_ids, images, step)

    def _plan(self, slots: Sequence[PictureSlot], options: EncodeOptions) -> list[_Planned]:
        settings = self.settings
        ranges = tile_ranges(slots, options, settings.min_tiles, settings.max_tiles)
        plans = []
        for slot, (fewest, most) in zip(slots, ranges, strict=True):
            height_px, width_px = picture_size(slot.picture)
            grid = choose_grid(width_px, height_px, fewest, most, settings.tile_side_px)
            num_tiles = num_tiles_of(grid, use_thumbnail=settings.use_thumbnail)
            plans.append(_Planned(slot, (fewest, most), grid, num_tiles))
        return plans

    def _cut(self, plan: _Planned) -> ImageTiles:
        settings = self.settings
        tiles, grid = cut_tiles(
            plan.slot.picture,
            *plan.tiles,
            use_thumbnail=settings.use_thumbnail,
            tile_side_px=settings.tile_side_px,
        )
        return ImageTiles(tiles, grid)

    def _token_ids(self, pieces: Iterable[Piece], plans: Sequence[_Planned]) -> NDArray[np.int64]:
        begin = [] if self.tokenizer.begin_id is None else [self.tokenizer.begin_id]
        runs = [np.array(begin, np.int64)]
        left = iter(plans)
        for piece in self._joined(pieces):
            if isinstance(piece, str):
                runs.append(np.array(self.tokenizer.encode_text(piece), np.int64))
            elif isinstance(piece, Mark):
                runs.append(np.array([self.tokenizer.id_of(piece.token)], np.int64))
            else:
                runs.append(self._image_run(next(left).num_tiles))
        return np.concatenate(runs)

    def _joined(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Joins texts, for BPE joins letters over their seams; unknown marks become text."""
        known = (
            piece.token
            if isinstance(piece, Mark) and not self.tokenizer.has(piece.token)
            else piece
            for piece in pieces
        )
        for is_text, run in groupby(known, key=lambda piece: isinstance(piece, str)):
            if is_text:
                yield "".join(str(piece) for piece in run)
            else:
                yield from run

    def _image_run(self, num_tiles: int) -> NDArray[np.int64]:
        """`<img>`, the placeholders of all tiles, `</img>`."""
        num_visual = num_tiles * self.settings.visual_tokens_per_tile
        run = np.full(num_visual + 2, self._placeholder_id, np.int64)
        run[0], run[-1] = self._image_ids
        return run

    def _inputs(
        self, token_ids: NDArray[np.int64], images: tuple[ImageTiles, ...], step: float
    ) -> ModelInputs:
        visual_mask = token_ids == self._placeholder_id
        num_expected = self.settings.visual_tokens_per_tile * sum(each.num_tiles for each in images)
        if int(visual_mask.sum()) != num_expected:
            raise InternalError(
                f"A prompt has {visual_mask.sum()} placeholders for {num_expected} visual tokens.",
                "Please report it with the messages that led to it.",
            )
        return ModelInputs(
            token_ids_T=token_ids,
            positions_T=visual_positions(visual_mask, step),
            images=images,
            visual_mask_T=visual_mask,
            position_step=step,
            notices=self.notices,
        )
