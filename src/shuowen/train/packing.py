"""Several examples in one sequence, so that little of a batch is empty. Needs no torch.

The buffers of InternVL2.5 (arXiv 2412.05271 §4.2; upstream `dataset_packed.py`): an example goes
into the fullest buffer that has room for it; a buffer that is full is a packed sequence, and so is
the fullest one when there are too many.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shuowen.errors import UsageError
from shuowen.train.encode import Example
from shuowen.train.mixture import Draw

Group = tuple[Example, ...]
"""Examples that stay together: one, or chosen and rejected."""


@dataclass(frozen=True, kw_only=True)
class PackingOptions:
    """How much goes into one packed sequence."""

    max_tokens: int
    """Upstream: 16,384; InternVL3 up to 32,768."""
    max_tiles: int = 48
    """Tiles are as costly as tokens, since the vision encoder sees each (upstream: 48)."""
    max_buffers: int = 20
    """More buffers leave less room empty, and keep more examples waiting (upstream: 20)."""

    def __post_init__(self) -> None:
        for name in ("max_tokens", "max_tiles", "max_buffers"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Choose at least 1.")


@dataclass(frozen=True, eq=False)
class Pack:
    """Examples that make up one packed sequence; none sees another.

    Attributes:
        examples: At least one; chosen and rejected stand next to each other.
    """

    examples: tuple[Example, ...] = field(repr=False)

    @property
    def num_tokens(self) -> int:
        """Tokens of all examples."""
        return sum(example.num_tokens for example in self.examples)

    @property
    def num_tiles(self) -> int:
        """Tiles of all examples."""
        return sum(example.num_tiles for example in self.examples)

    @property
    def num_targets(self) -> int:
        """Tokens that are to be predicted."""
        return sum(example.num_targets for example in self.examples)

    @property
    def draws(self) -> tuple[Draw | None, ...]:
        """Where each example came from."""
        return tuple(example.draw for example in self.examples)


class _Buffer:
    """A packed sequence in the making."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self.groups = list(groups)
        examples = [example for group in self.groups for example in group]
        self.num_tokens = sum(example.num_tokens for example in examples)
        self.num_tiles = sum(example.num_tiles for example in examples)

    def add(self, group: Group) -> None:
        self.groups.append(group)
        self.num_tokens += sum(example.num_tokens for example in group)
        self.num_tiles += sum(example.num_tiles for example in group)

    def pack(self) -> Pack:
        return Pack(tuple(example for group in self.groups for example in group))


class Packer:
    """Gathers examples into packed sequences.

    Args:
        options: Limits.
    """

    def __init__(self, options: PackingOptions) -> None:
        self.options = options
        self._buffers: list[_Buffer] = []  # the fullest first

    def takes(self, group: Sequence[Example]) -> bool:
        """Whether these examples fit into an empty packed sequence together."""
        return self._has_room(_Buffer(), _Buffer([tuple(group)]))

    def add(self, *group: Example) -> list[Pack]:
        """Take examples that stay together.

        Args:
            group: One example, or chosen and rejected.

        Returns:
            The packed sequence that is done by this, and mostly nothing.

        Raises:
            UsageError: They are larger than a packed sequence may be.
        """
        new = _Buffer([group])
        if not self._has_room(_Buffer(), new):
            raise UsageError(
                f"An example has {new.num_tokens} tokens and {new.num_tiles} tiles, and a packed"
                f" sequence has {self.options.max_tokens} and {self.options.max_tiles} at most.",
                "Make max_tokens of encoding no larger than that of packing.",
            )
        place = next((i for i, b in enumerate(self._buffers) if self._has_room(b, new)), None)
        buffer = _Buffer() if place is None else self._buffers.pop(place)
        buffer.add(group)
        if self._is_full(buffer):
            return [buffer.pack()]
        self._insert(buffer)
        if len(self._buffers) > self.options.max_buffers:
            return [self._buffers.pop(0).pack()]
        return []

    def flush(self) -> list[Pack]:
        """Packed sequences of all that was waiting, the fullest first."""
        packs = [buffer.pack() for buffer in self._buffers]
        self._buffers.clear()
        return packs

    def held(self) -> list[list[Draw]]:
        """Draws of the examples that wait, buffer by buffer; `hold` takes them back."""
        return [[_draw_of(group) for group in buffer.groups] for buffer in self._buffers]

    def hold(self, buffers: Iterable[Iterable[Group]]) -> None:
        """Have these examples wait, in place of all others; in the order that `held` gave."""
        self._buffers = [_Buffer(groups) for groups in buffers]

    def _has_room(self, buffer: _Buffer, new: _Buffer) -> bool:
        limits = self.options
        return (
            buffer.num_tokens + new.num_tokens <= limits.max_tokens
            and buffer.num_tiles + new.num_tiles <= limits.max_tiles
        )

    def _is_full(self, buffer: _Buffer) -> bool:
        limits = self.options
        return buffer.num_tokens == limits.max_tokens or buffer.num_tiles == limits.max_tiles

    def _insert(self, buffer: _Buffer) -> None:
        """Upstream orders by tiles alone; here by the limit that is nearer, for data of few tiles
        are bounded by tokens."""
        place = bisect_left(self._buffers, -self._fill(buffer), key=lambda b: -self._fill(b))
        self._buffers.insert(place, buffer)

    def _fill(self, buffer: _Buffer) -> float:
        limits = self.options
        return max(buffer.num_tokens / limits.max_tokens, buffer.num_tiles / limits.max_tiles)


def _draw_of(group: Group) -> Draw:
    draw = group[0].draw
    if draw is None:
        raise UsageError("An example does not say where it came from.", "Set its draw.")
    return draw
