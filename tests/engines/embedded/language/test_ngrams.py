"""The n-grams say what their estimate says, rounded down, and never more than one in all."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from shuowen.engines.embedded.language.ngrams import UNKNOWN, NgramModel
from shuowen.engines.embedded.language.storage import STEPS_PER_NAT
from tests.engines.embedded.language.small_model import (
    NUM_UNKNOWN,
    ORDER,
    SYMBOLS,
    naive_probability,
    write_model,
)

CONTEXTS = ("", "合", "合同", "请带", "上合", "没有", "人天", "好合", "身份证")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> NgramModel:
    return NgramModel.open(write_model(tmp_path_factory.mktemp("model")))


@pytest.mark.parametrize("context", CONTEXTS)
def test_it_equals_the_naive_estimate_rounded_down(model: NgramModel, context: str) -> None:
    for number, character in enumerate(SYMBOLS[1:], start=1):
        expected = math.log(naive_probability(context[1 - ORDER :], character))
        got = model.log_probability(model.entries_after(context), number)
        # One rounding for the probability, one for each back-off weight on the way.
        assert expected - ORDER / STEPS_PER_NAT <= got <= expected + 1e-9


@pytest.mark.parametrize("context", CONTEXTS)
def test_probabilities_never_sum_to_more_than_one(model: NgramModel, context: str) -> None:
    entries = model.entries_after(context)
    known = sum(math.exp(model.log_probability(entries, n)) for n in range(1, len(SYMBOLS)))
    unknown = NUM_UNKNOWN * math.exp(model.log_probability(entries, 0))
    assert 0.85 < known + unknown <= 1 + 1e-9


def test_after_pruning_they_still_do_not(tmp_path: Path) -> None:
    model = NgramModel.open(write_model(tmp_path, sizes=(20, 8)))
    assert model.header.levels[1:] == (20, 8)
    for context in CONTEXTS:
        entries = model.entries_after(context)
        known = sum(math.exp(model.log_probability(entries, n)) for n in range(1, len(SYMBOLS)))
        assert known + NUM_UNKNOWN * math.exp(model.log_probability(entries, 0)) <= 1 + 1e-9


def test_an_unknown_symbol_is_unlikely_and_hides_what_is_before_it(model: NgramModel) -> None:
    together, alone = model.symbols("合同")
    after = model.entries([together])
    assert model.log_probability(after, UNKNOWN) < model.log_probability(after, alone)
    hidden = model.log_probability(model.entries([together, UNKNOWN]), alone)
    assert hidden == model.log_probability(model.entries([]), alone)


def test_text_is_folded_before_it_is_looked_up(model: NgramModel) -> None:
    assert model.symbols("合 同") == model.symbols("合同")
    assert model.symbols("龘") == [UNKNOWN]
