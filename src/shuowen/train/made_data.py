"""Sources of records that are drawn when they are asked for, by name. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from shuowen.errors import UsageError
from shuowen.prompt.tasks import reading_prompt
from shuowen.train.made_judged import JUDGED, judged_source
from shuowen.train.records import PICTURE_MARK, ArrayPicture, Conversation, Turn
from shuowen.train.sources import MadeSource, Source
from shuowen.train.synthesize.crops import Crop, CropOptions, make_crop
from shuowen.train.synthesize.lexicon import Split
from shuowen.train.synthesize.made_records import OPTIONS, record_maker
from shuowen.train.synthesize.texts import DEFAULT_WEIGHTS, MAX_UNITS, TextOptions, draw_text

NUM_RECORDS = 2**31
"""Of a made source, unless fewer are asked for: enough that none is seen twice."""
PLAIN_PROMPT_SHARE = 0.5
"""So many crops are asked about as Chinese print, whatever they are: who asks knows no more."""
REPEAT_SHARE = 0.5
MOST_LINES = 6
REPEAT, CONTINUE = "原样输出：", "接着写："
_RANDOM_KINDS = ("random_hanzi", "random_latin", "with_marks")
_TEXTS_STREAM, _PROMPT_STREAM = 3, 4


def made_source(name: str, seed: int, **options: Any) -> Source:
    """One of the sources of `makers`.

    Args:
        name: Which.
        seed: Another seed gives other records.
        options: `num_records`, `weight` and `augment` of the source, and the maker's own: for
            "lines", those of `CropOptions` (`handwriting_share`, `cell_share`, `level_shares`),
            `text_weights` and `max_units`; for documents, those of `DocumentOptions`.

    Raises:
        UsageError: There is no such source, it has no such option, or a value is out of its range.
    """
    if name not in makers():
        hint = f"Choose one of {', '.join(makers())}."
        raise UsageError(f"There is no made data {name!r}.", hint)
    if seed < 0:
        raise UsageError(f"The seed of {name} is {seed}.", "Choose 0 or more.")
    try:
        return makers()[name](name, seed, **options)
    except TypeError as error:
        hint = "Choose options that made_source describes."
        raise UsageError(f"{name} does not take {sorted(options)}: {error}.", hint) from error


def _lines(
    name: str,
    seed: int,
    *,
    split: Split,
    num_records: int = NUM_RECORDS,
    weight: float = 1.0,
    augment: bool = False,
    text_weights: Mapping[str, float] | None = None,
    max_units: float = MAX_UNITS,
    **crop_options: Any,
) -> Source:
    texts = TextOptions(
        split=split, weights=dict(text_weights or DEFAULT_WEIGHTS), max_units=max_units
    )
    options = CropOptions(texts=texts, **crop_options)
    make = partial(line_record, name, seed, options)
    return MadeSource(name, make, num_records, weight=weight, augment=augment)


def line_record(name: str, seed: int, options: CropOptions, index: int) -> Conversation:
    """A crop, the request to read it, and its text."""
    number = mixed_seed(seed, index)
    crop = make_crop(number, options)
    rng = np.random.default_rng((_PROMPT_STREAM, number))
    return Conversation(
        key=f"{name}-{seed}-{index}",
        turns=(
            Turn("user", f"{PICTURE_MARK}\n{prompt_for(crop, rng)}"),
            Turn("assistant", crop.text),
        ),
        pictures=(ArrayPicture(crop.pixels),),
    )


def prompt_for(crop: Crop, rng: np.random.Generator) -> str:
    """What is asked, in Chinese: half of the time what fits the crop's writing, else print.

    The English prompts are as long as three crops in the tokens of a small model, whose decoder
    would spend most of its time on them.
    """
    is_known = rng.random() >= PLAIN_PROMPT_SHARE
    return reading_prompt("text", "zh", is_handwritten=is_known and crop.kind == "handwriting")


def _texts(
    name: str,
    seed: int,
    *,
    split: Split = "train",
    num_records: int = NUM_RECORDS,
    weight: float = 1.0,
) -> Source:
    make = partial(text_record, name, seed, split)
    return MadeSource(name, make, num_records, weight=weight, is_multimodal=False)


def text_record(name: str, seed: int, split: Split, index: int) -> Conversation:
    """Lines to repeat, or lines to go on with from their beginning.

    Repeating teaches to move along a source and to write each of its characters, which is all that
    reading a crop needs of the decoder; going on teaches which characters follow each other in
    words, dates and sums, and there nothing else can be learnt. Random characters are only to be
    repeated: nobody can go on with them.
    """
    rng = np.random.default_rng((_TEXTS_STREAM, mixed_seed(seed, index)))
    is_repeat = bool(rng.random() < REPEAT_SHARE)
    options = _repeated_texts(split) if is_repeat else _continued_texts(split)
    count = int(rng.integers(1, MOST_LINES + 1))
    text = "\n".join(draw_text(rng, options).text for _ in range(count))
    if is_repeat or len(text) < 2:
        request, answer = REPEAT + text, text
    else:
        start = int(rng.integers(1, max(len(text) // 2, 1) + 1))
        request, answer = CONTINUE + text[:start], text[start:]
    turns = (Turn("user", request), Turn("assistant", answer))
    return Conversation(key=f"{name}-{seed}-{index}", turns=turns)


def _documents(
    name: str,
    seed: int,
    *,
    num_records: int = NUM_RECORDS,
    weight: float = 1.0,
    augment: bool = False,
    **options: Any,
) -> Source:
    make = record_maker(name, seed, replace(OPTIONS[name], **options))
    return MadeSource(name, make, num_records, weight=weight, augment=augment)


def _judged(name: str, seed: int, *, augment: bool = False, **options: Any) -> Source:
    lines = _lines("lines", seed, split="train", **options)
    return judged_source(name, seed, lines, augment=augment)


@cache
def _repeated_texts(split: Split) -> TextOptions:
    return TextOptions(split=split)


@cache
def _continued_texts(split: Split) -> TextOptions:
    weights = {kind: one for kind, one in DEFAULT_WEIGHTS.items() if kind not in _RANDOM_KINDS}
    return TextOptions(split=split, weights=weights)


def mixed_seed(seed: int, index: int) -> int:
    """One number for a seed and an index below 2**32; no two pairs have the same."""
    return (seed << 32) | index


@cache
def makers() -> Mapping[str, Callable[..., Source]]:
    """Every made source by name; each takes its name, a seed and its options.

    "lines" are crops of lines and cells, "lines_held_out" the same in words and fonts that "lines"
    never has; "texts" have no pictures; documents are whole pages, tables, forms and receipts; the
    judged ones are for preferences and for solutions whose steps are right or wrong.
    """
    own: dict[str, Callable[..., Source]] = {
        "lines": partial(_lines, split="train"),
        "lines_held_out": partial(_lines, split="held_out"),
        "texts": _texts,
    }
    documents = {name: _documents for name in OPTIONS}
    judged = {name: _judged for name in JUDGED}
    return MappingProxyType(own | documents | judged)
