"""Beginnings of texts gather the probability of all their paths."""

from __future__ import annotations

import math

import pytest

from shuowen.engines.embedded.language.prefixes import (
    NEVER,
    Prefix,
    add_logs,
    advance,
    best_prefixes,
)

LETTERS = ("", "合", "同")


def step(*probabilities: float) -> list[tuple[int, float]]:
    return [(column, math.log(p)) for column, p in enumerate(probabilities) if p]


def no_language(context: str, character: str) -> float:
    return 0.0


def test_a_repeat_is_the_same_character_unless_a_blank_was_between() -> None:
    beam = [Prefix.empty()]
    for each in (step(0, 1), step(0.5, 0.5), step(0, 1)):
        beam = advance(beam, each, LETTERS, no_language)
    found = {prefix.columns(): math.exp(prefix.picture) for prefix in beam}
    assert found == pytest.approx({(1,): 0.5, (1, 1): 0.5})


def test_the_language_is_asked_once_for_each_longer_text() -> None:
    asked = []

    def language(context: str, character: str) -> float:
        asked.append((context, character))
        return -1.0

    beam = [Prefix.empty()]
    for each in (step(0.2, 0.8), step(0.5, 0.5), step(0.5, 0, 0.5)):
        beam = advance(beam, each, LETTERS, language)
    assert set(asked) == {("", "合"), ("", "同"), ("合", "同")}
    assert len(asked) == len(set(asked))
    assert {p.columns(): p.language for p in beam}[(1, 2)] == -2.0


def test_the_best_are_kept_by_both_scores() -> None:
    beam = advance(
        [Prefix.empty()], step(0.1, 0.5, 0.4), LETTERS, lambda _, one: -float(one == "合")
    )
    assert [prefix.columns() for prefix in best_prefixes(beam, 2)] == [(2,), (1,)]


def test_adding_logarithms() -> None:
    assert add_logs(math.log(0.25), math.log(0.5)) == pytest.approx(math.log(0.75))
    assert add_logs(NEVER, -3.0) == add_logs(-3.0, NEVER) == -3.0
    assert add_logs(NEVER, NEVER) == NEVER
