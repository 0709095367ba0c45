"""A model that writes, and beside it one that judges what was written."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from os import PathLike

import torch

from shuowen.engines.best_of import ORM, PRM, BestOfEngine, Juries
from shuowen.engines.pytorch.load import choose_precision, dtype_of, find_device, load_engine
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.engines.pytorch.out_of_memory import is_out_of_memory, let_go_of_memory, no_memory
from shuowen.engines.pytorch.passing_thread import in_a_passing_thread
from shuowen.errors import EngineError
from shuowen.generation.engine import Request
from shuowen.generation.juries import Jury
from shuowen.generation.results import Candidate
from shuowen.generation.solution_steps import question_parts
from shuowen.hub.download import resolve_model
from shuowen.machine import available_cores
from shuowen.model.config_json import read_config_json
from shuowen.model.critic import ProcessCritic
from shuowen.model.critic_options import ResponseScore
from shuowen.model.precision import prepare
from shuowen.prompt.messages import Part


def load_judged_engine(name: str | PathLike[str], options: EngineOptions) -> BestOfEngine:
    """What `load_engine` gives, with critics; raises what that raises, for either model.

    The critic comes first, so that the key-value cache is measured by the memory it leaves.
    """
    if options.critic is None:
        return BestOfEngine(load_engine(name, options))
    judge = Judge(load_critic(options.critic, options), options)
    try:
        engine = load_engine(name, options)
    except BaseException:
        judge.close()
        raise
    return BestOfEngine(engine, judge.juries())


def load_critic(name: str, options: EngineOptions) -> ProcessCritic:
    """Load a critic onto the engine's device, its weights kept like the engine's.

    Raises:
        ModelError: It is no InternVL, or its tokenizer has not the tokens that a critic says.
        CapacityError: Too little memory.
    """
    folder = resolve_model(name)
    if read_config_json(folder).precision is not None:  # it stays as it is
        options = replace(options, weights=None, vision_weights=None)
    precision = choose_precision(folder, options)
    return in_a_passing_thread(
        partial(
            ProcessCritic.from_folder,
            folder,
            dtype=dtype_of(precision),
            device=find_device(options.device),
            prepare=partial(prepare, precision=precision),
        )
    )


class Judge:
    """A critic that several requests share; it judges one question at a time.

    Args:
        critic: Scores answers.
        options: How many threads it computes on.
    """

    def __init__(self, critic: ProcessCritic, options: EngineOptions) -> None:
        self._critic: ProcessCritic | None = critic
        self._num_threads = options.threads or available_cores()
        self._lock = threading.Lock()

    def juries(self) -> Juries:
        """As process critic (prm, the default) and as critic of whole answers (orm)."""
        return Juries(
            makers={PRM: partial(self._jury, PRM), ORM: partial(self._jury, ORM)},
            default=PRM,
            close=self.close,
        )

    def close(self) -> None:
        """Let go of the network."""
        self._critic = None

    def score(
        self, name: str, question: Sequence[Part], responses: Sequence[str]
    ) -> list[ResponseScore]:
        """What the critic says of answers to one question; raises like `ProcessCritic.score`.

        Raises:
            EngineError: The engine is closed.
            CapacityError: Memory ran out.
        """
        with self._lock:
            if self._critic is None:
                raise EngineError("The engine is closed.", "Load the model again.")
            critic = self._critic if name == PRM else self._critic.as_version("orm_soft")
            return in_a_passing_thread(partial(self._scored, critic, question, responses))

    def _scored(
        self, critic: ProcessCritic, question: Sequence[Part], responses: Sequence[str]
    ) -> list[ResponseScore]:
        torch.set_num_threads(self._num_threads)
        try:
            return critic.score(question, responses)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            let_go_of_memory(critic.device)
            raise no_memory("for the critic, which judges the answers") from error

    def _jury(self, name: str, request: Request) -> Jury:
        return Jury.of(QuestionCritic(name, self, question_parts(request.messages)))


class QuestionCritic:
    """A judge, about one question; see `generation.best_of_n.Critic`."""

    def __init__(self, name: str, judge: Judge, question: Sequence[Part]) -> None:
        self.name = name
        self._judge = judge
        self._question = question

    def scores(self, candidates: Sequence[Candidate]) -> list[float]:
        """Mean step scores, 0 to 1."""
        texts = [each.text for each in candidates]
        return [each.score for each in self._judge.score(self.name, self._question, texts)]
