"""Reading a CTC matrix with a language model: prefix beam search.

Hannun et al. 2014 ("First-pass large vocabulary continuous speech recognition using bi-directional
recurrent DNNs", arXiv 1408.2873, algorithm 1), in the log domain. A text's score is

    log P(text | picture) + model_weight · log P(text | language) + length_bonus · characters,

the last two over those characters alone that the language model may choose: a protected one adds
nothing, whatever it is. Protected characters of the likeliest path stay as they are; see
`protected` for the rule and `candidates` for how steps are fixed to them. What slips through, such
as leaving out all that stands between two numbers, is refused in the end (`skeleton`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.language.alignment import align
from shuowen.engines.embedded.language.candidates import (
    Candidates,
    greedy_runs,
    list_candidates,
)
from shuowen.engines.embedded.language.prefixes import Prefix, advance, best_prefixes
from shuowen.engines.embedded.language.protected import is_ideograph, skeleton


class Scorer(Protocol):
    """Says how likely a character is after others; `LanguageModel` is one."""

    def score(self, context: str, character: str) -> float:
        """Natural logarithm of the probability of `character` after `context`."""
        ...


@dataclass(frozen=True, kw_only=True)
class BeamOptions:
    """How to search.

    Attributes:
        width: Texts that are kept at each step.
        model_weight: How much the language counts against the picture in Chinese; 0 for nothing.
        length_bonus: What a character adds there, in nats: it makes up for the model's liking for
            short texts.
        english_weight, english_bonus: The same in lines without Chinese.
        least_score: The model's scores below this count as this: it has not seen all there is.
        top_k: The most columns a step may be read as.
        least: Columns with a smaller probability are not looked at.
        sure: Steps whose likeliest column has more than this have no other.
        num_hypotheses: The most texts that are returned.
    """

    width: int = 10
    model_weight: float = 0.4
    length_bonus: float = 2.0
    english_weight: float = 0.3
    english_bonus: float = 0.9
    least_score: float = -14.0
    top_k: int = 8
    least: float = 3e-3
    sure: float = 0.99
    num_hypotheses: int = 4


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """One way to read a line.

    Attributes:
        text: The characters.
        confidences: For each the highest probability of its column over its steps, 0 to 1, as for
            greedy decoding: the picture's word alone.
        centers: Where each character's middle lies, as a share 0 to 1 of the line's length.
        picture_score: log P(text | picture), over the paths that were searched.
        language_score: Weighted log P(text | language), with the bonus for length.
    """

    text: str
    confidences: tuple[float, ...]
    centers: tuple[float, ...]
    picture_score: float
    language_score: float

    @property
    def score(self) -> float:
        """What hypotheses are ordered by, higher first."""
        return self.picture_score + self.language_score


def decode_beam(
    probabilities: NDArray[np.float32],
    characters: Sequence[str],
    filled: float = 1.0,
    *,
    model: Scorer | None,
    options: BeamOptions = BeamOptions(),
    context: str = "",
) -> list[Hypothesis]:
    """The likeliest texts of a line, the best first; at least one.

    Args:
        probabilities: (steps, columns), column 0 the blank, each row summing to 1.
        characters: What each column stands for.
        filled: Share of the steps that shows the line; the rest is padding after it.
        model: The language model; None decides by the picture alone, over the same candidates.
        context: The text before, where the picture shows part of a line.
    """
    candidates = list_candidates(
        probabilities,
        characters,
        sure=options.sure,
        least=options.least,
        top_k=options.top_k,
        context=context,
    )
    greedy = _greedy_columns(candidates)
    if model and not context and sum(map(is_ideograph, _text(greedy, characters))) == 1:
        model = None  # "是" alone in a table's cell: nothing around it tells what it is
    if all(len(step) == 1 for step in candidates.steps):
        found = [_certain(candidates, greedy)]
    else:
        found = _search(candidates, characters, model, options, context)
        wanted = skeleton(context + _text(greedy, characters))
        texts = (context + _text(columns, characters) for columns, *_ in found)
        kept = [skeleton(text) == wanted for text in texts]
        found = list(compress(found, kept))
        found = found or [_certain(candidates, greedy)]
    return [
        _hypothesis(probabilities, characters, filled, *each)
        for each in found[: options.num_hypotheses]
    ]


Found = tuple[tuple[int, ...], float, float]
"""Columns of a text, its picture's score and its language's."""


def _search(
    candidates: Candidates,
    characters: Sequence[str],
    model: Scorer | None,
    options: BeamOptions,
    context: str,
) -> list[Found]:
    weight, bonus = options.model_weight, options.length_bonus
    if not candidates.chinese:
        weight, bonus = options.english_weight, options.english_bonus

    def language(context: str, character: str) -> float:
        if model is None:
            return 0.0
        return weight * max(model.score(context, character), options.least_score) + bonus

    beam = [Prefix.empty(context)]
    for step, is_decided in zip(candidates.steps, candidates.decided, strict=True):
        says = _nothing if is_decided else language
        beam = best_prefixes(advance(beam, step, characters, says), options.width)
    return [(each.columns(), each.picture, each.language) for each in beam]


def _nothing(context: str, character: str) -> float:
    """What the language model adds to a text by a character that the picture alone decides."""
    return 0.0


def _greedy_columns(candidates: Candidates) -> tuple[int, ...]:
    """The columns of the likeliest path; each step has its likeliest column first."""
    best = np.array([step[0][0] for step in candidates.steps], np.intp)
    return tuple(int(best[first]) for first, _ in greedy_runs(best))


def _certain(candidates: Candidates, columns: tuple[int, ...]) -> Found:
    return columns, math.fsum(step[0][1] for step in candidates.steps), 0.0


def _text(columns: Iterable[int], characters: Sequence[str]) -> str:
    return "".join(characters[column] for column in columns)


def _hypothesis(
    probabilities: NDArray[np.float32],
    characters: Sequence[str],
    filled: float,
    columns: tuple[int, ...],
    picture: float,
    language: float,
) -> Hypothesis:
    spans = align(probabilities, columns)
    steps = len(probabilities)
    return Hypothesis(
        text=_text(columns, characters),
        confidences=tuple(
            min(float(probabilities[first:end, column].max()), 1.0)
            for (first, end), column in zip(spans, columns, strict=True)
        ),
        centers=tuple(min((first + end) / 2 / steps / filled, 1.0) for first, end in spans),
        picture_score=picture,
        language_score=language,
    )
