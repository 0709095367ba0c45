"""The requests that together write several answers."""

from __future__ import annotations

import pytest

from shuowen.errors import UsageError
from shuowen.generation.params import JsonSchema, SamplingParams
from shuowen.generation.sampling_plan import sampling_plan


def test_the_first_is_greedy_and_the_others_are_drawn() -> None:
    asked = SamplingParams(best_of=8, critic="prm", max_tokens=9, seed=5, constraint=JsonSchema())
    first, others = sampling_plan(asked, needs_logprobs=True)
    assert (first.temperature, first.top_p, first.num_candidates) == (0.0, 1.0, 1)
    assert (others.temperature, others.top_p, others.num_candidates) == (0.7, 0.95, 7)
    assert (first.seed, others.seed) == (5, 6)
    for each in (first, others):
        assert (each.best_of, each.critic, each.max_tokens) == (1, "auto", 9)
        assert each.logprobs == 0 and each.constraint == JsonSchema()


def test_what_was_asked_for_stands() -> None:
    asked = SamplingParams(best_of=2, temperature=1.2, top_p=0.5, logprobs=3)
    first, others = sampling_plan(asked)
    assert (first.temperature, others.temperature, others.top_p) == (0.0, 1.2, 0.5)
    assert (first.logprobs, others.logprobs, others.num_candidates) == (3, 3, 1)
    assert others.seed is None
    drawn = SamplingParams(best_of=2, temperature=1.0)
    assert sampling_plan(drawn)[1].top_p == 1.0
    assert len(sampling_plan(SamplingParams())) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"best_of": 0}, {"best_of": 65}, {"best_of": 2.5}, {"critic": ""}, {"critic": 3}],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        SamplingParams(**wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="num_candidates 3"):
        SamplingParams(best_of=2, num_candidates=3)
