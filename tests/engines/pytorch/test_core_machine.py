"""Whatever comes in whatever order, every answer is the plain loop's."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shuowen.engines.pytorch.events import Failed, Finished, Progress
from shuowen.generation.params import RepetitionGuard, SamplingParams
from shuowen.generation.results import Candidate, Delta
from tests.engines.pytorch.tiny import check, expected, make_core, picture, prompt, words

BEGIN = words(0, 9)
PROMPTS = (
    prompt(words(1, 3)),
    prompt(BEGIN),
    prompt(BEGIN, words(2, 11)),
    prompt(BEGIN, words(3, 24)),
    prompt(BEGIN, picture(1, 2), words(2, 5)),
    prompt(BEGIN, picture(2, 2), words(2, 5)),
    prompt(words(4, 3), picture(1, 2), words(2, 2), picture(3), words(5, 2)),
    prompt(BEGIN, picture(1, 2), words(2, 5), step=0.25),
)
GUARD = RepetitionGuard(min_repeats=3, min_tokens=3, max_period=4)
PARAMS = (
    SamplingParams(max_tokens=1),
    SamplingParams(max_tokens=9, repetition_guard=None),
    SamplingParams(max_tokens=15, repetition_guard=GUARD),
    SamplingParams(max_tokens=8, temperature=0.8, seed=1, num_candidates=3),
    SamplingParams(max_tokens=12, temperature=0.3, seed=2, top_p=0.9, repetition_guard=GUARD),
    SamplingParams(max_tokens=6, logprobs=2, frequency_penalty=1.5, num_candidates=2, seed=3),
)


@cache
def reference(prompt_index: int, params_index: int) -> tuple[Candidate, ...]:
    return expected(PROMPTS[prompt_index], PARAMS[params_index])


class Core(RuleBasedStateMachine):
    """Requests come, are cancelled, and run, in a cache that is often too small for all."""

    @initialize(
        num_pages=st.integers(12, 26),
        max_running=st.integers(1, 8),
        prefill_chunk_tokens=st.integers(1, 20),
        vision_batch_tiles=st.integers(1, 3),
        visual_cache_bytes=st.sampled_from([0, 3000, 10**6]),
    )
    def start(self, num_pages: int, **options: int) -> None:
        self.core = make_core(num_pages=num_pages, **options)
        self.asked: dict[int, tuple[int, int]] = {}
        self.texts: dict[tuple[int, int], str] = {}
        self.cancelled: set[int] = set()

    @rule(
        wanted=st.lists(
            st.tuples(st.integers(0, len(PROMPTS) - 1), st.integers(0, len(PARAMS) - 1)),
            min_size=1,
            max_size=4,
        )
    )
    def submit(self, wanted: list[tuple[int, int]]) -> None:
        for prompt_index, params_index in wanted:
            request_id = self.core.submit(PROMPTS[prompt_index], PARAMS[params_index])
            self.asked[request_id] = prompt_index, params_index

    @rule(count=st.integers(1, 6))
    def step(self, count: int) -> None:
        for _ in range(count):
            self.take(self.core.step())
            check(self.core)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        running = self.core.request_ids
        if running:
            request_id = data.draw(st.sampled_from(running))
            self.core.cancel(request_id)
            self.cancelled.add(request_id)

    @invariant()
    def cache_is_in_order(self) -> None:
        if hasattr(self, "core"):
            check(self.core)

    def teardown(self) -> None:
        if not hasattr(self, "core"):
            return
        for _ in range(3000):
            if self.core.is_idle:
                break
            self.take(self.core.step())
        assert self.core.is_idle, "the core does not come to an end"
        assert not self.asked, "an answer is missing"
        assert self.core.cache.num_available == self.core.cache.pool.num_pages

    def take(self, events: list[object]) -> None:
        for event in events:
            assert not isinstance(event, Failed), event
            if isinstance(event, Progress) and isinstance(event.news, Delta):
                key = event.request_id, event.news.candidate_index
                text = self.texts.get(key, "")
                kept = len(text) - event.news.retracted
                self.texts[key] = text[:kept] + event.news.text
            elif isinstance(event, Finished):
                self.check_answer(event)

    def check_answer(self, event: Finished) -> None:
        wanted = reference(*self.asked.pop(event.request_id))
        for found, right in zip(event.completion.candidates, wanted, strict=True):
            assert self.texts.get((event.request_id, found.index), "") == found.text
            if event.request_id in self.cancelled:
                if not right.loops:  # else it may have been cancelled in the middle of one
                    assert found.token_ids == right.token_ids[: len(found.token_ids)]
            else:
                assert found.token_ids == right.token_ids
                assert found.text == right.text
                assert found.loops == right.loops
                assert found.finish_reason == right.finish_reason
                assert [x.token_id for x in found.logprobs] == [x.token_id for x in right.logprobs]
                near = [pytest.approx(x.logprob, abs=1e-5) for x in right.logprobs]
                assert [x.logprob for x in found.logprobs] == near


TestCore = Core.TestCase
TestCore.settings = settings(
    max_examples=100,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
