"""Words and phrases for synthetic text, divided once for all into those to train and to test on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

_FOLDER = Path(__file__).parent / "data"
CHINESE_PATH = _FOLDER / "words_zh.txt"
ENGLISH_PATH = _FOLDER / "words_en.txt"
PHRASES_PATH = _FOLDER / "phrases.json"

Split = Literal["train", "held_out"]

HELD_OUT_SHARE = 8
"""One text of so many is held out."""
SHORTEST_DIVIDED = 2
"""Texts shorter than this are in both parts: there are too few characters to hold one out."""


def split_of(text: str) -> Split:
    """To which part a text belongs, by a hash of it."""
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return "held_out" if int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0 else "train"


def is_in_split(text: str, split: Split) -> bool:
    """Whether a text may be used in a part."""
    return len(text) < SHORTEST_DIVIDED or split_of(text) == split


@cache
def _phrases() -> Mapping[str, Sequence[str]]:
    phrases: Mapping[str, Sequence[str]] = json.loads(PHRASES_PATH.read_text(encoding="utf-8"))
    return phrases


@cache
def phrases(name: str) -> tuple[str, ...]:
    """A list of `phrases.json`, the same in both parts: pieces such as units and surnames."""
    return tuple(_phrases()[name])


@cache
def divided_phrases(name: str, split: Split) -> tuple[str, ...]:
    """Those of a list of `phrases.json` that belong to a part."""
    return tuple(text for text in phrases(name) if is_in_split(text, split))


@cache
def words(language: Literal["zh", "en"], split: Split) -> tuple[str, ...]:
    """A part's words, by falling frequency."""
    path = CHINESE_PATH if language == "zh" else ENGLISH_PATH
    return tuple(word for word in path.read_text("utf-8").split() if is_in_split(word, split))
