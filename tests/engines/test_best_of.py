"""Several answers are written, the best is given; the engine behind is a scripted one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from shuowen.engines.best_of import BestOfEngine, Juries, innermost, with_best_of
from shuowen.engines.remote import RemoteEngine
from shuowen.errors import CapacityError, EngineError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.juries import Jury, oracle_jury
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import (
    Candidate,
    CandidateProgress,
    Completion,
    Delta,
    StreamEvent,
)
from shuowen.prompt.messages import Message
from tests.engines.model_server import choice, running, streamed
from tests.generation.fake_engine import Answer, FakeEngine

DRAWN = ("The answer is 7", "4", "It is \\boxed{4}")


def asked(best_of: int = 4, **params: object) -> Request:
    return Request(
        messages=(Message.of("user", "2 + 2?"),),
        params=SamplingParams(best_of=best_of, **params),  # type: ignore[arg-type]
    )


def engine() -> FakeEngine:
    return FakeEngine([Answer(texts=("Answer: 5!",)), Answer(texts=DRAWN)])


def test_the_majority_wins_and_all_answers_are_kept() -> None:
    fake = engine()
    completion = BestOfEngine(fake).generate(asked())
    assert completion.text == "4"  # the earlier of those that won
    assert [each.index for each in completion.candidates] == [0]
    best_of = completion.best_of
    assert best_of is not None
    assert [each.text for each in best_of.candidates] == ["Answer: 5!", *DRAWN]
    assert [each.index for each in best_of.candidates] == [0, 1, 2, 3]
    assert best_of.critic == "vote" and best_of.winner.text == "4"
    assert best_of.selection.scores["vote"] == (1.0, 1.0, 2.0, 2.0)
    assert completion.usage.completion_tokens == sum(map(len, ("Answer: 5!", *DRAWN)))
    assert completion.usage.prompt_tokens == 10


def test_the_engine_is_asked_as_the_plan_says() -> None:
    fake = engine()
    BestOfEngine(fake).generate(asked(seed=1))
    first, second = (each.params for each in fake.requests)
    assert (first.num_candidates, first.temperature, first.logprobs) == (1, 0.0, 0)
    assert (second.num_candidates, second.temperature, second.top_p) == (3, 0.7, 0.95)
    assert (second.best_of, second.seed) == (1, 2)


def test_a_stream_tells_how_far_it_is_then_the_winner() -> None:
    fake = FakeEngine([Answer(texts=("x" * 60,)), Answer(texts=("yyyy", "yyyy"))])
    events = list(BestOfEngine(fake).stream(asked(3)))
    *progress, delta, completion = events
    assert all(isinstance(each, CandidateProgress) for each in progress)
    told = [each for each in progress if isinstance(each, CandidateProgress)]
    assert [each.num_finished for each in told] == sorted(each.num_finished for each in told)
    assert (told[0].num_finished, told[-1].num_finished) == (0, 3)
    assert [each.is_judging for each in told] == [False] * (len(told) - 1) + [True]
    assert isinstance(delta, Delta) and isinstance(completion, Completion)
    assert delta.text == completion.text == "yyyy"
    assert delta.candidate_index == 0


def test_one_answer_goes_through_as_it_is() -> None:
    fake = FakeEngine(["Hello."])
    request = asked(1)
    events = list(BestOfEngine(fake).stream(request))
    assert fake.requests == [request]
    assert events == list(FakeEngine(["Hello."]).stream(request))
    assert BestOfEngine(fake).generate(request).best_of is None


def test_critics_are_chosen_by_name() -> None:
    juries = Juries(makers={"oracle": oracle_jury("5")})
    judged = BestOfEngine(engine(), juries)
    assert judged.generate(asked(critic="oracle")).text == "Answer: 5!"
    assert "oracle" in judged.critics and "vote" in judged.critics
    assert BestOfEngine(engine()).generate(asked(critic="random")).best_of is not None
    with pytest.raises(UsageError, match="no critic 'nobody'") as caught:
        judged.stream(asked(critic="nobody"))
    assert "agreement" in caught.value.hint
    with pytest.raises(UsageError, match="'prm' is a model, and this engine was given none"):
        judged.stream(asked(critic="prm"))


def test_auto_is_what_the_engine_was_given() -> None:
    judged = BestOfEngine(engine(), Juries(makers={"prm": oracle_jury("5")}, default="prm"))
    best_of = judged.generate(asked()).best_of
    assert best_of is not None and best_of.critic == "prm"
    voted = judged.generate(asked(critic="vote")).best_of
    assert voted is not None and voted.critic == "vote"


def test_what_goes_wrong_is_raised_and_nothing_goes_on() -> None:
    broken = FakeEngine(
        [Answer(texts=("a" * 9,)), Answer(texts=("b",), error=CapacityError("Full."))]
    )
    with pytest.raises(CapacityError, match="Full"):
        BestOfEngine(broken).generate(asked())

    class Failing:
        name = "failing"

        def scores(self, candidates: Sequence[Candidate]) -> list[float]:
            raise EngineError("The critic is ill.")

    juries = Juries(makers={"failing": lambda request: Jury.of(Failing())})
    with pytest.raises(EngineError, match="ill"):
        BestOfEngine(engine(), juries).generate(asked(critic="failing"))


def test_a_closed_stream_cancels_what_it_reads_and_tells_nothing_more() -> None:
    fake = FakeEngine([Answer(texts=("x" * 300,)), Answer(texts=("y" * 300,))])
    stream = BestOfEngine(fake).stream(asked(3))
    assert isinstance(next(stream), CandidateProgress)
    close(stream)
    assert fake.num_cancelled == 1
    assert list(stream) == []
    close(stream)


def test_a_closed_engine_lets_go_of_critics_too() -> None:
    let_go: list[bool] = []
    fake = FakeEngine()
    judged = BestOfEngine(fake, Juries(close=lambda: let_go.append(True)))
    assert judged.model_name == "fake"
    judged.close()
    assert fake.is_closed and let_go == [True]
    assert with_best_of(judged) is judged
    assert innermost(judged) is innermost(fake) is fake


def test_log_probabilities_are_told_only_to_who_asks() -> None:
    fake = engine()
    assert BestOfEngine(fake).generate(asked(logprobs=2)).candidates[0].logprobs == ()
    assert fake.requests[0].params.logprobs == 2
    assert replace(asked().params, critic="agreement").critic == "agreement"
    BestOfEngine(fake).generate(asked(critic="agreement"))
    assert fake.requests[-1].params.logprobs is None


def test_a_server_is_asked_for_several_answers_and_we_choose() -> None:
    with running() as server:
        server.chat = lambda handler: streamed(
            *(
                choice(text, index=index, end="stop")
                for index, text in enumerate(DRAWN[: handler.server.bodies[-1].get("n", 1)])
            ),
            {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}},
        )(handler)
        remote = with_best_of(RemoteEngine(server.url))
        completion = remote.generate(asked())
        assert completion.text == DRAWN[0] and completion.usage.completion_tokens == 10
        first, second = server.bodies[-2:]
        assert "n" not in first and first["temperature"] == 0.0
        assert (second["n"], second["temperature"], second["top_p"]) == (3, 0.7, 0.95)
        assert not {"best_of", "critic", "logprobs"} & (first.keys() | second.keys())
        with pytest.raises(UsageError, match="cannot be told best_of"):
            innermost(remote).stream(asked())


def close(stream: Iterator[StreamEvent]) -> None:
    stream.close()  # type: ignore[attr-defined]
