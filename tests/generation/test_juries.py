"""Juries choose among answers."""

from __future__ import annotations

from shuowen.generation.engine import Request
from shuowen.generation.juries import JURIES, Jury, OracleCritic, RandomCritic, oracle_jury
from shuowen.generation.params import SamplingParams
from shuowen.prompt.messages import Message
from tests.generation.test_self_consistency import answer

ASKED = Request(messages=(Message.of("user", "2 + 2?"),), params=SamplingParams(seed=3))


def test_most_votes_win_however_likely_the_others_are() -> None:
    candidates = [answer("5", -0.01), answer("4", -3.0), answer("Answer: 4", -2.0)]
    selection = JURIES["vote"](ASKED).choose(candidates)
    assert (selection.winner, selection.runner_up) == (2, 1)
    assert selection.scores["vote"] == (1.0, 2.0, 2.0)


def test_between_equally_many_votes_the_likeliest_answer_wins() -> None:
    candidates = [answer("5", -0.5), answer("4", -0.9), answer("4", -0.8), answer("5", -0.1)]
    selection = JURIES["vote"](ASKED).choose(candidates)
    assert selection.winner == 3
    assert selection.reason.startswith("likelihood +")
    silent = JURIES["vote"](ASKED).choose([answer("5"), answer("4")])
    assert silent.winner == 0  # the answer of the likeliest tokens is the first


def test_each_by_its_own_measure() -> None:
    candidates = [answer("the cat sat", -0.9), answer("the cat sits", -0.8), answer("a dog", -0.1)]
    assert JURIES["likelihood"](ASKED).choose(candidates).winner == 2
    assert JURIES["agreement"](ASKED).choose(candidates).winner in (0, 1)
    assert oracle_jury("A DOG.")(ASKED).choose(candidates).winner == 2


def test_random_is_repeatable_and_not_always_the_first() -> None:
    many = [[answer(f"{question} {n}") for n in range(4)] for question in range(200)]
    critic = RandomCritic(seed=1)
    winners = [Jury.of(critic).choose(each).winner for each in many]
    assert winners == [Jury.of(RandomCritic(seed=1)).choose(each).winner for each in many]
    assert winners != [Jury.of(RandomCritic(seed=2)).choose(each).winner for each in many]
    assert all(30 <= winners.count(n) <= 70 for n in range(4))


def test_an_oracle_may_judge_in_its_own_way() -> None:
    critic = OracleCritic("cat", is_right=lambda text, truth: truth in text)
    assert critic.scores([answer("dog"), answer("a cat")]) == [0.0, 1.0]
