"""How often, and how many times at once, each key may ask.

The rate is a bucket of tokens: it holds a minute's worth, every request takes one, and it fills
evenly. So a key that was quiet may ask in a burst.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shuowen.errors import BusyError

_MAX_KNOWN = 10_000
"""Keys whose buckets are remembered; full buckets beyond that are forgotten."""


@dataclass(frozen=True)
class Allowance:
    """What one key may do; 0 is no limit.

    Attributes:
        requests_per_minute: Requests in a minute.
        concurrent: Requests at once.
    """

    requests_per_minute: int = 0
    concurrent: int = 0


@dataclass
class _Used:
    tokens: float
    at: float
    num_inside: int = field(default=0)


class Rates:
    """What each key has used; methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, _Used] = {}

    @contextmanager
    def use(self, key_id: str, allowance: Allowance) -> Iterator[None]:
        """Make one request, for as long as the block runs; raises `BusyError`."""
        with self._lock:
            used = self._of(key_id, allowance)
            self._take(used, allowance)
            used.num_inside += 1
        try:
            yield
        finally:
            with self._lock:
                used.num_inside -= 1

    def _of(self, key_id: str, allowance: Allowance) -> _Used:
        now, rate = self._clock(), allowance.requests_per_minute
        used = self._used.get(key_id)
        if used is None:
            self._forget_idle(now)
            used = self._used[key_id] = _Used(tokens=float(rate), at=now)
        used.tokens = min(float(rate), used.tokens + (now - used.at) * rate / 60)
        used.at = now
        return used

    def _take(self, used: _Used, allowance: Allowance) -> None:
        if allowance.concurrent and used.num_inside >= allowance.concurrent:
            raise BusyError(
                f"This key has {used.num_inside} requests at once, which is its limit.",
                "Wait for one of them to end.",
            )
        rate = allowance.requests_per_minute
        if not rate:
            return
        if used.tokens < 1:
            seconds = math.ceil((1 - used.tokens) * 60 / rate)
            raise BusyError(
                f"This key may ask {rate} times a minute.",
                f"Try again in {seconds} s.",
                retry_after_seconds=seconds,
            )
        used.tokens -= 1

    def _forget_idle(self, now: float) -> None:
        if len(self._used) >= _MAX_KNOWN:
            idle = [
                key
                for key, used in self._used.items()
                if not used.num_inside and now - used.at > 60
            ]
            for key in idle:
                del self._used[key]
