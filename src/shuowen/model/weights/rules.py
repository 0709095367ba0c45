"""How a stored tensor becomes one of our parameters: the same one, a stack of them, or regrouped.

Either way one of our matrices is a list of row runs in stored tensors, which loading and saving
copy in opposite directions. Needs no torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shuowen.errors import ModelError
from shuowen.model.config import ModelConfig

Shape = tuple[int, ...]


class Run(NamedTuple):
    """Rows that lie together in the stored tensor and in ours."""

    stored_row: int
    our_row: int
    num_rows: int


@dataclass(frozen=True)
class Piece:
    """A stored tensor, all of whose rows belong to one of our parameters."""

    name: str
    shape: Shape
    runs: tuple[Run, ...]
    num_leading_axes: int = 0
    """Axes of length 1 that the stored shape has in front of ours."""


Arrange = Callable[[ModelConfig, tuple[str, ...], Shape], tuple[Piece, ...]]
Sizes = Callable[[ModelConfig], tuple[int, ...]]


@dataclass(frozen=True)
class Stored:
    """Where one of our modules or bare parameters is kept."""

    names: tuple[str, ...]
    arrange: Arrange


@dataclass(frozen=True)
class Part:
    """A part of the network: what our names start with, what theirs start with, and the rest."""

    ours: str
    theirs: str
    rules: Mapping[str, Stored]


@dataclass(frozen=True)
class Layout:
    """All parts of the network."""

    title: str
    parts: tuple[Part, ...]

    def pieces(self, config: ModelConfig, name: str, shape: Shape) -> tuple[Piece, ...]:
        """The stored tensors that make up our parameter `name` of `shape`.

        Raises:
            ModelError: There is no such parameter in this layout.
        """
        module, suffix = _split_suffix(name)
        layer = re.search(r"\.(\d+)\.", module)
        number = layer.group(1) if layer else ""
        pattern = module.replace(f".{number}.", ".#.", 1) if layer else module
        for part in self.parts:
            rule = part.rules.get(pattern.removeprefix(part.ours))
            if rule is not None and pattern.startswith(part.ours):
                names = tuple(
                    f"{part.theirs}{each}{suffix}".replace("#", number) for each in rule.names
                )
                return rule.arrange(config, names, shape)
        raise ModelError(
            f"The {self.title} layout has no place for {name}.",
            "Save the model that was loaded, not a quantised or changed one.",
        )


def _split_suffix(name: str) -> tuple[str, str]:
    for suffix in (".weight", ".bias"):
        if name.endswith(suffix):
            return name.removesuffix(suffix), suffix
    return name, ""


def _one_piece(_: ModelConfig, names: tuple[str, ...], shape: Shape) -> tuple[Piece, ...]:
    return (Piece(names[0], shape, (Run(0, 0, shape[0]),)),)


def _one_batched_piece(_: ModelConfig, names: tuple[str, ...], shape: Shape) -> tuple[Piece, ...]:
    """The class token [1, 1, C] is our [C], the position embedding [1, P, C] our [P, C]."""
    stored = (1,) * (3 - len(shape)) + shape
    return (Piece(names[0], stored, (Run(0, 0, shape[0]),), num_leading_axes=3 - len(shape)),)


def same(name: str) -> Stored:
    """One tensor of theirs is one of ours."""
    return Stored((name,), _one_piece)


def batched(name: str) -> Stored:
    """The same with axes of length 1 in front."""
    return Stored((name,), _one_batched_piece)


def stacked(sizes: Sizes, *names: str) -> Stored:
    """Several tensors of theirs, one below the other, with so many rows each."""

    def arrange(config: ModelConfig, full: tuple[str, ...], shape: Shape) -> tuple[Piece, ...]:
        pieces, row = [], 0
        for name, num_rows in zip(full, sizes(config), strict=True):
            pieces.append(Piece(name, (num_rows, *shape[1:]), (Run(0, row, num_rows),)))
            row += num_rows
        return tuple(pieces)

    return Stored(names, arrange)


def grouped(name: str) -> Stored:
    """InternLM2's `wqkv`: for every key-value head its query heads, then its key, its value."""

    def arrange(config: ModelConfig, full: tuple[str, ...], shape: Shape) -> tuple[Piece, ...]:
        language = config.language
        head, groups = language.head_width, language.num_kv_heads
        queries = language.group_size * head
        keys_row, values_row = queries * groups, (queries + head) * groups
        stride = queries + 2 * head
        runs = (
            *(Run(g * stride, g * queries, queries) for g in range(groups)),
            *(Run(g * stride + queries, keys_row + g * head, head) for g in range(groups)),
            *(Run(g * stride + queries + head, values_row + g * head, head) for g in range(groups)),
        )
        return (Piece(full[0], shape, runs),)

    return Stored((name,), arrange)
