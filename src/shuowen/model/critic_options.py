"""How a process critic judges, and what comes of it. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from shuowen.errors import UsageError
from shuowen.generation.solution_steps import MAX_STEPS
from shuowen.prompt.options import EncodeOptions

Version = Literal["soft_v2", "soft", "hard", "orm_soft"]
"""soft_v2: all steps off one pass; soft: the same turn by turn; hard: the critic's own words, 0 for
`+` and -100 for anything else; orm_soft: the whole answer as one step."""
SystemMessage = Literal["folder", "prm", "template"]

WRONG_SCORE = -100.0
"""What a step costs that a "hard" critic does not call right."""
FIRST_WRONG_BELOW = 0.5
"""Upstream's own bound for P(+); others report 0.85 for VisualProcessBench."""


@dataclass(frozen=True, kw_only=True)
class CriticOptions:
    """How solutions are judged."""

    version: Version = "soft_v2"
    """How logits become scores; see `Version`."""
    max_steps: int = MAX_STEPS
    """Into how many steps a solution is cut at most."""
    system: SystemMessage = "folder"
    """What the critic is told first. folder: the `system_message` of its config.json, else the chat
    template's, which is what the published class does; prm: `PRM_SYSTEM_PROMPT`, which its training
    data begin with; template: the chat template's in any case. Which one published weights judge
    best with has not been measured here; critics that Shuowen trains name theirs in config.json."""
    stops_at_first_wrong: bool = False
    """Whether a "hard" critic is not asked about what follows a wrong step."""
    encode: EncodeOptions = field(default_factory=lambda: EncodeOptions(position_step="auto"))
    """How pictures become tiles."""
    max_batch_tokens: int = 16_384
    """Most tokens of one forward pass, where a single solution does not need more."""

    def __post_init__(self) -> None:
        for name, choices in (("version", Version), ("system", SystemMessage)):
            if getattr(self, name) not in get_args(choices):
                hint = f"Choose one of: {', '.join(get_args(choices))}."
                raise UsageError(f"{name} is {getattr(self, name)!r}.", hint)
        for name in ("max_steps", "max_batch_tokens"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Choose 1 or more.")


@dataclass(frozen=True, kw_only=True)
class ResponseScore:
    """What the critic says of one answer.

    Attributes:
        score: The mean of the step scores; for "hard" their sum.
        step_scores: For every step P(+), 0 to 1; for "hard" 0 or -100.
        solution_steps: What was judged as a step; all of them, even where not all were asked about.
        wrong_below: A step with a lower score counts as wrong.
    """

    score: float
    step_scores: tuple[float, ...]
    solution_steps: tuple[str, ...]
    wrong_below: float = FIRST_WRONG_BELOW

    def first_wrong(self, below: float | None = None) -> int | None:
        """Index of the first step that is wrong; None where there is none.

        Args:
            below: In the place of `wrong_below`.
        """
        least = self.wrong_below if below is None else below
        return next((n for n, score in enumerate(self.step_scores) if score < least), None)
