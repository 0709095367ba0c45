"""The characters that synthetic text is written in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

ALPHABET_PATH = Path(__file__).parent / "data" / "alphabet.json"

CharacterKind = Literal[
    "digits", "latin", "ascii_punctuation", "chinese_punctuation", "symbols", "hanzi"
]


@cache
def alphabet_by_kind() -> Mapping[CharacterKind, str]:
    """The characters of each kind; the hanzi by falling frequency, then the rarer ones of forms."""
    return MappingProxyType(json.loads(ALPHABET_PATH.read_text(encoding="utf-8")))


@cache
def alphabet() -> tuple[str, ...]:
    """All characters, the space first, each once, in a fixed order."""
    return tuple(dict.fromkeys(" " + "".join(alphabet_by_kind().values())))


@cache
def _characters() -> frozenset[str]:
    return frozenset(alphabet())


def is_writable(text: str) -> bool:
    """Whether the alphabet has all characters of the text."""
    return _characters().issuperset(text)


def is_hanzi(character: str) -> bool:
    """Whether it is a Chinese character; 〇 counts as one."""
    return "\u4e00" <= character <= "\u9fff" or character == "〇"


def has_hanzi(text: str) -> bool:
    """Whether any of its characters is Chinese."""
    return any(map(is_hanzi, text))
