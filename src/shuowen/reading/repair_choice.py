"""Repairs of the page picture chosen by name, as people write them: in any order, twice, or all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import cast, get_args

from shuowen.config import REPAIR_CHOICES, RepairName

ALL_REPAIRS = "all"
"""Stands for every repair that was not forced."""

FORBIDDABLE: tuple[str, ...] = (*REPAIR_CHOICES, ALL_REPAIRS)
"""What may be forbidden."""


def forced_repairs(names: Iterable[str]) -> tuple[RepairName, ...]:
    """The repairs that `names` force, each once, in the order of `REPAIR_CHOICES`.

    A name that there is not is kept, at the end, for `ReadOptions` to refuse.
    """
    return _in_order(names)


def forbidden_repairs(names: Iterable[str], forced: Collection[str]) -> tuple[RepairName, ...]:
    """The repairs that `names` forbid; "all" forbids those that are not in `forced`."""
    asked = list(names)
    if ALL_REPAIRS in asked:
        others = [name for name in asked if name != ALL_REPAIRS]
        asked = [*others, *(name for name in get_args(RepairName) if name not in forced)]
    return _in_order(asked)


def _in_order(names: Iterable[str]) -> tuple[RepairName, ...]:
    order = {name: index for index, name in enumerate(REPAIR_CHOICES)}
    known = sorted(dict.fromkeys(names), key=lambda name: order.get(name, len(order)))
    return cast("tuple[RepairName, ...]", tuple(known))
