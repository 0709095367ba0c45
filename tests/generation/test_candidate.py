"""A candidate from its first logits to its end, driven as the plain loop drives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.errors import EngineError
from shuowen.generation.candidate import CandidateState
from shuowen.generation.params import RepetitionGuard, SamplingParams
from shuowen.generation.results import Delta
from tests.generation.tiny import (
    END,
    TOKENIZER,
    VOCAB_SIZE,
    letters,
    random_rows,
    row_for,
    say,
    shown,
)

Model = Callable[[list[int]], NDArray[np.float32]]
SHORT = RepetitionGuard(min_repeats=3, min_tokens=6, enough_tokens=30, max_period=20)


def new_state(index: int = 0, **options: Any) -> CandidateState:
    params = SamplingParams(**options)
    return CandidateState(params, index, (1, 2, 3), TOKENIZER, {END})


def drive(state: CandidateState, model: Model, *, on_device: bool = False) -> list[Delta]:
    """The plain loop: a model is a function of the tokens that stand."""
    fed: list[int] = []
    deltas: list[Delta] = []
    while not state.finished:
        row = model(fed)
        if on_device and state.greedy_token_ok:
            step = state.advance_token(int(row.argmax()))
        else:
            step = state.advance(row)
        deltas += [step.delta] if step.delta else []
        if step.cut_to is not None:
            assert step.token_id is None
            assert 1 <= step.cut_to < len(fed) + 1
            fed = fed[: step.cut_to]
        elif step.token_id is not None:
            fed.append(step.token_id)
        assert state.finished or tuple(fed) == state.token_ids
    assert step.token_id is None
    assert step.cut_to is None
    return deltas


def markov(seed: int) -> Model:
    """A model that sees the last token only, so that greedy choice must loop in the end."""
    rows = random_rows(seed, VOCAB_SIZE)
    rows[:, 60:] -= 100  # a small alphabet
    rows[:, END] += 99
    return lambda fed: rows[fed[-1] if fed else 0]


def script(text: str) -> Model:
    """A model that says the text and ends."""
    token_ids = [*letters(text), END]
    return lambda fed: row_for(token_ids[len(fed)])


def test_an_answer_ends_at_the_end_token() -> None:
    state = new_state()
    deltas = drive(state, script("说文 reads."))
    candidate = state.candidate()
    assert candidate.text == shown(deltas) == "说文 reads."
    assert candidate.finish_reason == "stop"
    assert candidate.token_ids == tuple(letters("说文 reads."))
    assert state.num_generated == len(candidate.token_ids) + 1


def test_an_answer_ends_at_max_tokens_in_the_middle_of_a_character() -> None:
    state = new_state(max_tokens=3)
    deltas = drive(state, script("a说文"))
    assert state.candidate().finish_reason == "length"
    assert state.candidate().text == shown(deltas) == "a\ufffd"
    assert state.num_generated == 3


def test_the_end_token_may_be_ignored() -> None:
    state = new_state(max_tokens=6, ignore_end=True)
    drive(state, lambda fed: row_for(END))
    assert state.candidate().token_ids == (END,) * 6
    assert state.candidate().text == ""


@pytest.mark.parametrize("stop", ["\n\n", "END", "文字"])
def test_a_stop_text_ends_the_answer_before_it(stop: str) -> None:
    state = new_state(stop=(stop,))
    deltas = drive(state, script(f"E文\nEN{stop}more"))
    assert state.candidate().text == shown(deltas) == f"E文\nEN{stop}more".partition(stop)[0]
    assert state.candidate().finish_reason == "stop"
    assert all(stop not in delta.text for delta in deltas)


def test_what_only_began_a_stop_text_is_given_at_the_end() -> None:
    state = new_state(stop=("END",))
    deltas = drive(state, script("the EN"))
    assert state.candidate().text == shown(deltas) == "the EN"


@given(st.integers(0, 30), st.sampled_from([0.0, 0.7]), st.integers(0, 3))
def test_whatever_happens_text_tokens_and_logprobs_agree(
    seed: int, temperature: float, retries: int
) -> None:
    guard = RepetitionGuard(
        min_repeats=3, min_tokens=6, enough_tokens=30, max_period=20, max_retries=retries
    )
    model = markov(seed)
    state = new_state(
        max_tokens=150,
        temperature=temperature,
        seed=seed,
        logprobs=2,
        repetition_guard=guard,
        stop=("\x07\x08",),
    )
    deltas = drive(state, model)
    candidate = state.candidate()
    assert shown(deltas) == candidate.text
    assert TOKENIZER.decode(candidate.token_ids).startswith(candidate.text)
    assert tuple(each.token_id for each in candidate.logprobs) == candidate.token_ids
    for index, each in enumerate(candidate.logprobs):
        row = model(list(candidate.token_ids[:index])).astype(np.float64)
        exact = row - np.log(np.exp(row).sum())
        assert each.logprob == pytest.approx(exact[each.token_id], abs=1e-4)
        assert each.top[0][0] == int(row.argmax())
        assert each.top[0][1] == pytest.approx(exact.max(), abs=1e-4)
    assert len(candidate.loops) <= retries + 1
    assert (candidate.finish_reason == "repetition") == (len(candidate.loops) == retries + 1)
    assert state.num_generated >= len(candidate.token_ids)


@given(st.integers(0, 200), st.booleans())
def test_choosing_on_the_device_gives_the_same_answer(seed: int, has_stop: bool) -> None:
    options: dict[str, Any] = {
        "max_tokens": 120,
        "repetition_guard": SHORT,
        "stop": ("\x10", "ab") if has_stop else (),
    }
    ours, other = new_state(**options), new_state(**options)
    deltas = drive(ours, markov(seed))
    assert drive(other, markov(seed), on_device=True) == deltas
    assert ours.candidate() == other.candidate()
    assert ours.num_generated == other.num_generated


@given(st.integers(0, 200))
def test_delta_logprobs_are_those_of_the_candidate_when_nothing_is_cut(seed: int) -> None:
    state = new_state(
        max_tokens=40, temperature=1.0, seed=seed, logprobs=0, stop=("zz",), repetition_guard=None
    )
    deltas = drive(state, markov(seed))
    joined = tuple(each for delta in deltas for each in delta.logprobs)
    assert joined == state.candidate().logprobs


def looping(fed: list[int]) -> NDArray[np.float32]:
    """Says "One two. " and then "x y " for ever; where forbidden, "!", the end and no more."""
    start, run = letters("One two. "), letters("x y ")
    if len(fed) < len(start):
        return row_for(start[len(fed)])
    if letters("!")[0] in fed:
        return row_for(END)
    return 20 * row_for(run[(len(fed) - len(start)) % len(run)], second=letters("!")[0])


def test_a_loop_is_cut_to_its_first_run_and_tried_differently() -> None:
    state = new_state(repetition_guard=SHORT)
    deltas = drive(state, looping)
    candidate = state.candidate()
    assert candidate.text == shown(deltas) == "One two. x y!"
    assert candidate.finish_reason == "stop"
    (loop,) = candidate.loops
    # The space before the first "x" belongs to the loop: " x y" repeats from there.
    assert (loop.text, loop.period, loop.repeats) == (" x y", 4, 3)
    assert loop.token_index == len("One two. x y")
    retracted = [delta.retracted for delta in deltas if delta.retracted]
    assert retracted == [len(" x y x y") - 1]  # the letter that closed the loop was never sent


def test_a_loop_that_comes_again_ends_the_answer_with_what_was_before() -> None:
    def stubborn(fed: list[int]) -> NDArray[np.float32]:
        tail = letters("ab")
        return 20 * row_for(tail[len(fed) % 2], second=tail[(len(fed) + 1) % 2])

    state = new_state(repetition_guard=SHORT, max_tokens=500)
    deltas = drive(state, stubborn)
    candidate = state.candidate()
    assert candidate.finish_reason == "repetition"
    assert len(candidate.loops) == 2
    assert candidate.text == shown(deltas)
    assert len(candidate.text) <= 8
    assert state.num_generated > len(candidate.token_ids)


def test_what_was_cut_no_longer_counts_for_penalties() -> None:
    a, b, c, d = letters("abcd")

    def model(fed: list[int]) -> NDArray[np.float32]:
        row = np.zeros(VOCAB_SIZE, np.float32)
        if c in fed:  # once there is another way: "a", unless it was said too often
            row[[a, d]] = (100, 91) if fed[-1] == c else (0, 0)
            row[END] = 200 if fed[-1] in (a, d) else 0
        else:
            row[[a, c] if len(fed) % 2 == 0 else [b, d]] = (100, 50)
        return row

    guard = RepetitionGuard(min_repeats=8, min_tokens=16)
    state = new_state(repetition_guard=guard, frequency_penalty=2.0)
    drive(state, model)
    assert state.candidate().text == "abca"  # "a" had 8 counts before the cut, 1 after it


def test_without_retries_the_first_loop_ends_the_answer() -> None:
    guard = RepetitionGuard(min_repeats=3, min_tokens=6, max_retries=0)
    state = new_state(repetition_guard=guard)
    drive(state, looping)
    assert state.candidate().finish_reason == "repetition"
    assert state.candidate().text == "One two. x y"


def test_a_loop_does_not_use_up_max_tokens() -> None:
    state = new_state(repetition_guard=SHORT, max_tokens=20)
    drive(state, looping)
    assert state.num_generated > 20
    assert state.candidate().text == "One two. x y!"


def test_without_a_guard_an_answer_may_repeat_itself() -> None:
    state = new_state(repetition_guard=None, max_tokens=300)
    drive(state, looping)
    assert state.candidate().finish_reason == "length"
    assert state.candidate().loops == ()


def test_a_cancelled_answer_keeps_what_was_said() -> None:
    state = new_state(stop=("END",))
    deltas = say(state, letters("abcE"))
    assert shown(deltas) == "abc"
    last = state.finish("cancelled")
    assert last is not None
    assert last.text == "E"
    assert state.candidate().text == "abcE"
    assert state.candidate().finish_reason == "cancelled"
    assert state.finish("length") is None
    assert state.candidate().finish_reason == "cancelled"


def test_candidates_of_one_request_draw_differently_and_repeatably() -> None:
    def answer(index: int) -> tuple[int, ...]:
        state = new_state(index, temperature=1.0, seed=4, max_tokens=30)
        drive(state, markov(1))
        return state.candidate().token_ids

    assert answer(0) == answer(0) != answer(1)


def test_bad_logits_are_an_error_and_change_nothing() -> None:
    state = new_state()
    say(state, letters("ab"))
    with pytest.raises(EngineError):
        state.advance(np.full(VOCAB_SIZE, np.nan, np.float32))
    assert state.token_ids == tuple(letters("ab"))
    assert state.num_generated == 2
