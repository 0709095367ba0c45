"""Answers of a given form, from noise in place of a model."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import MissingExtraError, UsageError
from shuowen.generation.candidate import CandidateState
from shuowen.generation.constraints import make_constrainer
from shuowen.generation.params import Constraint, JsonSchema, Regex, RepetitionGuard, SamplingParams
from shuowen.generation.results import Candidate
from shuowen.prompt.tokenizer import Tokenizer
from tests.generation.tiny import END, TOKENIZER, VOCAB_SIZE, letters, random_rows, row_for
from tests.prompt.tiny_tokenizer import write_tokenizer

INVOICE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 0, "maximum": 9999},
        "kind": {"enum": ["发票", "receipt"]},
        "rows": {
            "type": "array",
            "items": {"type": "string", "maxLength": 6},
            "minItems": 1,
            "maxItems": 3,
        },
        "paid": {"type": ["boolean", "null"]},
    },
    "required": ["number", "kind", "rows"],
    "additionalProperties": False,
}
PATTERN = r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])( 说+| [a-f]{2,5})?\."


def answer(
    constraint: Constraint, seed: int, tokenizer: Tokenizer = TOKENIZER, **options: Any
) -> Candidate:
    params = SamplingParams(constraint=constraint, seed=seed, max_tokens=400, **options)
    constrainer = make_constrainer(constraint, tokenizer)
    state = CandidateState(params, 0, (), tokenizer, tokenizer.eos_ids, constrainer)
    assert not state.greedy_token_ok
    noise = np.random.default_rng(seed)
    while not state.finished:
        state.advance(noise.normal(size=tokenizer.vocab_size + 5).astype(np.float32))
    return state.candidate()


@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0]))
def test_noise_under_a_schema_is_json_that_the_schema_accepts(
    seed: int, temperature: float
) -> None:
    candidate = answer(JsonSchema(INVOICE), seed, temperature=temperature)
    assert candidate.finish_reason == "stop"
    jsonschema.validate(json.loads(candidate.text), INVOICE)


@given(st.integers(0, 10_000))
def test_noise_under_an_expression_matches_it_as_a_whole(seed: int) -> None:
    candidate = answer(Regex(PATTERN), seed, temperature=1.0)
    assert candidate.finish_reason == "stop"
    assert re.fullmatch(PATTERN, candidate.text)


def test_an_empty_schema_is_any_object() -> None:
    texts = [answer(JsonSchema(), seed, temperature=1.0) for seed in range(8)]
    ended = [each.text for each in texts if each.finish_reason == "stop"]
    assert ended
    assert all(isinstance(json.loads(text), dict) for text in ended)


def test_the_9b_tokenizer_is_constrained_too(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_folder(write_tokenizer(tmp_path, "internlm2"))
    for seed in range(5):
        text = answer(JsonSchema(INVOICE), seed, tokenizer, temperature=1.0).text
        jsonschema.validate(json.loads(text), INVOICE)
        assert re.fullmatch(PATTERN, answer(Regex(PATTERN), seed, tokenizer, temperature=1.0).text)


def test_the_end_may_come_only_where_the_form_is_complete() -> None:
    constrainer = make_constrainer(Regex("ab?"), TOKENIZER)
    a, b = letters("ab")
    assert not constrainer.mask(VOCAB_SIZE)[END]
    constrainer.accept(a)
    mask = constrainer.mask(VOCAB_SIZE)
    assert mask[END]
    assert mask[b]
    assert not mask[a]
    assert not constrainer.is_finished
    constrainer.accept(b)
    assert constrainer.is_finished


def test_an_end_token_where_it_may_come_ends_the_answer_and_is_not_part_of_it() -> None:
    params = SamplingParams(constraint=Regex("a*"), ignore_end=True)
    constrainer = make_constrainer(Regex("a*"), TOKENIZER)
    state = CandidateState(params, 0, (), TOKENIZER, {END}, constrainer)
    for token_id in (*letters("aa"), END):
        state.advance(row_for(token_id))
    assert state.finished == "stop"
    assert state.candidate().text == "aa"
    assert state.token_ids == tuple(letters("aa"))


@given(st.integers(0, 1000), st.integers(0, 12))
def test_a_rollback_is_as_if_the_tokens_had_never_been(seed: int, num: int) -> None:
    ours = make_constrainer(JsonSchema(INVOICE), TOKENIZER)
    fresh = make_constrainer(JsonSchema(INVOICE), TOKENIZER)
    chosen: list[int] = []
    for row in random_rows(seed, 12):
        row[~ours.mask(VOCAB_SIZE)] = -np.inf
        chosen.append(int(row.argmax()))
        ours.accept(chosen[-1])
    ours.rollback(num)
    for token_id in chosen[: len(chosen) - num]:
        fresh.accept(token_id)
    assert (ours.mask(VOCAB_SIZE) == fresh.mask(VOCAB_SIZE)).all()


def test_a_loop_inside_a_form_is_cut_and_the_form_is_kept() -> None:
    guard = RepetitionGuard(min_repeats=4, min_tokens=8)
    constraint = Regex("x(ab)*c")
    params = SamplingParams(constraint=constraint, repetition_guard=guard)
    constrainer = make_constrainer(constraint, TOKENIZER)
    state = CandidateState(params, 0, (), TOKENIZER, {END}, constrainer)
    x, a, b, c = letters("xabc")
    while not state.finished:
        row = np.full(VOCAB_SIZE, -50, np.float32)
        row[[x, a, b, c]] = (1, 9, 9, 1)
        state.advance(row)
    candidate = state.candidate()
    assert candidate.finish_reason == "stop"
    assert candidate.text == "xabc"
    assert [loop.text for loop in candidate.loops] == ["ab"]


def test_what_was_cut_no_longer_counts_for_the_form() -> None:
    guard = RepetitionGuard(min_repeats=4, min_tokens=8)
    constraint = Regex("x(ab){3,}c")
    params = SamplingParams(constraint=constraint, repetition_guard=guard)
    constrainer = make_constrainer(constraint, TOKENIZER)
    state = CandidateState(params, 0, (), TOKENIZER, {END}, constrainer)
    x, a, b, c = letters("xabc")
    while not state.finished:
        row = np.full(VOCAB_SIZE, -50, np.float32)
        row[[x, a, b, c]] = (1, 9, 9, 1)
        state.advance(row)
    # After "xab" the form leaves nothing but another "ab", so that the loop comes again.
    assert state.candidate().finish_reason == "repetition"
    assert state.candidate().text == "xab"


def test_any_end_token_ends_a_form() -> None:
    constraint = Regex("a*")
    constrainer = make_constrainer(constraint, TOKENIZER)
    params = SamplingParams(constraint=constraint)
    state = CandidateState(params, 0, (), TOKENIZER, {END}, constrainer)
    for token_id in (*letters("a"), TOKENIZER.id_of("<|endoftext|>")):
        state.advance(row_for(token_id))
    assert state.candidate().token_ids == tuple(letters("a"))


@pytest.mark.parametrize(
    ("constraint", "part"),
    [
        (JsonSchema({"type": "nope"}), "nope"),
        (JsonSchema({"type": "string", "pattern": "(?=a)"}), "look-around"),
        (JsonSchema({"enum": {1, 2}}), "not JSON"),
        (Regex("(a"), "unclosed group"),
    ],
)
def test_a_bad_form_is_an_error_in_llguidance_s_words(constraint: Constraint, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        make_constrainer(constraint, TOKENIZER)


def test_without_llguidance_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'shuowen\[constrain\]'"):
        make_constrainer(Regex("a"), TOKENIZER)
