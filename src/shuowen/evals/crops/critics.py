"""A process critic judges readings of crops, part by part."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from shuowen.evals.crops.choosing import ReadingCritic
from shuowen.evals.crops.crop import LINE_PROMPT, EvalCrop
from shuowen.model.critic import ProcessCritic
from shuowen.prompt.messages import ImagePart, Part, TextPart
from shuowen.train.step_labels import reading_parts

Aggregate = Callable[[Sequence[float]], float]
"""The chances that all is right up to each part become one number."""

AGGREGATES: Mapping[str, Aggregate] = MappingProxyType(
    {
        "mean": lambda chances: sum(chances) / len(chances),
        "min": min,
        "last": lambda chances: chances[-1],
        "product": math.prod,
    }
)
"""VisualPRM's mean, and what else could be made of them: a part is right only where those before it
are, so that in a perfect critic the least is the last."""


class PartsCritic:
    """Each part of a reading is a solution step: the process reward model, or several of them.

    The chances of a crop's readings are kept, so that further ways to add them up cost nothing.

    Args:
        critic: Trained on `step_labels.reading_record`.
        prompt: What it is told was asked.
    """

    def __init__(self, critic: ProcessCritic, prompt: str = LINE_PROMPT) -> None:
        self._critic = critic
        self._prompt = prompt
        self._known: dict[tuple[str, tuple[str, ...]], list[list[float]]] = {}

    def by(self, aggregate: Aggregate) -> ReadingCritic:
        """Scores are the chances of all parts, added up in this way."""
        return lambda crop, readings: [
            aggregate(each) for each in self.chances(crop, [_parts(text) for text in readings])
        ]

    def as_outcome(self) -> ReadingCritic:
        """The whole reading is one part: an outcome reward model."""
        return lambda crop, readings: [
            each[-1] for each in self.chances(crop, [(text,) for text in readings])
        ]

    def chances(self, crop: EvalCrop, solutions: Sequence[Sequence[str]]) -> list[list[float]]:
        """P(+) of every part of every reading."""
        key = (crop.key, tuple(map("\0".join, solutions)))
        if key not in self._known:
            question: tuple[Part, ...] = (ImagePart(crop.pixels), TextPart(self._prompt))
            self._known[key] = self._critic.chances_in_one_pass(question, solutions)
        return self._known[key]


def _parts(reading: str) -> tuple[str, ...]:
    """At least one, for an empty reading must be judged too."""
    return reading_parts(reading) or ("",)
