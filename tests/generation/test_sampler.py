"""One candidate's choices: order of filters, what is remembered, seeds, log-probabilities."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import EngineError
from shuowen.generation.logits import Row
from shuowen.generation.params import SamplingParams
from shuowen.generation.sampler import RETRY_TOKENS, Sampler

HAND = np.log(np.array([0.5, 0.05, 0.3, 0.15], np.float32))


def sampler(prompt_ids: tuple[int, ...] = (), index: int = 0, **options: Any) -> Sampler:
    return Sampler(SamplingParams(**options), index, prompt_ids)


def rows(seed: int, num: int = 40, size: int = 30) -> list[Row]:
    noise = np.random.default_rng(seed).normal(size=(num, size))
    return list((3 * noise).astype(np.float32))


def run(chooser: Sampler, given_rows: list[Row]) -> list[int]:
    chosen = []
    for row in given_rows:
        chosen.append(chooser.pick(row).token_id)
        chooser.accept(chosen[-1])
    return chosen


def test_greedy_takes_the_likeliest_and_leaves_the_row_alone() -> None:
    row = HAND.copy()
    assert sampler(repetition_penalty=2.0).pick(row).token_id == 0
    assert row.tolist() == HAND.tolist()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.5, 0.05, 0.3, 0.15]),
        ({"top_k": 2}, [0.625, 0, 0.375, 0]),
        ({"top_p": 0.9}, [0.5 / 0.95, 0, 0.3 / 0.95, 0.15 / 0.95]),
        ({"min_p": 0.5}, [0.625, 0, 0.375, 0]),
        # min-p first leaves 0.5, 0.3, 0.15; of these 0.5 and 0.3 reach 84 % but not 85 %
        ({"min_p": 0.2, "top_p": 0.84}, [0.625, 0, 0.375, 0]),
        ({"logit_bias": {1: float(np.log(9))}}, [0.5 / 1.4, 0.45 / 1.4, 0.3 / 1.4, 0.15 / 1.4]),
    ],
)
def test_tokens_are_drawn_as_often_as_the_filters_say(
    options: dict[str, Any], expected: list[float]
) -> None:
    chooser = sampler(temperature=1.0, seed=3, **options)
    counts = Counter(chooser.pick(HAND).token_id for _ in range(4000))
    assert [counts[each] / 4000 for each in range(4)] == pytest.approx(expected, abs=0.03)
    assert all(counts[each] == 0 for each in range(4) if expected[each] == 0)


def test_temperature_divides_the_logits() -> None:
    chooser = sampler(temperature=0.5, seed=1)
    counts = Counter(chooser.pick(HAND).token_id for _ in range(4000))
    squares = np.array([0.25, 0.0025, 0.09, 0.0225])
    assert [counts[i] / 4000 for i in range(4)] == pytest.approx(squares / squares.sum(), abs=0.03)


@given(st.integers(0, 10_000), st.floats(0, 1e-4))
def test_hardly_any_temperature_is_greedy(seed: int, temperature: float) -> None:
    given_rows = rows(seed)
    chosen = run(sampler(temperature=temperature, seed=1), given_rows)
    assert chosen == [int(row.argmax()) for row in given_rows]


def test_a_seed_repeats_and_each_candidate_has_its_own() -> None:
    given_rows = rows(0)
    first = run(sampler(temperature=1.0, seed=5), given_rows)
    assert run(sampler(temperature=1.0, seed=5), given_rows) == first
    assert run(sampler(temperature=1.0, seed=5, index=1), given_rows) != first
    second = run(sampler(temperature=1.0, seed=6), given_rows)
    assert run(sampler(temperature=1.0, seed=5, index=1), given_rows) == second


def test_a_seed_may_be_negative() -> None:
    assert run(sampler(temperature=1.0, seed=-1), rows(0)) != run(
        sampler(temperature=1.0, seed=0), rows(0)
    )


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_no_run_comes_twice_and_transformers_agrees(seed: int, length: int) -> None:
    given_rows = rows(seed, num=25)
    forbid = transformers.NoRepeatNGramLogitsProcessor(length)
    expected: list[int] = []
    for row in given_rows:
        ids = torch.tensor([expected], dtype=torch.long)
        expected.append(int(forbid(ids, torch.tensor(row)[None])[0].argmax()))
    assert run(sampler(no_repeat_ngram=length), given_rows) == expected


@given(
    st.integers(0, 10_000),
    st.floats(0.5, 2),
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.lists(st.integers(0, 29), max_size=5),
)
def test_penalties_equal_their_formula_over_all_tokens(
    seed: int, repetition: float, presence: float, frequency: float, prompt: list[int]
) -> None:
    given_rows = rows(seed)
    chosen: list[int] = []
    for row in given_rows:
        counts = np.array([chosen.count(each) for each in range(len(row))])
        seen = (counts > 0) | np.isin(np.arange(len(row)), prompt)
        scaled = np.where(row > 0, row / repetition, row * repetition)
        wanted = np.where(seen, scaled, row) - frequency * counts - presence * (counts > 0)
        chosen.append(int(wanted.astype(np.float32).argmax()))
    ours = sampler(
        tuple(prompt),
        repetition_penalty=repetition,
        presence_penalty=presence,
        frequency_penalty=frequency,
    )
    assert run(ours, given_rows) == chosen


@given(st.integers(0, 10_000), st.integers(0, 20))
def test_after_a_rollback_it_chooses_as_if_the_tokens_had_never_been(seed: int, num: int) -> None:
    options: dict[str, Any] = {
        "repetition_penalty": 1.5,
        "frequency_penalty": 1.0,
        "no_repeat_ngram": 2,
    }
    given_rows = rows(seed)
    ours, fresh = sampler((1, 2), **options), sampler((1, 2), **options)
    for token_id in run(ours, given_rows[:20])[: 20 - num]:
        fresh.accept(token_id)
    ours.rollback(num)
    assert run(ours, given_rows[20:]) == run(fresh, given_rows[20:])


@given(st.integers(0, 10_000), st.integers(0, 20))
def test_logprobs_are_those_of_the_raw_row(seed: int, num: int) -> None:
    row = rows(seed, 1, 500)[0]
    chooser = sampler(
        temperature=2.0, top_k=3, logit_bias={7: 50.0}, repetition_penalty=2.0, logprobs=num
    )
    choice = chooser.pick(row)
    exact = torch.log_softmax(torch.tensor(row, dtype=torch.float64), dim=0)
    assert choice.logprob == pytest.approx(float(exact[choice.token_id]), abs=1e-5)
    values, ids = exact.topk(num)
    assert [token_id for token_id, _ in choice.top] == ids.tolist()
    assert [logprob for _, logprob in choice.top] == pytest.approx(values.tolist(), abs=1e-5)


def test_no_logprobs_unless_asked_for() -> None:
    assert sampler().pick(HAND).logprob is None
    assert sampler(logprobs=0).pick(HAND).top == ()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_logits_that_are_not_numbers_are_an_error(value: float, temperature: float) -> None:
    row = HAND.copy()
    row[2] = value
    allowed = np.array([True, True, False, True])  # hiding it does not make the model sound
    with pytest.raises(EngineError, match="not numbers"):
        sampler(temperature=temperature).pick(row, allowed)


def test_a_row_of_nothing_but_minus_infinity_is_an_error() -> None:
    with pytest.raises(EngineError, match="not numbers"):
        sampler().pick(np.full(4, -np.inf, np.float32))


def test_options_that_forbid_every_token_are_an_error() -> None:
    chooser = sampler(no_repeat_ngram=1)
    chooser.accept(2)
    with pytest.raises(EngineError, match="no token"):
        chooser.pick(HAND, np.array([False, False, True, False]))


def test_forbidden_tokens_are_not_chosen() -> None:
    for temperature in (0.0, 1.0):
        picked = sampler(temperature=temperature).pick(HAND, np.array([False, True, False, False]))
        assert picked.token_id == 1


def test_a_retry_avoids_the_token_once_and_draws_for_a_while() -> None:
    row = np.zeros(50, np.float32)
    row[0] = 0.5  # the likeliest by little, so that draws differ
    chooser = sampler()
    assert chooser.is_plain_greedy
    chooser.retry(not_next=0)
    assert not chooser.is_plain_greedy
    drawn = run(chooser, [row] * RETRY_TOKENS)
    assert drawn[0] != 0
    assert len(set(drawn)) > 5
    assert chooser.is_plain_greedy
    assert chooser.pick(row).token_id == 0
    again = sampler()
    again.retry(not_next=0)
    assert run(again, [row] * RETRY_TOKENS) == drawn


def test_a_retry_keeps_a_token_that_alone_is_allowed() -> None:
    chooser = sampler()
    chooser.retry(not_next=3)
    assert chooser.pick(HAND, np.array([False, False, False, True])).token_id == 3


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.5},
        {"logprobs": 0},
        {"logit_bias": {1: 1.0}},
        {"repetition_penalty": 1.1},
        {"presence_penalty": 0.1},
        {"frequency_penalty": 0.1},
        {"no_repeat_ngram": 3},
    ],
)
def test_only_plain_options_are_plain_greedy(options: dict[str, Any]) -> None:
    assert sampler().is_plain_greedy
    assert not sampler(**options).is_plain_greedy
