"""Pictures that requests wait for, tile by tile, and the visual tokens of pictures seen before.

Requests that wait for the same picture wait for one; a second question about a page that was asked
about before costs no vision at all, even if the words before it differ.

Shapes: N tiles of a batch (of different pictures), V visual tokens of one picture, S of one tile,
D language width.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.prompt.inputs import ImageTiles


class VisualCache:
    """Visual tokens by content of the picture; those used longest ago go first.

    Args:
        max_bytes: How much is kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.num_bytes = 0
        self._visuals_VD: OrderedDict[bytes, Tensor] = OrderedDict()

    def get(self, content_hash: bytes) -> Tensor | None:
        """Visual tokens (V, D) of a picture; None where it was not seen or had to go."""
        visual_VD = self._visuals_VD.get(content_hash)
        if visual_VD is not None:
            self._visuals_VD.move_to_end(content_hash)
        return visual_VD

    def put(self, content_hash: bytes, visual_VD: Tensor) -> None:
        """Keep a picture's visual tokens."""
        if content_hash in self._visuals_VD or visual_VD.nbytes > self.max_bytes:
            return
        self._visuals_VD[content_hash] = visual_VD
        self.num_bytes += visual_VD.nbytes
        while self.num_bytes > self.max_bytes:
            self.num_bytes -= self._visuals_VD.popitem(last=False)[1].nbytes


@dataclass
class _Waiting:
    picture: ImageTiles
    who: set[int] = field(default_factory=set)
    parts_SD: list[Tensor] = field(default_factory=list)

    @property
    def num_left(self) -> int:
        return self.picture.num_tiles - len(self.parts_SD)


class VisionQueue:
    """Pictures still to be seen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[bytes, _Waiting] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def want(self, who: int, picture: ImageTiles) -> None:
        """A request needs a picture."""
        waiting = self._waiting.setdefault(picture.content_hash, _Waiting(picture))
        waiting.who.add(who)

    def leave(self, who: int) -> None:
        """A request needs nothing any more; pictures that nobody needs are dropped."""
        for content_hash, waiting in list(self._waiting.items()):
            waiting.who.discard(who)
            if not waiting.who:
                del self._waiting[content_hash]

    def num_left(self, who: int) -> int:
        """Tiles that a request still waits for."""
        return sum(each.num_left for each in self._waiting.values() if who in each.who)

    def next_tiles(self, max_tiles: int) -> NDArray[np.uint8]:
        """The tiles to see next, (N, height, width, 3); N is at most `max_tiles`."""
        return np.concatenate(
            [
                each.picture.tiles_MHWC[len(each.parts_SD) :][:count]
                for each, count in self._first(max_tiles)
            ]
        )

    def first_waiting(self, max_tiles: int) -> set[int]:
        """Who waits for the tiles to see next."""
        return set().union(*(each.who for each, _ in self._first(max_tiles)))

    def seen(self, visual_NSD: Tensor) -> Iterator[tuple[bytes, Tensor, Iterable[int]]]:
        """Take in what the vision encoder made of `next_tiles`.

        Yields:
            Content hash, visual tokens (V, D) and who waited, for every picture that is complete.
        """
        first = 0
        for waiting, count in list(self._first(len(visual_NSD))):
            waiting.parts_SD += list(visual_NSD[first : first + count])
            first += count
            if not waiting.num_left:
                del self._waiting[waiting.picture.content_hash]
                yield waiting.picture.content_hash, torch.cat(waiting.parts_SD), waiting.who

    def _first(self, num_tiles: int) -> Iterator[tuple[_Waiting, int]]:
        """The first tiles: of which pictures, and how many of each."""
        for waiting in self._waiting.values():
            if not num_tiles:
                return
            count = min(num_tiles, waiting.num_left)
            num_tiles -= count
            yield waiting, count
