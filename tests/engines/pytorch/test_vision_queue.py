"""Pictures that are waited for, and visual tokens that are kept."""

from __future__ import annotations

import torch
from torch import Tensor

from shuowen.engines.pytorch.vision_queue import VisionQueue, VisualCache
from tests.engines.pytorch.tiny import picture


def see(queue: VisionQueue, max_tiles: int) -> list[tuple[bytes, Tensor, set[int]]]:
    """What comes of the next tiles, if a tile's visual token is the sum of its pixels."""
    tiles = torch.from_numpy(queue.next_tiles(max_tiles)).double()
    sums = tiles.flatten(1).sum(1)[:, None, None]
    return [(key, visual, set(who)) for key, visual, who in queue.seen(sums)]


def sums(seed: int, num_tiles: int) -> list[float]:
    tiles = torch.from_numpy(picture(seed, num_tiles).tiles_MHWC).double()
    return tiles.flatten(1).sum(1).tolist()


def test_tiles_come_in_order_and_over_the_borders_of_pictures() -> None:
    queue = VisionQueue()
    queue.want(1, picture(1, 3))
    queue.want(2, picture(2, 2))
    assert see(queue, 2) == []
    (first,) = see(queue, 2)
    assert first[1].flatten().tolist() == sums(1, 3)
    assert first[2] == {1}
    (second,) = see(queue, 2)
    assert second[1].flatten().tolist() == sums(2, 2)
    assert not len(queue)


def test_who_wants_the_same_picture_waits_for_one() -> None:
    queue = VisionQueue()
    queue.want(1, picture(1, 2))
    queue.want(2, picture(1, 2))
    ((key, _, who),) = see(queue, 10)
    assert key == picture(1, 2).content_hash
    assert who == {1, 2}


def test_a_picture_that_nobody_wants_any_more_is_dropped() -> None:
    queue = VisionQueue()
    queue.want(1, picture(1, 2))
    queue.want(2, picture(1, 2))
    queue.want(1, picture(2))
    queue.leave(1)
    assert queue.first_waiting(10) == {2}
    assert len(queue) == 1
    queue.leave(2)
    assert not len(queue)


def test_visual_tokens_are_kept_up_to_a_size_and_the_least_used_go() -> None:
    cache = VisualCache(max_bytes=2 * 400)
    rows = torch.zeros(10, 10)
    cache.put(b"a", rows)
    cache.put(b"b", rows)
    assert cache.get(b"a") is not None
    cache.put(b"c", rows)
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None
    assert cache.num_bytes == 800
    cache.put(b"large", torch.zeros(10, 100))
    assert cache.get(b"large") is None
    assert cache.get(b"c") is not None
