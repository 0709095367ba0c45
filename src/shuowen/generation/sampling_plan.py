"""How the answers are drawn of which the best will be told.

The protocol of InternVL3's own Best-of-N numbers (VLMEvalKit, `vlm/internvl`): the first answer
takes the likeliest tokens, the others are drawn at temperature 0.7 with top-p 0.95. So one of them
is what would have been answered anyway, and a critic that knows nothing cannot do worse than pick.
"""

from __future__ import annotations

from dataclasses import replace

from shuowen.generation.params import DEFAULT_CRITIC, SamplingParams

TEMPERATURE, TOP_P = 0.7, 0.95


def sampling_plan(params: SamplingParams, *, needs_logprobs: bool = False) -> list[SamplingParams]:
    """The requests that together give `params.best_of` answers, best started in this order.

    The second comes when the first has its prompt behind it, which it then shares through the
    engine's prefix cache. Where `params` draws already (temperature above 0), the drawn answers are
    drawn in that way, and the first takes the likeliest tokens all the same. Candidate i has the
    seed `params.seed` + i.

    Args:
        params: What was asked for.
        needs_logprobs: Whether whoever judges looks at how likely the answers are.

    Returns:
        One for the first answer, and one for all others where there are any.
    """
    logprobs = 0 if needs_logprobs and params.logprobs is None else params.logprobs
    plain = replace(
        params,
        best_of=1,
        critic=DEFAULT_CRITIC,
        num_candidates=1,
        temperature=0.0,
        logprobs=logprobs,
    )
    if params.best_of == 1:
        return [plain]
    is_drawn = params.temperature > 0
    drawn = replace(
        plain,
        num_candidates=params.best_of - 1,
        temperature=params.temperature if is_drawn else TEMPERATURE,
        top_p=params.top_p if is_drawn or params.top_p < 1 else TOP_P,
        seed=None if params.seed is None else (params.seed + 1) % 2**64,
    )
    return [plain, drawn]
