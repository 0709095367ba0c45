"""A language model of a few sentences, and the same estimated naively, for comparison."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from scripts.language_estimate import BREAK, Level, discounts, estimate, pack, prune
from shuowen.engines.embedded.language.storage import VERSION, Header, TextSource

TEXTS = (
    "合同原件请带上",
    "请带上合同",
    "合同一式两份",
    "请带上身份证原件",
    "今天的合同没有原件",
    "身份证明",
    "今天天气很好",
    "请今天带上身份证",
    "原件和合同",
    "天上没有人",
)
SYMBOLS = ("", *sorted(set("".join(TEXTS))))
NUM_UNKNOWN = 50
ORDER = 3


def number(character: str) -> int:
    return SYMBOLS.index(character) if character else 0


def stream() -> tuple[np.ndarray, np.ndarray]:
    numbers = [n for text in TEXTS for n in (*map(number, text), BREAK)]
    return np.array(numbers, np.uint16), np.ones(len(numbers), np.int64)


def levels(order: int = ORDER) -> list[Level]:
    symbols, weights = stream()
    return estimate(
        symbols, weights, num_symbols=len(SYMBOLS), num_unknown=NUM_UNKNOWN, order=order
    )


def packed(model: list[Level], symbols: tuple[str, ...] = SYMBOLS) -> bytes:
    source = TextSource(package="test", licence="MIT", sha256="0", num_characters=1)
    header = Header(
        version=VERSION,
        language="chinese",
        licence="MIT",
        sources=(source,),
        symbols=symbols,
        levels=tuple(len(level.keys) for level in model),
    )
    return pack(model, header)


def write_model(folder: Path, sizes: tuple[int, ...] | None = None) -> Path:
    path = folder / "small.lm"
    path.write_bytes(packed(levels() if sizes is None else prune(levels(), sizes)))
    return path


@cache
def counted(length: int) -> Counter[str]:
    return Counter(
        text[start : start + length] for text in TEXTS for start in range(len(text) - length + 1)
    )


def naive_probability(context: str, character: str) -> float:
    """Interpolated absolute discounting by its definition, from dictionaries."""
    if not context:
        grams = counted(1)
        total = sum(grams.values())
        taken = discounts(np.array(list(grams.values()), float))[0]
        freed = taken * len(grams) / total / (len(SYMBOLS) - 1 + NUM_UNKNOWN)
        return max(grams[character] - taken, 0) / total + freed
    grams = counted(len(context) + 1)
    after = {gram[-1]: times for gram, times in grams.items() if gram[:-1] == context}
    lower = naive_probability(context[1:], character)
    if not after:
        return lower
    three = discounts(np.array(list(grams.values()), float))
    taken = {one: three[min(times, 3) - 1] for one, times in after.items()}
    total = sum(after.values())
    seen = (after[character] - taken[character]) / total if character in after else 0.0
    return seen + sum(taken.values()) / total * lower
