"""Where each token stands: variable visual position encoding (V2PE).

A text token advances the position by 1, a visual token by δ ≤ 1, so that pictures take less of the
window (InternVL3, arXiv 2504.10479 §2.1; OpenGVLab/V2PE, `get_rope_pos_id`). `<img>` and `</img>`
are text. T tokens.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import PromptTooLongError
from shuowen.prompt.options import POSITION_STEPS


def visual_positions(
    visual_mask_T: NDArray[np.bool_], step: float | NDArray[np.floating]
) -> NDArray[np.float32]:
    """p₁ = 0; pᵢ = pᵢ₋₁ + δ if token i is visual, else pᵢ₋₁ + 1.

    With `<img>` at P, n visual tokens end at P + n·δ, and `</img>` stands 1 further. A step of 1
    gives 0, 1, 2 … Exact for δ of a power of two: the sum is made in float64, and float32 holds
    multiples of 1/256 up to 65,536.

    Args:
        visual_mask_T: (T,); True at visual tokens.
        step: δ, above 0 and at most 1; or (T,) a δ for each token, of which those at visual tokens
            count: in training every picture has its own.

    Returns:
        (T,) float32.
    """
    advances = np.where(visual_mask_T, step, 1.0)
    advances[:1] = 0
    return np.cumsum(advances).astype(np.float32)


def next_positions(positions_T: NDArray[np.float32], num_new: int) -> NDArray[np.float32]:
    """Positions of new tokens after a prompt: 1, 2, 3 … further than its last token.

    Args:
        positions_T: (T,) positions of the prompt.
        num_new: How many.

    Returns:
        (num_new,) float32.
    """
    last = positions_T[-1] if len(positions_T) else np.float32(-1)
    return (last + np.arange(1, num_new + 1)).astype(np.float32)


def positions_needed(num_text: int, num_visual: int, max_new_tokens: int, step: float) -> float:
    """Positions that a prompt and its answer take: where the last new token stands, and 1."""
    return num_text + num_visual * step + max_new_tokens


def choose_step(num_text: int, num_visual: int, max_new_tokens: int, window: int) -> float:
    """The largest δ with which prompt and answer fit the window.

    Args:
        num_text: Tokens of the prompt that are not visual.
        num_visual: Visual tokens.
        max_new_tokens: Most tokens of the answer.
        window: Positions that the model was made for.

    Returns:
        One of 1, 1/2 … 1/256; 1 when there are no visual tokens.

    Raises:
        PromptTooLongError: They do not fit even with 1/256.
    """
    for step in POSITION_STEPS:
        if positions_needed(num_text, num_visual, max_new_tokens, step) <= window:
            return step
    raise too_long(num_text, num_visual, max_new_tokens, window, POSITION_STEPS[-1])


def draw_step(rng: np.random.Generator) -> float:
    """A δ for one picture in training: 1, 1/2 … 1/256, each as likely (§2.1).

    Args:
        rng: Drawn from once.
    """
    return POSITION_STEPS[int(rng.integers(len(POSITION_STEPS)))]


def check_fits(
    num_text: int, num_visual: int, max_new_tokens: int, window: int, step: float
) -> None:
    """Raises `PromptTooLongError` when prompt and answer do not fit the window with this δ."""
    if positions_needed(num_text, num_visual, max_new_tokens, step) > window:
        raise too_long(num_text, num_visual, max_new_tokens, window, step)


def too_long(
    num_text: int, num_visual: int, max_new_tokens: int, window: int, step: float
) -> PromptTooLongError:
    """What to tell who asks for more than the window holds, and what would help."""
    message = (
        f"The prompt has {num_text + num_visual} tokens, {num_visual} of them visual, and up to"
        f" {max_new_tokens} are to follow; with position_step {step:g} they take"
        f" {positions_needed(num_text, num_visual, max_new_tokens, step):g} positions, and the"
        f" model's window has {window}."
    )
    smallest = positions_needed(num_text, num_visual, max_new_tokens, POSITION_STEPS[-1])
    if smallest <= window:
        return PromptTooLongError(
            message,
            'Set position_step="auto", max_tiles lower, or max_tokens lower'
            " (--position-step auto, --max-tiles, --max-tokens).",
        )
    if num_text + max_new_tokens < window:
        return PromptTooLongError(message, "Send fewer pictures, or set max_tiles lower.")
    return PromptTooLongError(message, "Shorten the text, or set max_tokens lower.")
