"""The core, one property at a time; `test_core_machine` mixes them all."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.batch import Batch
from shuowen.engines.pytorch.core import EngineCore
from shuowen.engines.pytorch.events import Failed, Finished, Progress
from shuowen.engines.pytorch.pages import PageTable
from shuowen.engines.pytorch.runner import Scores
from shuowen.errors import CapacityError, EngineError, UsageError
from shuowen.generation.candidate import CandidateState, Step
from shuowen.generation.params import JsonSchema, Regex, RepetitionGuard, SamplingParams
from shuowen.generation.results import PromptProgress
from shuowen.prompt.inputs import ModelInputs
from tests.engines.pytorch.tiny import (
    PAGE,
    answers,
    ask,
    check,
    expected,
    make_core,
    picture,
    prompt,
    run_all,
    tiny_model,
    words,
)

SHORT = SamplingParams(max_tokens=6, repetition_guard=None)
PICTURES = prompt(words(1, 5), picture(1, 2), words(2, 7), picture(2), words(3, 4), step=0.25)


def token_ids(core: EngineCore, inputs: ModelInputs, params: SamplingParams) -> list[Any]:
    return [each.token_ids for each in ask(core, inputs, params).candidates]


def counted(core: EngineCore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of tiles that the vision encoder is given from now on."""
    calls: list[int] = []
    see = core.runner.see

    def count(tiles_MHWC: NDArray[np.uint8]) -> Tensor:
        calls.append(len(tiles_MHWC))
        return see(tiles_MHWC)

    monkeypatch.setattr(core.runner, "see", count)
    return calls


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 5, 7, 8, 16, 100])
def test_the_size_of_chunks_changes_nothing(chunk: int) -> None:
    wanted = [each.token_ids for each in expected(PICTURES, SHORT)]
    assert token_ids(make_core(prefill_chunk_tokens=chunk), PICTURES, SHORT) == wanted


@pytest.mark.parametrize("page_tokens", [1, 2, 16, 64])
def test_the_size_of_pages_changes_nothing(page_tokens: int) -> None:
    wanted = [each.token_ids for each in expected(PICTURES, SHORT)]
    assert token_ids(make_core(page_tokens=page_tokens), PICTURES, SHORT) == wanted


def test_beyond_the_window_all_tokens_turn_as_the_longest_position_says() -> None:
    model = tiny_model(window=16)
    for inputs in (PICTURES, prompt(words(1, 9)), prompt(words(1, 30))):
        core = make_core(model, prefill_chunk_tokens=3)
        params = SamplingParams(max_tokens=12, repetition_guard=None)
        wanted = [each.token_ids for each in expected(inputs, params, model)]
        assert token_ids(core, inputs, params) == wanted


def test_a_prefix_that_is_there_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core()
    calls = counted(core, monkeypatch)
    first = ask(core, PICTURES, SHORT)
    assert (first.usage.cached_tokens, sum(calls)) == (0, 3)
    second = ask(core, PICTURES, SHORT)
    assert second.usage.cached_tokens == (PICTURES.num_tokens - 1) // PAGE * PAGE
    assert sum(calls) == 3
    assert second.candidates == first.candidates


def test_a_chat_goes_on_from_the_answer_in_the_cache() -> None:
    core = make_core()
    first = ask(core, PICTURES, SHORT)
    more = prompt(
        words(1, 5),
        picture(1, 2),
        words(2, 7),
        picture(2),
        words(3, 4) + list(first.candidates[0].token_ids) + words(4, 5),
        step=0.25,
    )
    second = ask(core, more, SHORT)
    assert second.usage.cached_tokens >= (PICTURES.num_tokens + 5) // PAGE * PAGE
    assert second.candidates == expected(more, SHORT)


def test_the_same_words_about_another_picture_are_no_hit() -> None:
    core = make_core()
    inputs = [prompt(words(1, 8), picture(seed, 2), words(2, 9)) for seed in (1, 2)]
    found = [ask(core, each, SHORT) for each in inputs]
    assert found[1].usage.cached_tokens == 8
    assert found[1].candidates == expected(inputs[1], SHORT)
    assert found[1].candidates != found[0].candidates


def test_another_step_of_positions_is_no_hit() -> None:
    core = make_core()
    inputs = [prompt(words(1, 8), picture(1, 2), words(2, 9), step=step) for step in (1.0, 0.25)]
    found = [ask(core, each, SHORT) for each in inputs]
    assert found[1].usage.cached_tokens == 8
    assert found[1].candidates == expected(inputs[1], SHORT)


def test_a_picture_seen_before_is_not_seen_again_after_other_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = make_core()
    calls = counted(core, monkeypatch)
    ask(core, prompt(words(1, 8), picture(1, 3), words(2, 3)), SHORT)
    other = prompt(words(9, 8), picture(1, 3), words(2, 3))
    found = ask(core, other, SHORT)
    assert found.usage.cached_tokens == 0
    assert sum(calls) == 3
    assert found.candidates == expected(other, SHORT)


def test_equal_requests_at_the_same_time_are_computed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = make_core(prefill_chunk_tokens=8)
    calls = counted(core, monkeypatch)
    num_tokens = []
    run = core.runner.run

    def count(batch: Batch) -> Scores:
        num_tokens.append(len(batch.token_ids_T))
        return run(batch)

    monkeypatch.setattr(core.runner, "run", count)
    for _ in range(4):
        core.submit(PICTURES, dataclasses.replace(SHORT, max_tokens=1))
    found = answers(run_all(core))
    assert {each.candidates for each in found.values()} == {
        expected(PICTURES, dataclasses.replace(SHORT, max_tokens=1))
    }
    assert sum(calls) == 3
    assert sum(num_tokens) <= PICTURES.num_tokens + 3 * PAGE


def test_candidates_share_the_prompt() -> None:
    params = SamplingParams(max_tokens=5, temperature=1.0, seed=7, num_candidates=4)
    inputs = prompt(words(1, 4 * PAGE + 2))
    core = make_core(num_pages=4 + 4 * 2)
    assert token_ids(core, inputs, params) == [each.token_ids for each in expected(inputs, params)]


def test_more_candidates_than_may_run_take_turns() -> None:
    params = SamplingParams(max_tokens=5, temperature=1.0, seed=7, num_candidates=7)
    core = make_core(max_running=2)
    found = ask(core, PICTURES, params)
    assert found.candidates == expected(PICTURES, params)
    assert found.usage.completion_tokens == 35


def test_without_a_page_for_a_copy_candidates_wait() -> None:
    params = SamplingParams(max_tokens=5, temperature=1.0, seed=7, num_candidates=3)
    inputs = prompt(words(1, 4 * PAGE + 2))
    core = make_core(num_pages=6)
    assert ask(core, inputs, params).candidates == expected(inputs, params)


def test_a_loop_is_cut_and_generation_goes_on_from_before_it() -> None:
    guard = RepetitionGuard(min_repeats=2, min_tokens=2, max_period=4, max_retries=3)
    params = SamplingParams(max_tokens=24, repetition_guard=guard)
    num_loops = 0
    for seed in range(12):
        inputs = prompt(words(seed, 3 + seed))
        found = ask(make_core(), inputs, params).candidates
        assert found == expected(inputs, params)
        num_loops += len(found[0].loops)
    assert num_loops > 10


@pytest.mark.parametrize("has_page_for_copy", [True, False])
def test_a_loop_cut_out_of_a_shared_page_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, has_page_for_copy: bool
) -> None:
    guard = RepetitionGuard(min_repeats=8, min_tokens=8, max_period=1)
    params = SamplingParams(max_tokens=24, repetition_guard=guard)
    looping = prompt(words(59, 6))
    wanted = expected(looping, params)
    (loop,) = wanted[0].loops
    again = prompt(words(59, 6) + [wanted[0].token_ids[0]] * 5)
    core = make_core()
    first = core.submit(looping, params)
    for _ in range(6):
        core.step()
    second = core.submit(again, SHORT)
    make_writable, holders = core.cache.make_writable, []

    def watched(table: PageTable, token_index: int) -> bool:
        holders.append(core.cache.pool.references[table.pages[token_index // PAGE]])
        return make_writable(table, token_index) if has_page_for_copy else False

    monkeypatch.setattr(core.cache, "make_writable", watched)
    found = answers(run_all(core))
    assert holders == [2]
    assert loop.token_index == 1
    assert found[first].candidates == wanted
    assert found[second].candidates == expected(again, SHORT)
    assert found[second].usage.cached_tokens == 8


def test_what_was_stored_of_a_loop_is_still_right_after_it_was_cut() -> None:
    guard = RepetitionGuard(min_repeats=8, min_tokens=8, max_period=1)
    params = SamplingParams(max_tokens=24, repetition_guard=guard)
    core, looping = make_core(), prompt(words(59, 6))
    (candidate,) = ask(core, looping, params).candidates
    assert candidate.loops
    logprobs = SamplingParams(max_tokens=2, logprobs=0)  # which show more than tokens do
    for num_repeats in range(1, 9):
        again = prompt(words(59, 6) + [candidate.token_ids[0]] * num_repeats)
        found, wanted = ask(core, again, logprobs).candidates, expected(again, logprobs)
        for one, other in zip(found[0].logprobs, wanted[0].logprobs, strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=1e-5)


def test_answers_keep_to_their_form() -> None:
    for constraint in (Regex("[a-c]{3,6}"), JsonSchema({"type": "boolean"})):
        params = SamplingParams(max_tokens=20, temperature=1.0, seed=1, constraint=constraint)
        inputs = prompt(words(1, 9))
        found = ask(make_core(), inputs, params)
        assert found.candidates == expected(inputs, params)
        assert found.candidates[0].finish_reason == "stop"


def test_stop_texts_end_an_answer() -> None:
    inputs = prompt(words(1, 9))
    free = expected(inputs, SamplingParams(max_tokens=20, repetition_guard=None))[0].text
    stop = free[len(free) // 2 :][:3]
    params = SamplingParams(max_tokens=20, stop=(stop,), repetition_guard=None)
    found = ask(make_core(), inputs, params).candidates
    assert found == expected(inputs, params)
    assert found[0].finish_reason == "stop"


def test_a_short_request_is_answered_while_a_huge_prompt_runs() -> None:
    core = make_core(prefill_chunk_tokens=8)
    core.submit(prompt(words(1, 600)), SHORT)
    for _ in range(3):
        core.step()
    short = core.submit(prompt(words(2, 3)), SamplingParams(max_tokens=1))
    num_steps, done = 0, False
    while not done:
        done = any(isinstance(e, Finished) and e.request_id == short for e in core.step())
        num_steps += 1
    assert num_steps == 1
    run_all(core)


def test_decoding_goes_on_while_a_huge_prompt_and_pictures_run() -> None:
    core = make_core(prefill_chunk_tokens=8, vision_batch_tiles=1)
    params = SamplingParams(max_tokens=30, repetition_guard=None, ignore_end=True)
    request_id = core.submit(prompt(words(1, 3)), params)
    core.step()
    core.submit(prompt(words(2, 200), picture(1, 10), words(3, 5)), SHORT)
    steps = 0
    while request_id in core.request_ids:
        core.step()
        steps += 1
    assert steps == 29
    run_all(core)


def test_words_are_read_while_a_large_picture_is_seen() -> None:
    core = make_core(vision_batch_tiles=1)
    core.submit(prompt(picture(1, 12), words(3, 5)), SHORT)
    core.step()
    words_only = core.submit(prompt(words(2, 9)), SamplingParams(max_tokens=1))
    core.step()
    core.step()
    assert words_only not in core.request_ids
    run_all(core)


def test_a_huge_prompt_gets_on_beside_a_stream_of_short_ones() -> None:
    core = make_core(prefill_chunk_tokens=4)
    huge = core.submit(prompt(words(0, 60)), SamplingParams(max_tokens=1))
    for seed in range(200):
        core.submit(prompt(words(seed, 9)), SamplingParams(max_tokens=1))
        core.step()
        if huge not in core.request_ids:
            break
    assert huge not in core.request_ids, "the huge prompt starves"


def test_how_far_the_prompt_is_is_told_until_the_first_token() -> None:
    core = make_core(prefill_chunk_tokens=4, vision_batch_tiles=1)
    core.submit(prompt(words(0, 3), picture(1, 3), words(1, 30)), SHORT)
    news = [event.news for event in run_all(core) if isinstance(event, Progress)]
    told = [each for each in news if isinstance(each, PromptProgress)]
    assert told == news[: len(told)]
    assert {each.tiles_seen for each in told} == {1, 2, 3}
    done = [each.tokens_done for each in told]
    assert done == sorted(done) and 0 < done[-1] < told[-1].num_tokens
    assert all(each.num_tiles == 3 for each in told)


def test_the_oldest_finish_first_when_pages_run_out() -> None:
    params = SamplingParams(max_tokens=30, repetition_guard=None, ignore_end=True)
    core = make_core(num_pages=12)
    ids = [core.submit(prompt(words(seed, 3)), params) for seed in range(4)]
    ended = [event.request_id for event in run_all(core) if isinstance(event, Finished)]
    assert ended == ids


@pytest.mark.parametrize("num_steps", [0, 1, 2, 4, 7])
def test_a_cancelled_request_gives_back_all_it_holds(num_steps: int) -> None:
    core = make_core(prefill_chunk_tokens=8, vision_batch_tiles=1)
    params = SamplingParams(max_tokens=50, num_candidates=2, temperature=1.0)
    request_id = core.submit(PICTURES, params)
    for _ in range(num_steps):
        core.step()
    core.cancel(request_id)
    core.cancel(request_id)
    event = core.step()[-1]
    assert isinstance(event, Finished)
    assert {each.finish_reason for each in event.completion.candidates} == {"cancelled"}
    assert core.is_idle
    assert not core.pictures.has_work
    assert core.cache.num_available == core.cache.pool.num_pages
    check(core)


def test_a_cancelled_picture_is_not_seen_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core(vision_batch_tiles=1)
    calls = counted(core, monkeypatch)
    request_id = core.submit(prompt(picture(1, 9), words(1, 3)), SHORT)
    core.step()
    core.cancel(request_id)
    run_all(core)
    assert sum(calls) == 1


def test_what_can_never_fit_is_refused_with_numbers() -> None:
    core = make_core(num_pages=8)
    with pytest.raises(CapacityError, match=r"20 tokens of prompt and 13 new ones .* holds 32"):
        core.submit(prompt(words(1, 20)), SamplingParams(max_tokens=13))
    inputs, params = prompt(words(1, 20)), SamplingParams(max_tokens=12, repetition_guard=None)
    assert ask(core, inputs, params).candidates == expected(inputs, params)


def test_the_queue_has_an_end() -> None:
    core = make_core(max_running=1, max_waiting=2)
    for _ in range(2):
        core.submit(PICTURES, SHORT)
    with pytest.raises(CapacityError, match="2 answers wait"):
        core.submit(PICTURES, SHORT)
    core.step()
    core.submit(PICTURES, SHORT)
    assert len(answers(run_all(core))) == 3


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (prompt([100_000]), "Token 100000"),
        (prompt([]), "empty"),
        (dataclasses.replace(PICTURES, images=()), "12 placeholders for 0"),
    ],
)
def test_prompts_of_another_model_are_refused(inputs: ModelInputs, message: str) -> None:
    core = make_core()
    with pytest.raises(EngineError, match=message):
        core.submit(inputs, SHORT)
    assert core.is_idle


def test_a_wrong_constraint_is_refused_at_once() -> None:
    core = make_core()
    with pytest.raises(UsageError):
        core.submit(PICTURES, SamplingParams(max_tokens=4, constraint=Regex("(")))
    assert core.is_idle


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineCore]:
    """A core whose model gives NaN for a token with the id 255, and from then on."""
    model = tiny_model()
    with torch.no_grad():
        row = model.language.embedding.weight[255].clone()
        model.language.embedding.weight[255] = float("nan")
        yield make_core(prefill_chunk_tokens=8)
        model.language.embedding.weight[255] = row


def test_logits_that_are_not_numbers_fail_their_request_alone(poisoned: EngineCore) -> None:
    greedy, drawn = SHORT, SamplingParams(max_tokens=6, temperature=1.0, seed=1)
    good = [words(1, 9), words(2, 9)]
    inputs = [prompt(good[0]), prompt(words(1, 6) + [255]), prompt(good[1]), prompt([255] * 9)]
    ids = [poisoned.submit(x, p) for x in inputs for p in (greedy, drawn)]
    events = run_all(poisoned)
    failed = [event for event in events if isinstance(event, Failed)]
    assert {event.request_id for event in failed} == {ids[2], ids[3], ids[6], ids[7]}
    assert all(isinstance(event.error, EngineError) for event in failed)
    found = {e.request_id: e.completion.candidates for e in events if isinstance(e, Finished)}
    assert found[ids[0]] == expected(inputs[0], greedy)
    assert found[ids[5]] == expected(inputs[2], drawn)


def test_pages_of_a_failed_request_poison_nobody(poisoned: EngineCore) -> None:
    poisoned.submit(prompt(words(1, 8) + [255] * 20), SHORT)
    run_all(poisoned)
    cache = poisoned.cache
    assert all(x_SGK.isfinite().all() for x_SGK in (*cache.keys_SGK, *cache.values_SGK))
    assert cache.pool.num_free == cache.pool.num_pages  # none of them can be found again


def test_pictures_that_are_not_numbers_fail_their_requests_and_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = make_core()
    see = core.runner.see
    monkeypatch.setattr(core.runner, "see", lambda tiles: see(tiles) * float("nan"))
    bad = core.submit(PICTURES, SHORT)
    good = core.submit(prompt(words(1, 9)), SHORT)
    ended = {event.request_id: event for event in run_all(core) if not isinstance(event, Progress)}
    assert isinstance(ended[bad], Failed)
    assert isinstance(ended[good], Finished)
    monkeypatch.setattr(core.runner, "see", see)
    assert ask(core, PICTURES, SHORT).candidates == expected(PICTURES, SHORT)


def test_two_pictures_of_a_batch_that_are_not_numbers_fail_their_request_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = make_core(vision_batch_tiles=8)
    see = core.runner.see
    monkeypatch.setattr(core.runner, "see", lambda tiles: see(tiles) * float("nan"))
    bad, good = core.submit(PICTURES, SHORT), core.submit(prompt(words(1, 9)), SHORT)
    ended = [event for event in run_all(core) if not isinstance(event, Progress)]
    assert sorted(event.request_id for event in ended) == [bad, good]


def test_a_bug_in_choosing_costs_its_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core()
    advance = Scores.advance

    def stumble(self: Scores, row: int, state: CandidateState) -> Step:
        if state is bad_state:
            raise TypeError("odd")
        return advance(self, row, state)

    monkeypatch.setattr(Scores, "advance", stumble)
    good_inputs = prompt(words(3, 9))
    states = core.prepare(PICTURES, SHORT)
    bad_state = states[0]
    bad, good = core.submit(PICTURES, SHORT, states), core.submit(good_inputs, SHORT)
    ended = {event.request_id: event for event in run_all(core) if not isinstance(event, Progress)}
    assert isinstance(ended[bad], Failed)
    assert isinstance(ended[good], Finished)
    assert ended[good].completion.candidates == expected(good_inputs, SHORT)
    assert core.cache.num_available == core.cache.pool.num_pages


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried …"),
        MemoryError(),
    ],
)
def test_with_little_memory_batches_become_smaller(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    core = make_core(vision_batch_tiles=4)
    run, see = core.runner.run, core.runner.see

    def run_few(batch: Batch) -> Scores:
        if len(batch.token_ids_T) > 3:
            raise error
        return run(batch)

    def see_few(tiles_MHWC: NDArray[np.uint8]) -> Tensor:
        if len(tiles_MHWC) > 1:
            raise error
        return see(tiles_MHWC)

    monkeypatch.setattr(core.runner, "run", run_few)
    monkeypatch.setattr(core.runner, "see", see_few)
    params = SamplingParams(max_tokens=4, temperature=1.0, seed=2, num_candidates=3)
    wanted = {core.submit(PICTURES, params): PICTURES}
    for seed in range(4):
        inputs = prompt(words(seed, 9))
        wanted[core.submit(inputs, params)] = inputs
    found = answers(run_all(core))
    assert len(found) == 5
    for request_id, inputs in wanted.items():
        assert found[request_id].candidates == expected(inputs, params)


def test_where_not_even_one_token_fits_one_request_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core()
    run = core.runner.run

    def run_others(batch: Batch) -> Scores:
        if 254 in batch.token_ids_T:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return run(batch)

    monkeypatch.setattr(core.runner, "run", run_others)
    good_inputs = prompt([id_ % 200 for id_ in words(3, 9)])
    bad, good = core.submit(prompt([254, 1, 2]), SHORT), core.submit(good_inputs, SHORT)
    ended = {event.request_id: event for event in run_all(core) if not isinstance(event, Progress)}
    assert isinstance(ended[bad], Failed)
    assert isinstance(ended[bad].error, CapacityError)
    assert isinstance(ended[good], Finished)
    assert ended[good].completion.candidates == expected(good_inputs, SHORT)


def test_where_one_of_several_candidates_does_not_fit_their_request_fails_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = make_core()
    run = core.runner.run

    def run_prompts_only(batch: Batch) -> Scores:
        if all(chunk.first >= chunk.sequence.prompt.num_tokens for chunk in batch.chunks):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return run(batch)

    monkeypatch.setattr(core.runner, "run", run_prompts_only)
    params = SamplingParams(max_tokens=6, temperature=1.0, seed=1, num_candidates=3)
    bad = core.submit(prompt(words(3, 9)), params)
    ended = [event for event in run_all(core) if not isinstance(event, Progress)]
    assert [event.request_id for event in ended] == [bad]
    assert isinstance(ended[0], Failed)
    assert core.cache.num_available == core.cache.pool.num_pages


def test_where_not_even_one_tile_fits_its_requests_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core()

    def never(tiles_MHWC: NDArray[np.uint8]) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(core.runner, "see", never)
    bad, good = core.submit(PICTURES, SHORT), core.submit(prompt(words(3, 9)), SHORT)
    ended = {event.request_id: event for event in run_all(core) if not isinstance(event, Progress)}
    assert isinstance(ended[bad], Failed)
    assert isinstance(ended[bad].error, CapacityError)
    assert isinstance(ended[good], Finished)


def test_other_errors_are_not_mistaken_for_want_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    core = make_core()

    def broken(batch: Batch) -> Scores:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(core.runner, "run", broken)
    core.submit(prompt(words(1, 3)), SHORT)
    with pytest.raises(RuntimeError, match="shapes"):
        run_all(core)


def test_times_and_counts_are_told() -> None:
    ticks = iter(float(number) for number in range(1000))
    core = make_core()
    core._clock = lambda: next(ticks)
    found = ask(core, PICTURES, SamplingParams(max_tokens=3, repetition_guard=None))
    assert 0 < found.timings.queued < found.timings.first_token < found.timings.total
    assert found.usage.prompt_tokens == PICTURES.num_tokens
    assert found.usage.visual_tokens == 12
    assert found.position_step == 0.25


def test_equal_calls_give_equal_steps() -> None:
    def story() -> list[tuple[str, int]]:
        core = make_core(num_pages=14, prefill_chunk_tokens=5)
        for seed in range(5):
            core.submit(prompt(words(seed, 5 + seed)), SHORT)
        return [(type(event).__name__, event.request_id) for event in run_all(core)]

    assert story() == story()
