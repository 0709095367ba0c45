"""Has pictures seen in time: a few tiles a step, each picture once, and no more than memory allows.

Shapes: N tiles of a batch, V visual tokens of one picture, S of one tile, D language width.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import torch
from torch import Tensor

from shuowen.engines.pytorch.out_of_memory import is_out_of_memory, let_go_of_memory, no_memory
from shuowen.engines.pytorch.runner import Runner
from shuowen.engines.pytorch.running_request import RunningRequest
from shuowen.engines.pytorch.vision_queue import VisionQueue, VisualCache
from shuowen.errors import EngineError, ShuowenError

_log = logging.getLogger("shuowen")


class PictureEncoder:
    """Pictures that requests wait for, and those that were seen before.

    Args:
        runner: Runs the vision encoder.
        max_tiles: Tiles of one batch; None leaves it to the device.
        cache_bytes: How much is kept of pictures that may be asked about again.
    """

    def __init__(self, runner: Runner, max_tiles: int | None, cache_bytes: int) -> None:
        self.max_tiles = max_tiles or default_vision_tiles(runner.device)
        self._runner = runner
        self._queue = VisionQueue()
        self._cache = VisualCache(cache_bytes)

    @property
    def has_work(self) -> bool:
        """Whether a picture is still to be seen."""
        return len(self._queue) > 0

    def want(self, request: RunningRequest, num_stored: int) -> None:
        """A request runs from its `num_stored`-th token: see to the pictures that come then."""
        for index in request.prompt.missing_pictures(num_stored):
            picture = request.prompt.inputs.images[index]
            visual_VD = self._cache.get(picture.content_hash)
            request.prompt.visuals_VD[index] = visual_VD
            if visual_VD is None:
                self._queue.want(request.number, picture)
        request.num_tiles = max(request.num_tiles, self.num_left(request.number))

    def num_left(self, request_number: int) -> int:
        """Tiles that a request still waits for."""
        return self._queue.num_left(request_number)

    def leave(self, request_number: int) -> None:
        """A request needs nothing any more."""
        self._queue.leave(request_number)

    def see(self, requests: Mapping[int, RunningRequest]) -> list[tuple[int, ShuowenError]]:
        """Encode the next tiles and hand out the pictures that are complete.

        Args:
            requests: All that run, by number.

        Returns:
            Numbers of requests that this failed for, and why.
        """
        try:
            visual_NSD = self._runner.see(self._queue.next_tiles(self.max_tiles))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return self._see_less()
        failed: list[tuple[int, ShuowenError]] = []
        for content_hash, visual_VD, waiting in self._queue.seen(visual_NSD):
            if _is_finite(visual_VD):
                self._cache.put(content_hash, visual_VD)
                for number in waiting:
                    requests[number].prompt.take_picture(content_hash, visual_VD)
            else:
                failed += [(number, not_numbers("vision encoder")) for number in waiting]
        return failed

    def _see_less(self) -> list[tuple[int, ShuowenError]]:
        """Memory ran out: fewer tiles from now on; those who wait for a single one fail."""
        let_go_of_memory(self._runner.device)
        if self.max_tiles == 1:
            waiting = self._queue.first_waiting(1)
            return [(number, no_memory("for one tile of a picture")) for number in waiting]
        self.max_tiles //= 2
        _log.warning("Memory ran out; %d tiles at a time from now on.", self.max_tiles)
        return []


def default_vision_tiles(device: torch.device) -> int:
    """Tiles at a time: enough to fill a GPU; a processor is full with one, which takes seconds."""
    return 1 if device.type == "cpu" else 16


def not_numbers(part: str) -> EngineError:
    """The error for NaN or infinity where numbers should be."""
    return EngineError(
        f"The {part} gave what are not numbers.",
        "Check the weights with `shuowen doctor`, or try weights float32.",
    )


def _is_finite(x: Tensor) -> bool:
    return bool(torch.isfinite(x).all())
