"""The whole of generation in one page: no cache, no batch; the sequence runs anew for every token.

This is what the fast engine must equal, token for token. Sampling, stop texts, loops and
constraints are in `CandidateState`, which both share; what is here is how logits come about.

Shapes: T tokens so far, M tiles, V vocabulary; `pixels_MCHW` (M, 3, rows, columns).
"""

from __future__ import annotations

import time
from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.running_request import make_states
from shuowen.engines.pytorch.sequences import longest_position
from shuowen.generation.candidate import CandidateState
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Completion, Timings, Usage
from shuowen.image.normalise import normalise
from shuowen.model.internvl import InternVL
from shuowen.prompt.inputs import ModelInputs
from shuowen.prompt.positions import next_positions
from shuowen.prompt.tokenizer import Tokenizer


def generate(
    model: InternVL,
    tokenizer: Tokenizer,
    stop_ids: Collection[int],
    inputs: ModelInputs,
    params: SamplingParams,
) -> Completion:
    """Answer one prompt, one candidate after another."""
    started = time.monotonic()
    states = make_states(inputs, params, tokenizer, stop_ids)
    for state in states:
        answer(model, inputs, params, state)
    took = time.monotonic() - started
    return Completion(
        candidates=tuple(state.candidate() for state in states),
        usage=Usage(
            prompt_tokens=inputs.num_tokens,
            visual_tokens=inputs.num_visual_tokens,
            completion_tokens=sum(state.num_generated for state in states),
        ),
        timings=Timings(queued=0.0, first_token=took, total=took),
        position_step=inputs.position_step,
        notices=inputs.notices,
    )


def answer(
    model: InternVL, inputs: ModelInputs, params: SamplingParams, state: CandidateState
) -> None:
    """Generate one candidate to its end."""
    new_ids: list[int] = []
    while not state.finished:
        step = state.advance(next_logits(model, inputs, new_ids, params.max_tokens))
        if step.cut_to is not None:  # a loop was cut out: go on from before it
            del new_ids[step.cut_to :]
        elif step.token_id is not None:
            new_ids.append(step.token_id)


@torch.inference_mode()
def next_logits(
    model: InternVL, inputs: ModelInputs, new_ids: list[int], max_tokens: int
) -> NDArray[np.float32]:
    """Logits (V,) of the token that follows the prompt and `new_ids`."""
    num_new = len(new_ids)
    num_tokens = inputs.num_tokens + num_new
    positions_T = np.concatenate((inputs.positions_T, next_positions(inputs.positions_T, num_new)))
    logits_TV = model(
        torch.from_numpy(np.concatenate((inputs.token_ids_T, np.array(new_ids, np.int64)))),
        torch.from_numpy(positions_T),
        [num_tokens],
        torch.from_numpy(np.pad(inputs.visual_mask_T, (0, num_new))),
        pixels(model, inputs),
        # As if the answer were already at its longest: fixed for the whole request.
        torch.full((num_tokens,), longest_position(inputs, max_tokens)),
    )
    last_V: NDArray[np.float32] = logits_TV[-1].float().numpy()
    return last_V


def pixels(model: InternVL, inputs: ModelInputs) -> Tensor | None:
    """All tiles of all pictures as numbers; None without pictures."""
    if not inputs.images:
        return None
    tiles_MHWC = np.concatenate([picture.tiles_MHWC for picture in inputs.images])
    return torch.from_numpy(normalise(tiles_MHWC)).to(model.language.norm.weight.dtype)
