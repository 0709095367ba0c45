"""A real engine of random weights writes several answers, and a real critic judges them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shuowen.engines.best_of import BestOfEngine
from shuowen.engines.load import load_model
from shuowen.engines.pytorch.core import EngineCore
from shuowen.engines.pytorch.engine import PytorchEngine
from shuowen.engines.pytorch.judging import load_critic
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.errors import EngineError, ModelError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import CandidateProgress, Completion, Delta
from shuowen.generation.sampling_plan import sampling_plan
from shuowen.generation.solution_steps import question_parts
from shuowen.prompt.messages import ImagePart, Message
from tests.engines.pytorch.tiny import make_core, tiny_model, tiny_processor
from tests.engines.tiny_model_folder import write_tiny_model

PIXELS = np.random.default_rng(1).integers(0, 256, (70, 120, 3), dtype=np.uint8)
MESSAGES = (Message.of("user", ImagePart(PIXELS), "What is this?"),)
FIELDS = {"max_tokens": 6, "repetition_guard": None, "ignore_end": True, "seed": 1}
OPTIONS = {"kv_cache_bytes": 2_000_000, "threads": 1, "weights": "float32"}


def asked(best_of: int = 4, **fields: object) -> Request:
    params = SamplingParams(best_of=best_of, **{**FIELDS, **fields})  # type: ignore[arg-type]
    return Request(messages=MESSAGES, params=params)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    return write_tiny_model(folder / "model"), write_tiny_model(folder / "critic", seed=7)


@pytest.fixture(scope="module")
def judged(folders: tuple[Path, Path]) -> Iterator[BestOfEngine]:
    model, critic = folders
    engine = load_model(model, critic=str(critic), **OPTIONS)
    assert isinstance(engine, BestOfEngine)
    yield engine
    engine.close()


@pytest.fixture
def core() -> EngineCore:
    return make_core(num_pages=1024, prefill_chunk_tokens=64)


def test_the_answer_that_the_critic_likes_best_is_given(
    judged: BestOfEngine, folders: tuple[Path, Path]
) -> None:
    completion = judged.generate(asked())
    best_of = completion.best_of
    assert best_of is not None and best_of.critic == "prm"
    texts = [each.text for each in best_of.candidates]
    critic = load_critic(str(folders[1]), EngineOptions(weights="float32"))
    scores = [each.score for each in critic.score(question_parts(MESSAGES), texts)]
    assert best_of.selection.scores["prm"] == pytest.approx(scores, abs=1e-6)
    assert completion.text == texts[int(np.argmax(scores))]
    assert len(set(scores)) > 1
    whole = judged.generate(asked(critic="orm")).best_of
    assert whole is not None and list(whole.selection.scores) == ["orm"]


def test_the_candidates_are_those_that_the_engine_gives_alone(judged: BestOfEngine) -> None:
    params = asked(critic="random").params
    best_of = judged.generate(asked(critic="random")).best_of
    assert best_of is not None
    alone = [
        candidate.text
        for each in sampling_plan(params)
        for candidate in judged.inner.generate(Request(messages=MESSAGES, params=each)).candidates
    ]
    assert [each.text for each in best_of.candidates] == alone
    assert len(alone) == 4 and len(set(alone)) > 1


def test_usage_counts_all_answers_and_the_prompt_once(judged: BestOfEngine) -> None:
    one = judged.generate(asked(1))
    four = judged.generate(asked(4))
    assert four.usage.completion_tokens == 4 * one.usage.completion_tokens == 24
    assert four.usage.prompt_tokens == one.usage.prompt_tokens


def test_the_drawn_answers_find_the_prompt_that_the_first_left(core: EngineCore) -> None:
    cached: list[int] = []
    engine = PytorchEngine("tiny", tiny_processor(tiny_model()), core, num_threads=1)
    generate = engine.stream

    def note(request: Request) -> Iterator[object]:
        for event in generate(request):
            if isinstance(event, Completion):
                cached.append(event.usage.cached_tokens)
            yield event

    engine.stream = note  # type: ignore[assignment, method-assign]
    completion = BestOfEngine(engine).generate(asked(3, max_tokens=40))
    engine.close()
    prompt_tokens = completion.usage.prompt_tokens
    first, drawn = cached
    assert first == 0
    assert prompt_tokens - core.cache.page_tokens <= drawn < prompt_tokens


def test_closing_a_stream_cancels_all_answers(core: EngineCore) -> None:
    engine = PytorchEngine("tiny", tiny_processor(tiny_model()), core, num_threads=1)
    stream = BestOfEngine(engine).stream(asked(3, max_tokens=2000))
    first = next(event for event in stream if isinstance(event, CandidateProgress))
    assert first.num_candidates == 3
    stream.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 60
    while core.request_ids:
        assert time.monotonic() < deadline, "an answer goes on"
        time.sleep(0.01)
    assert list(stream) == []
    engine.close()


def test_a_stream_ends_with_the_winner(judged: BestOfEngine) -> None:
    *_, delta, completion = judged.stream(asked(critic="vote"))
    assert isinstance(delta, Delta) and isinstance(completion, Completion)
    assert delta.text == completion.text
    assert completion.candidates[0].logprobs == delta.logprobs == ()
    best_of = completion.best_of
    assert best_of is not None and all(each.logprobs for each in best_of.candidates)


def test_an_engine_without_a_critic_votes_and_says_what_it_lacks(
    folders: tuple[Path, Path],
) -> None:
    engine = load_model(folders[0], **OPTIONS)
    assert isinstance(engine, BestOfEngine)
    best_of = engine.generate(asked(2)).best_of
    assert best_of is not None and best_of.critic == "vote"
    with pytest.raises(UsageError, match="was given none"):
        engine.generate(asked(2, critic="prm"))
    with pytest.raises(UsageError, match="does not choose"):
        engine.inner.generate(asked(2))
    engine.close()


def test_a_broken_critic_is_told_before_the_model_is_loaded(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no whole model"):
        load_model(folders[0], critic=str(tmp_path), **OPTIONS)


def test_a_closed_engine_judges_no_more(folders: tuple[Path, Path]) -> None:
    engine = load_model(folders[0], critic=str(folders[1]), **OPTIONS)
    stream = engine.stream(asked(2))
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        list(stream)
