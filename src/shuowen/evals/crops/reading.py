"""Crops are read by an engine, many at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shuowen.errors import ShuowenError
from shuowen.evals.crops.crop import LINE_PROMPT, EvalCrop
from shuowen.generation.engine import Engine, Request
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Completion, StreamEvent
from shuowen.prompt.messages import ImagePart, Message
from shuowen.prompt.options import EncodeOptions

Progress = Callable[[int], None]
"""Called with how many crops are done."""


@dataclass(frozen=True, kw_only=True)
class CropReadingOptions:
    """How crops are read."""

    prompt: str = LINE_PROMPT
    max_tokens: int = 40
    max_tiles: int | None = None
    """Most tiles of a crop; None: the model's own."""
    position_step: float | Literal["auto"] = 1.0
    num_at_once: int = 64
    """Crops that the engine has at the same time; give it `max_running` as high."""
    temperature: float = 0.7
    """Of sampled readings; those of `read_crops` are greedy."""
    top_p: float = 0.95
    seed: int = 0


def read_crops(
    engine: Engine,
    crops: Sequence[EvalCrop],
    options: CropReadingOptions | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """The greedy reading of each crop; empty for one that the engine refused.

    Args:
        engine: What reads.
        crops: In any order; the longest wait for none.
        options: How.
        progress: Told after every crop.
    """
    options = options or CropReadingOptions()
    params = SamplingParams(max_tokens=options.max_tokens, temperature=0.0)
    answers = _answers(engine, crops, options, lambda index: params)
    return [texts[0] if texts else "" for texts in _told(answers, progress)]


def sample_readings(
    engine: Engine,
    crops: Sequence[EvalCrop],
    num_readings: int,
    options: CropReadingOptions | None = None,
    progress: Progress | None = None,
) -> list[tuple[str, ...]]:
    """Several drawn readings of each crop, for choosing the best; none for one that was refused.

    Args:
        engine: What reads.
        crops: What is read.
        num_readings: How many of each.
        options: Temperature and all else; crop i is drawn with a seed of its own.
        progress: Told after every crop.
    """
    options = options or CropReadingOptions()

    def params(index: int) -> SamplingParams:
        return SamplingParams(
            max_tokens=options.max_tokens,
            temperature=options.temperature,
            top_p=options.top_p,
            num_candidates=num_readings,
            seed=options.seed + index * num_readings,
        )

    return list(_told(_answers(engine, crops, options, params), progress))


def _answers(
    engine: Engine,
    crops: Sequence[EvalCrop],
    options: CropReadingOptions,
    params: Callable[[int], SamplingParams],
) -> Iterator[tuple[str, ...]]:
    """Candidates of every crop, in order, while later ones are under way already."""
    waiting: deque[Iterator[StreamEvent] | None] = deque()
    for index, crop in enumerate(crops):
        waiting.append(_started(engine, _request(crop, options, params(index))))
        if len(waiting) >= options.num_at_once:
            yield _finished(waiting.popleft())
    while waiting:
        yield _finished(waiting.popleft())


def _request(crop: EvalCrop, options: CropReadingOptions, params: SamplingParams) -> Request:
    return Request(
        messages=(Message.of("user", ImagePart(crop.pixels), options.prompt),),
        params=params,
        encode=EncodeOptions(max_tiles=options.max_tiles, position_step=options.position_step),
    )


def _started(engine: Engine, request: Request) -> Iterator[StreamEvent] | None:
    try:
        return engine.stream(request)
    except ShuowenError:  # one crop's trouble must not end the evaluation; it counts as unread
        return None


def _finished(stream: Iterator[StreamEvent] | None) -> tuple[str, ...]:
    if stream is None:
        return ()
    try:
        *_, last = stream
    except ShuowenError:
        return ()
    assert isinstance(last, Completion)
    return tuple(candidate.text for candidate in last.candidates)


def _told(
    answers: Iterator[tuple[str, ...]], progress: Progress | None
) -> Iterator[tuple[str, ...]]:
    for number, texts in enumerate(answers, 1):
        if progress is not None:
            progress(number)
        yield texts
