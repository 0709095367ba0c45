"""VisualPRM: an InternVL that says, after each solution step, whether all is right so far.

How it is shown a solution is in `generation.solution_steps`; here is what its logits become. The
step score is P(+), the softmax over the two logits of `+` and `-` alone, read where the critic is
about to speak (Wang et al. 2025, arXiv 2503.10291 §4). The history holds nothing but `+`, so that
all steps of a solution can be read off one forward pass.

Upstream shows a black tile to a critic of a question without pictures, because its forward pass
cannot do without pixels; the visual tokens are then masked out again. Ours can, so there is none.

Shapes: T tokens of a batch, N places where the critic is about to speak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn

from shuowen.errors import EngineError
from shuowen.generation.solution_steps import (
    BAD,
    GOOD,
    PRM_SYSTEM_PROMPT,
    judged_turns,
    split_solution,
)
from shuowen.model.critic_batch import SharedBatch, hidden_rows, see
from shuowen.model.critic_options import WRONG_SCORE, CriticOptions, ResponseScore, Version
from shuowen.model.critic_signs import Signs
from shuowen.model.internvl import InternVL
from shuowen.model.prompt_settings import prompt_settings
from shuowen.model.weights.load import load_model
from shuowen.prompt.inputs import ImageTiles, ModelInputs
from shuowen.prompt.messages import Part
from shuowen.prompt.processor import Processor
from shuowen.prompt.tokenizer_files import read_json


class ProcessCritic:
    """Scores answers to a question; for one thread at a time.

    Args:
        model: In evaluation mode, where it is to run.
        processor: Makes its prompts.
        options: How solutions are judged.
        own_system: The system message that its folder names; None where it names none.
    """

    def __init__(
        self,
        model: InternVL,
        processor: Processor,
        options: CriticOptions | None = None,
        own_system: str | None = None,
    ) -> None:
        """Raises `ModelError` when the tokenizer has no single tokens for the two signs."""
        self.options = options or CriticOptions()
        self._model = model
        self._processor = processor
        self._own_system = own_system
        self._signs = Signs.of(processor.tokenizer)

    @classmethod
    def from_folder(
        cls,
        folder: Path,
        options: CriticOptions | None = None,
        *,
        dtype: torch.dtype = torch.bfloat16,
        device: str | torch.device = "cpu",
        prepare: Callable[[nn.Module], None] | None = None,
    ) -> ProcessCritic:
        """Load VisualPRM-8B (InternLM2), VisualPRM-8B-v1_1 (Qwen2.5) or a critic of one's own.

        Args:
            folder: In any layout that a model may have.
            options: How solutions are judged.
            dtype: Type of the weights in memory.
            device: Where it runs.
            prepare: As in `weights.load.load_model`: makes the weights smaller.

        Raises:
            ModelError: The folder is not that of an InternVL, or it is incomplete or damaged.
            CapacityError: Too little memory.
        """
        model = load_model(folder, dtype=dtype, device=device, prepare=prepare)
        processor = Processor.from_folder(folder, prompt_settings(model.config))
        return cls(model, processor, options, own_system_message(folder))

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self._model.language.norm.weight.device

    def as_version(self, version: Version) -> ProcessCritic:
        """The same network with another way to score."""
        options = replace(self.options, version=version)
        return ProcessCritic(self._model, self._processor, options, self._own_system)

    @torch.inference_mode()
    def score(self, question: Sequence[Part], responses: Sequence[str]) -> list[ResponseScore]:
        """Judge answers to one question; equal ones are judged once.

        Args:
            question: Words and pictures, as `solution_steps.question_parts` gives them.
            responses: The answers.

        Raises:
            UsageError, InputError: The question has a picture that is none.
            PromptTooLongError: Question and answer do not fit the critic's window.
        """
        distinct = list(dict.fromkeys(responses))
        scored = _VERSIONS[self.options.version](self, question, distinct)
        found = dict(zip(distinct, scored, strict=True))
        return [found[each] for each in responses]

    def chances_in_one_pass(
        self, question: Sequence[Part], solutions: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """P(+) of every solution step, the history all `+`.

        Pictures are seen once, and what all prompts begin with runs once a pass.

        Args:
            question: Words and pictures.
            solutions: The steps of each solution, at least one.
        """
        encoded: list[ModelInputs] = []
        for steps in solutions:
            cut = encoded[0].images if encoded else ()
            encoded.append(self._encode(question, steps, [GOOD] * len(steps), cut))
        rows = [
            self._signs.rows(inputs.token_ids_T, len(steps))
            for inputs, steps in zip(encoded, solutions, strict=True)
        ]
        visual_VD = see(self._model, encoded[0]) if encoded else None
        chances: list[list[float]] = []
        for batch in SharedBatch.of(encoded, rows, self.options.max_batch_tokens):
            p_good_N = self._p_good(self._logits(batch, visual_VD))
            per_solution = p_good_N.split([len(each) for each in batch.rows])
            chances += [each.tolist() for each in per_solution]
        return chances

    def turn_by_turn(
        self, question: Sequence[Part], steps: Sequence[str], *, heeds_itself: bool
    ) -> Iterator[tuple[float, bool]]:
        """P(+), and whether `+` is the likeliest of all tokens, one forward pass for each step.

        Args:
            question: Words and pictures.
            steps: The solution's, at least one.
            heeds_itself: Whether the history is what the critic said; else it is all `+`.
        """
        signs: list[str] = []
        visual_VD: Tensor | None = None
        cut: tuple[ImageTiles, ...] = ()
        for num_steps in range(1, len(steps) + 1):
            inputs = self._encode(question, steps[:num_steps], signs, cut)
            cut = inputs.images
            visual_VD = see(self._model, inputs) if visual_VD is None else visual_VD
            (batch,) = SharedBatch.of([inputs], [[inputs.num_tokens - 1]], inputs.num_tokens)
            logits_1V = self._logits(batch, visual_VD)
            says_good = int(logits_1V.argmax()) == self._signs.good_id
            signs.append(GOOD if says_good or not heeds_itself else BAD)
            yield float(self._p_good(logits_1V)), says_good

    def _encode(
        self,
        question: Sequence[Part],
        steps: Sequence[str],
        signs: Sequence[str],
        cut: Sequence[ImageTiles] = (),
    ) -> ModelInputs:
        """The critic's prompt; it ends where the critic is to speak if a step has no sign yet."""
        chosen = {"folder": self._own_system, "prm": PRM_SYSTEM_PROMPT, "template": None}
        return self._processor.encode(
            judged_turns(question, steps, signs, chosen[self.options.system]),
            self.options.encode,
            max_new_tokens=0,
            add_generation_prompt=len(signs) < len(steps),
            cut=cut,
        )

    def _logits(self, batch: SharedBatch, visual_VD: Tensor | None) -> Tensor:
        """(N, V)."""
        return self._model.language.logits(hidden_rows(self._model, batch, visual_VD))

    def _p_good(self, logits_NV: Tensor) -> Tensor:
        """(N,) float32; raises `EngineError` for logits that are no numbers."""
        signs = torch.tensor([self._signs.good_id, self._signs.bad_id], device=logits_NV.device)
        p_good_N = logits_NV.index_select(1, signs).float().softmax(dim=1)[:, 0]
        if not bool(torch.isfinite(p_good_N).all()):
            hint = "Check the weights with `shuowen doctor`, or try weights float32."
            raise EngineError("The critic gave what are not numbers.", hint)
        return p_good_N


def own_system_message(folder: Path) -> str | None:
    """The `system_message` of a folder's config.json; None where it has none, or an empty one."""
    found = read_json(folder / "config.json").get("system_message")
    return found if isinstance(found, str) and found else None


def _soft_v2(
    critic: ProcessCritic, question: Sequence[Part], responses: Sequence[str]
) -> list[ResponseScore]:
    solutions = [split_solution(each, critic.options.max_steps) for each in responses]
    chances = critic.chances_in_one_pass(question, solutions)
    return [_mean(each, steps) for each, steps in zip(chances, solutions, strict=True)]


def _orm_soft(
    critic: ProcessCritic, question: Sequence[Part], responses: Sequence[str]
) -> list[ResponseScore]:
    solutions = [(each.strip(),) for each in responses]
    chances = critic.chances_in_one_pass(question, solutions)
    return [_mean(each, steps) for each, steps in zip(chances, solutions, strict=True)]


def _soft(
    critic: ProcessCritic, question: Sequence[Part], responses: Sequence[str]
) -> list[ResponseScore]:
    scores = []
    for response in responses:
        steps = split_solution(response, critic.options.max_steps)
        said = critic.turn_by_turn(question, steps, heeds_itself=False)
        scores.append(_mean([chance for chance, _ in said], steps))
    return scores


def _hard(
    critic: ProcessCritic, question: Sequence[Part], responses: Sequence[str]
) -> list[ResponseScore]:
    scores = []
    for response in responses:
        steps = split_solution(response, critic.options.max_steps)
        found: list[float] = []
        for _, says_good in critic.turn_by_turn(question, steps, heeds_itself=True):
            found.append(0.0 if says_good else WRONG_SCORE)
            if critic.options.stops_at_first_wrong and not says_good:
                break
        scores.append(
            ResponseScore(
                score=sum(found), step_scores=tuple(found), solution_steps=steps, wrong_below=0.0
            )
        )
    return scores


def _mean(chances: Sequence[float], steps: tuple[str, ...]) -> ResponseScore:
    """Upstream's own measure; of mean, least and largest the mean chose best (PRM §5.3)."""
    return ResponseScore(
        score=sum(chances) / len(chances), step_scores=tuple(chances), solution_steps=steps
    )


_VERSIONS: Mapping[
    Version, Callable[[ProcessCritic, Sequence[Part], Sequence[str]], list[ResponseScore]]
] = MappingProxyType({"soft_v2": _soft_v2, "soft": _soft, "hard": _hard, "orm_soft": _orm_soft})
