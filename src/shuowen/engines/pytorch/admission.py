"""What is refused at the door, with numbers and advice."""

from __future__ import annotations

from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.errors import CapacityError, EngineError, PromptTooLongError
from shuowen.model.config import ModelConfig
from shuowen.prompt.inputs import ModelInputs

_OWN_PROCESSOR = "Encode the prompt with the model's own processor."


def check_inputs(inputs: ModelInputs, config: ModelConfig) -> None:
    """Refuse a prompt that another model's processor made.

    Raises:
        EngineError: Tokens or tiles do not fit the model.
    """
    if not inputs.num_tokens:
        raise EngineError("The prompt is empty.", "Say something.")
    largest = int(inputs.token_ids_T.max())
    if largest >= config.language.vocab_size:
        raise EngineError(
            f"Token {largest} is not among the model's {config.language.vocab_size}.",
            _OWN_PROCESSOR,
        )
    num_tiles = sum(picture.num_tiles for picture in inputs.images)
    num_visual = num_tiles * config.visual_tokens_per_tile
    if inputs.num_visual_tokens != num_visual:
        raise EngineError(
            f"{inputs.num_visual_tokens} placeholders for {num_visual} visual tokens.",
            _OWN_PROCESSOR,
        )


def check_room(num_prompt: int, max_tokens: int, cache: KVCache) -> None:
    """Refuse what would not fit even if nothing else ran.

    Raises:
        PromptTooLongError: Prompt and answer take more pages than there are.
    """
    num_slots = cache.pool.num_pages * cache.page_tokens
    if cache.pages_for(num_prompt + max_tokens) > cache.pool.num_pages:
        raise PromptTooLongError(
            f"{num_prompt} tokens of prompt and {max_tokens} new ones do not fit the key-value"
            f" cache, which holds {num_slots}.",
            "Ask for fewer new tokens or fewer tiles, or raise kv_cache_bytes.",
        )


def room_for_answer(inputs: ModelInputs, window: int, cache: KVCache) -> int:
    """Most new tokens that fit the window and the key-value cache after a prompt, at least 1."""
    taken = float(inputs.positions_T[-1]) + 1 if inputs.num_tokens else 0
    num_slots = cache.pool.num_pages * cache.page_tokens
    return max(1, min(int(window - taken), num_slots - inputs.num_tokens))


def check_queue(num_waiting: int, max_waiting: int) -> None:
    """Raise `CapacityError` where too many answers wait already."""
    if num_waiting >= max_waiting:
        raise CapacityError(
            f"{num_waiting} answers wait already.", "Try again later, or raise max_waiting."
        )
