"""From records to what the model learns from, through the very code that makes prompts.

Shapes: T tokens of an example, M tiles of all its pictures, S visual tokens of a tile. Needs no
torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import InputError, PromptTooLongError, UsageError
from shuowen.prompt.inputs import ModelInputs
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.positions import draw_step, visual_positions
from shuowen.prompt.processor import Processor
from shuowen.train.augment import compress_tiles
from shuowen.train.mixture import Draw
from shuowen.train.records import Conversation, Preference, Record, Stepwise, Turn, messages_of
from shuowen.train.remembering import RememberingTokenizer
from shuowen.train.solution_turns import solution_turns
from shuowen.train.sources import PictureRules
from shuowen.train.targets import TurnMarks, answer_mask, verdict_mask

_NO_WINDOW = 1 << 40


@dataclass(frozen=True, kw_only=True)
class EncodeTrainOptions:
    """How records become examples."""

    max_tokens: int
    """Longer examples are cut, or left out where that would cut a picture."""
    position_step: float | Literal["random"] = "random"
    """V2PE's δ: drawn for every picture, or one value above 0 and at most 1."""
    max_tiles: int | None = None
    """Most tiles of an example's pictures, thumbnails not counted; None: the source's or the
    model's. Where a source has a limit too, the lower counts."""
    jpeg: bool = False
    """Whether tiles of sources that allow it are compressed at random."""
    critic_system: str | None = None
    """System message before judged solutions; None: the template's own."""

    def __post_init__(self) -> None:
        if self.max_tokens < 2:
            raise UsageError(f"max_tokens is {self.max_tokens}.", "Choose at least 2.")
        if self.position_step != "random" and not 0 < self.position_step <= 1:
            raise UsageError(
                f"position_step is {self.position_step}.",
                'Choose above 0 and at most 1, or "random".',
            )


@dataclass(frozen=True, eq=False)
class Example:
    """One sequence that is learnt from.

    Attributes:
        token_ids_T: (T,) int64.
        positions_T: (T,) float32; where each token stands (V2PE).
        visual_mask_T: (T,) bool; True at the placeholders of visual tokens, S for every tile.
        target_mask_T: (T,) bool; True at the tokens that are to be predicted, never at the first.
        tiles_MHWC: (M, H, W, 3) uint8, RGB. Without pictures M is 0. Upstream lets an empty picture
            stand in, so that every process runs the vision encoder; that is the business of
            whoever spreads its weights over processes, and not of data.
        draw: Where it came from.
        weight: What its loss is multiplied by.
    """

    token_ids_T: NDArray[np.int64] = field(repr=False)
    positions_T: NDArray[np.float32] = field(repr=False)
    visual_mask_T: NDArray[np.bool_] = field(repr=False)
    target_mask_T: NDArray[np.bool_] = field(repr=False)
    tiles_MHWC: NDArray[np.uint8] = field(repr=False)
    draw: Draw | None = None
    weight: float = 1.0

    @property
    def num_tokens(self) -> int:
        """T."""
        return len(self.token_ids_T)

    @property
    def num_tiles(self) -> int:
        """M."""
        return len(self.tiles_MHWC)

    @property
    def num_targets(self) -> int:
        """Tokens that are to be predicted."""
        return int(self.target_mask_T.sum())


@dataclass(frozen=True, eq=False)
class _Shown:
    """What was drawn for a record's pictures; the two answers of a preference share it."""

    steps: tuple[float, ...]
    tiles_MHWC: NDArray[np.uint8]


class Encoder:
    """Makes examples of records for one model.

    Args:
        processor: The model's; its window does not count here, `max_tokens` does.
        options: How.
    """

    def __init__(self, processor: Processor, options: EncodeTrainOptions) -> None:
        self._given = processor, options
        settings = replace(processor.settings, window=_NO_WINDOW)
        self._processor = Processor(RememberingTokenizer(processor.tokenizer), settings)
        self._options = options
        self._marks = TurnMarks.of(processor.tokenizer)

    def __reduce__(self) -> tuple[type[Encoder], tuple[Processor, EncodeTrainOptions]]:
        return Encoder, self._given

    def encode(
        self, record: Record, rng: np.random.Generator, rules: PictureRules | None = None
    ) -> tuple[Example, ...]:
        """Examples of a record that belong together: one, or chosen and rejected.

        Args:
            record: Any.
            rng: δ and compression are drawn from it.
            rules: The record's source.

        Raises:
            InputError: A picture cannot be opened, or the record makes no sense.
            PromptTooLongError: It cannot be cut to `max_tokens`.
        """
        if isinstance(record, Preference):
            return self.preference(record, rng, rules)
        if isinstance(record, Stepwise):
            return (self.stepwise(record, rng, rules),)
        return (self.conversation(record, rng, rules),)

    def conversation(
        self, record: Conversation, rng: np.random.Generator, rules: PictureRules | None = None
    ) -> Example:
        """What every assistant turn says is to be learnt; raises as `encode`."""
        inputs = self._inputs(record, record.turns, rules)
        return self._example(record.key, inputs, self._show(inputs, rng, rules))

    def preference(
        self, record: Preference, rng: np.random.Generator, rules: PictureRules | None = None
    ) -> tuple[Example, Example]:
        """Chosen and rejected, with the same tiles and δ; only the two answers are targets.

        Raises as `encode`.
        """
        chosen, rejected = (
            self._inputs(record, (*record.turns, Turn("assistant", answer)), rules)
            for answer in (record.chosen, record.rejected)
        )
        shown = self._show(chosen, rng, rules)
        first, second = (
            self._example(record.key, inputs, shown, last_only=True)
            for inputs in (chosen, rejected)
        )
        return first, second

    def stepwise(
        self, record: Stepwise, rng: np.random.Generator, rules: PictureRules | None = None
    ) -> Example:
        """Only the + or − after each solution step is to be learnt (VisualPRM §4); raises as
        `encode`, and a solution is never cut."""
        turns = solution_turns(record, self._options.critic_system)
        inputs = self._inputs(record, turns, rules)
        if inputs.num_tokens > self._options.max_tokens:
            raise self._too_long(record.key, inputs.num_tokens)
        mask = verdict_mask(inputs.token_ids_T, self._marks, len(record.labels))
        return self._whole(inputs, mask, self._show(inputs, rng, rules))

    def _inputs(
        self, record: Record, turns: Sequence[Turn], rules: PictureRules | None
    ) -> ModelInputs:
        messages = messages_of(_as_generated(turns), record.pictures, record.key)
        limits = [self._options.max_tiles, rules.max_tiles if rules else None]
        known = [limit for limit in limits if limit is not None]
        # Shared over all pictures, as the processor shares out the model's own limit.
        most = max(1, min(known) // max(1, len(record.pictures))) if known else None
        return self._processor.encode(
            messages,
            EncodeOptions(max_tiles=most),
            max_new_tokens=0,
            add_generation_prompt=False,
        )

    def _show(
        self, inputs: ModelInputs, rng: np.random.Generator, rules: PictureRules | None
    ) -> _Shown:
        step = self._options.position_step
        steps = tuple(draw_step(rng) if step == "random" else step for _ in inputs.images)
        side = self._processor.settings.tile_side_px
        tiles = [image.tiles_MHWC for image in inputs.images]
        joined = (
            tiles[0]
            if len(tiles) == 1
            else np.concatenate([np.empty((0, side, side, 3), np.uint8), *tiles])
        )
        if self._options.jpeg and (rules is None or rules.augment):
            joined = compress_tiles(joined, rng)
        return _Shown(steps, joined)

    def _example(
        self, key: str, inputs: ModelInputs, shown: _Shown, *, last_only: bool = False
    ) -> Example:
        mask = answer_mask(inputs.token_ids_T, self._marks)
        if last_only:
            mask[: self._marks.answers(inputs.token_ids_T)[-1][0]] = False
        if not mask.any():
            raise InputError(f"{key} has nothing to learn.", "Add what the assistant answers.")
        example = self._whole(inputs, mask, shown)
        most = self._options.max_tokens
        if example.num_tokens <= most:
            return example
        # The last picture must be whole, and so must the `</img>` after it.
        if not mask[:most].any() or inputs.visual_mask_T[most - 1 :].any():
            raise self._too_long(key, example.num_tokens)
        return replace(
            example,
            token_ids_T=example.token_ids_T[:most],
            positions_T=example.positions_T[:most],
            visual_mask_T=example.visual_mask_T[:most],
            target_mask_T=mask[:most],
        )

    def _whole(
        self, inputs: ModelInputs, target_mask_T: NDArray[np.bool_], shown: _Shown
    ) -> Example:
        visual_mask = inputs.visual_mask_T
        steps_T = np.ones(inputs.num_tokens)
        per_tile = self._processor.settings.visual_tokens_per_tile
        counts = [image.num_tiles * per_tile for image in inputs.images]
        steps_T[visual_mask] = np.repeat(np.array(shown.steps), counts)
        return Example(
            token_ids_T=inputs.token_ids_T,
            positions_T=visual_positions(visual_mask, steps_T),
            visual_mask_T=visual_mask,
            target_mask_T=target_mask_T,
            tiles_MHWC=shown.tiles_MHWC,
        )

    def _too_long(self, key: str, num_tokens: int) -> PromptTooLongError:
        return PromptTooLongError(
            f"{key} has {num_tokens} tokens and cannot be cut to {self._options.max_tokens}.",
            "Allow more tokens, or fewer tiles for a picture.",
        )


def _as_generated(turns: Sequence[Turn]) -> list[Turn]:
    """Answers without white space in front.

    A line break there would make one token with that of `assistant`, and a model that is asked to
    answer is given the latter alone.
    """
    return [
        Turn(turn.role, turn.text.lstrip()) if turn.role == "assistant" else turn for turn in turns
    ]
