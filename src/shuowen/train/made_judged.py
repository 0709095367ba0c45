"""Made records with a verdict: a right and a wrong reading, and solutions whose steps are judged.

For trying out the stages mpo and prm without data of one's own. What is wrong differs from what is
right by one character, which is what a reader of hard pages gets wrong. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from shuowen.train.records import PICTURE_MARK, Conversation, Preference, Record, Stepwise
from shuowen.train.sources import MadeSource, Source

_STREAM = 7
_WRONG_SHARE = 0.5
_QUESTION = f"{PICTURE_MARK}\n图中写的是什么？一共有几个字？"


def preference_record(lines: Source, seed: int, index: int) -> Preference:
    """A crop, the request to read it, its text, and the text with one character wrong."""
    line, text = _line(lines, index)
    return Preference(
        key=f"preference-{line.key}",
        turns=line.turns[:-1],
        pictures=line.pictures,
        chosen=text,
        rejected=_misread(text, _rng(seed, index)),
    )


def solution_record(lines: Source, seed: int, index: int) -> Stepwise:
    """A crop read and counted in two solution steps, each of which may be wrong."""
    line, text = _line(lines, index)
    rng = _rng(seed, index)
    is_read, is_counted = (bool(rng.random() >= _WRONG_SHARE) for _ in range(2))
    read = text if is_read else _misread(text, rng)
    count = len(text) + (0 if is_counted else int(rng.integers(1, 4)))
    return Stepwise(
        key=f"solution-{line.key}",
        question=_QUESTION,
        pictures=line.pictures,
        solution_steps=(f"图中写的是：{read}", f"一共有{count}个字。"),
        labels=(is_read, is_read and is_counted),
    )


def _line(lines: Source, index: int) -> tuple[Conversation, str]:
    line = lines.record(index)
    assert isinstance(line, Conversation)
    return line, line.turns[-1].text


def _misread(text: str, rng: np.random.Generator) -> str:
    """One character gone, doubled, or taken for another of the same text."""
    place = int(rng.integers(len(text)))
    others = sorted(set(text) - {text[place]})
    wrong = [text[place] * 2, *others] + [""] * (len(text) > 1)
    return text[:place] + wrong[int(rng.integers(len(wrong)))] + text[place + 1 :]


def _rng(seed: int, index: int) -> np.random.Generator:
    return np.random.default_rng((_STREAM, seed, index))


def judged_source(name: str, seed: int, lines: Source, *, augment: bool = False) -> Source:
    """A source of `JUDGED`, as many records as there are lines.

    Args:
        name: Which.
        seed: Of what is wrong.
        lines: Crops to read; see `made_data.made_source`.
        augment: Whether tiles may be compressed at random.
    """
    make = partial(JUDGED[name], lines, seed)
    return MadeSource(name, make, len(lines), weight=lines.weight, augment=augment)


JUDGED: Mapping[str, Callable[[Source, int, int], Record]] = MappingProxyType(
    {"line_preferences": preference_record, "line_solutions": solution_record}
)
"""Records by the name of their source, made of lines, a seed and an index."""
