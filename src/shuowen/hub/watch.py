"""What somebody who waits for a download is told."""

from __future__ import annotations

from typing import Protocol

from shuowen.hub.listing import Listing


class Watcher(Protocol):
    """Is told how a download goes; `received` is called from several threads."""

    def listed(self, listing: Listing, num_files: int, num_bytes: int) -> None:
        """The hub has answered: what there is, and how much of it is to be downloaded."""

    def received(self, num_bytes: int) -> None:
        """So many bytes more are here, or fewer when negative: a file begins anew."""


class Silent:
    """A watcher that is not interested."""

    def listed(self, listing: Listing, num_files: int, num_bytes: int) -> None:
        """Do nothing."""

    def received(self, num_bytes: int) -> None:
        """Do nothing."""
