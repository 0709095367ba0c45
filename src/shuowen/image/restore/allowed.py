"""Which repairs the caller forces and which it forbids."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.config import ReadOptions, RepairName


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What may be done to a page picture; no repair is both forced and forbidden.

    Attributes:
        forced: Repairs that are made whatever the page looks like.
        forbidden: Repairs that are never made.
    """

    forced: frozenset[RepairName] = frozenset()
    forbidden: frozenset[RepairName] = frozenset()

    @staticmethod
    def by(options: ReadOptions) -> Allowed:
        """What the options say."""
        return Allowed(
            forced=frozenset(options.force_repairs), forbidden=frozenset(options.forbid_repairs)
        )

    def may(self, name: RepairName) -> bool:
        """Whether the repair may be made, if the page needs it."""
        return name not in self.forbidden

    def must(self, name: RepairName) -> bool:
        """Whether the repair is to be made without asking the page."""
        return name in self.forced
