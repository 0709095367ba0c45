"""Pages that a later request with the same beginning need not compute again.

A full page is known by a digest of all that its keys and values depend on: everything before it
(the digest of the page before), its token ids, its positions (the δ of V2PE moves them), which of
its tokens are visual and from what pixels, and, beyond the window, the length that the rotary base
was stretched for. So the same words about another picture are another page.

Pages that nobody holds rest here until room is needed; the one that rested longest goes first.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from shuowen.prompt.inputs import ModelInputs

ROOT = b""
"""The digest before the first page of a sequence that stays inside the window."""


class PageHasher:
    """Digests of the pages of one prompt and of what is generated after it.

    Args:
        inputs: The prompt.
        page_tokens: Tokens of a page.
        stretched: The length that the rotary base is stretched for; None inside the window.
    """

    def __init__(self, inputs: ModelInputs, page_tokens: int, stretched: float | None) -> None:
        self._inputs = inputs
        self._page_tokens = page_tokens
        self._root = ROOT if stretched is None else np.float32(stretched).tobytes()
        num_tiles = sum(picture.num_tiles for picture in inputs.images)
        per_tile = inputs.num_visual_tokens // num_tiles if num_tiles else 0
        ends = np.cumsum([picture.num_tiles * per_tile for picture in inputs.images], dtype=int)
        self.picture_ends: list[int] = ends.tolist()
        """For every picture, the number of visual tokens up to its end."""
        self.visual_before_T: NDArray[np.int64] = np.concatenate(
            ([0], np.cumsum(inputs.visual_mask_T, dtype=np.int64))
        )
        """For every token, and for the end, the number of visual tokens before it: (T + 1,)."""

    def digest(
        self,
        before: bytes | None,
        first: int,
        token_ids: NDArray[np.int64],
        positions: NDArray[np.float32],
    ) -> bytes:
        """The digest of one full page.

        Args:
            before: The digest of the page before; None for the first page.
            first: Index of the page's first token in the sequence.
            token_ids: (page_tokens,).
            positions: (page_tokens,).
        """
        state = hashlib.blake2b(self._root if before is None else before, digest_size=16)
        state.update(token_ids.tobytes())
        state.update(positions.tobytes())
        for part in self._visual_parts(first):
            state.update(part)
        return state.digest()

    def _visual_parts(self, first: int) -> list[bytes]:
        """Which tokens of a page are visual, and of what picture; nothing for a page of text."""
        num_tokens = self._inputs.num_tokens
        start, end = (
            int(self.visual_before_T[min(index, num_tokens)])
            for index in (first, first + self._page_tokens)
        )
        if start == end:
            return []
        mask = self._inputs.visual_mask_T[first : first + self._page_tokens]
        parts = [mask.tobytes()]
        begin = 0
        for picture, stop in zip(self._inputs.images, self.picture_ends, strict=True):
            if begin < end and stop > start:
                parts += [picture.content_hash, (start - begin).to_bytes(8, "big", signed=True)]
            begin = stop
        return parts


class PrefixCache:
    """Finds pages by digest, and knows which to give up first."""

    def __init__(self) -> None:
        self._pages: dict[bytes, int] = {}
        self._digests: dict[int, bytes] = {}
        self._resting: OrderedDict[int, None] = OrderedDict()

    @property
    def num_resting(self) -> int:
        """Pages that nobody holds."""
        return len(self._resting)

    def find(self, digest: bytes) -> int | None:
        """The page with this digest."""
        return self._pages.get(digest)

    def add(self, digest: bytes, page: int) -> None:
        """Remember a held page, unless an equal one or this one is known already."""
        if digest not in self._pages and page not in self._digests:
            self._pages[digest] = page
            self._digests[page] = digest

    def knows(self, page: int) -> bool:
        """Whether a page can be found."""
        return page in self._digests

    def is_resting(self, page: int) -> bool:
        """Whether a page is kept for later only."""
        return page in self._resting

    def rest(self, page: int) -> None:
        """Nobody holds a known page any more."""
        self._resting[page] = None

    def wake(self, page: int) -> None:
        """Somebody holds a page again."""
        self._resting.pop(page, None)

    def forget(self, page: int) -> None:
        """A page's content will change."""
        digest = self._digests.pop(page, None)
        if digest is not None:
            del self._pages[digest]
        self._resting.pop(page, None)

    def evict(self) -> int:
        """Forget the page that rested longest; returns it."""
        page = next(iter(self._resting))
        self.forget(page)
        return page
