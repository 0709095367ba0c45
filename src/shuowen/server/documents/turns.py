"""Whose job is read next, so that nobody's five hundred pages keep others from their one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shuowen.server.documents.table import QueuedJob
from shuowen.source.stop import Stop

SLICE_SECONDS = 20.0
"""How long a job may hold its place while somebody without any waits."""

MAX_STARTS = 3
"""How often reading is begun, without a page gained, before a job has failed for good."""


@dataclass(kw_only=True)
class RunningJob:
    """A job that holds a place, as its thread and others see it.

    Attributes:
        id, owner: The job's.
        since: When it got its place, in seconds of the monotonic clock.
        is_alone: Whether nothing else may be begun until it gains a page.
        is_leaving: Whether it was told to make room.
        stop: Ends its reading at once.
        num_gained: Pages finished since it got its place.
    """

    id: str
    owner: str
    since: float
    is_alone: bool = False
    is_leaving: bool = False
    stop: Stop = field(default_factory=Stop)
    num_gained: int = 0


def next_job(
    queue: Iterable[QueuedJob], running: Iterable[RunningJob], served: Mapping[str, int]
) -> QueuedJob | None:
    """Which job gets a free place; None when none should now.

    The owner with the fewest running jobs comes first, then who was served longest ago, then who
    waits longest. A job that was running when the server died twice is read alone until a page is
    gained: if it dies again, it alone is to blame.

    Args:
        queue: The first job of each owner.
        running: What holds a place.
        served: For each owner, the number of the turn in which a job of theirs was last begun.
    """
    waiting, running = list(queue), list(running)
    if any(job.is_alone for job in running):
        return None
    suspects = [job for job in waiting if is_suspect(job)]
    if suspects:
        return None if running else suspects[0]
    counts = Counter(job.owner for job in running)
    return min(
        waiting,
        key=lambda job: (counts[job.owner], served.get(job.owner, 0), job.sequence),
        default=None,
    )


def must_make_room(
    job: RunningJob, queue: Iterable[QueuedJob], running: Iterable[RunningJob], now: float
) -> bool:
    """Whether a job should go back into the queue, as all places are taken and others have none.

    Asked after a page. The owner with the most places gives one up; where all have one, the job
    that has had its slice of time does.
    """
    running = list(running)
    counts = Counter(each.owner for each in running)
    num_waiting = sum(1 for each in queue if each.owner not in counts)
    num_leaving = sum(each.is_leaving for each in running)
    if num_leaving >= num_waiting or counts[job.owner] < max(counts.values()):
        return False
    return counts[job.owner] > 1 or now - job.since >= SLICE_SECONDS


def is_suspect(job: QueuedJob) -> bool:
    """Whether the server died every time that this job was read, and one more try is left."""
    return job.num_starts >= MAX_STARTS - 1
